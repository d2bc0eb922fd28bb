//! A step that could lock us out: guarded by the host itself until the desk has logged in anew.

use crate::resource::config::Config;
use crate::resource::converge::{Converge, Outcome};
use crate::resource::fault::Fault;
use crate::resource::guard::{self, State};
use crate::resource::host::Host;

/// Converges a guarded step; `ask` tells the desk that it is to be confirmed, by its token.
///
/// Whether that is heard does not matter here: the guard decides.
pub fn converge(host: &dyn Host, config: &Config, seconds: u16, ask: impl FnOnce(String)) -> Outcome {
    match config.changes(host) {
        Ok(changes) if changes.is_empty() => Outcome::Unchanged,
        Ok(_) => guarded(host, config, seconds, ask).unwrap_or_else(Outcome::Failed),
        Err(fault) => Outcome::Failed(fault),
    }
}

fn guarded(
    host: &dyn Host,
    config: &Config,
    seconds: u16,
    ask: impl FnOnce(String),
) -> Result<Outcome, Fault> {
    let token = format!("{}-{}", jiff::Timestamp::now().as_millisecond(), std::process::id());
    guard::arm(host, config.init, &token, seconds, &config.undo(host)?)?;
    let outcome = config.converge(host);
    if let Outcome::Failed(_) = outcome {
        guard::undo(host)?;
        return Ok(outcome);
    }
    ask(token.clone());
    Ok(match guard::wait(host, &token)? {
        State::Confirmed => outcome,
        _ => Outcome::Undone(undone(&config.path, seconds)),
    })
}

/// What is told where nobody knows why no new login came.
fn undone(path: &str, seconds: u16) -> Fault {
    Fault::new(format!(
        "no new login confirmed the change of `{path}` within {seconds} s; the host has put back what was there before"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::config::Part;
    use crate::resource::fake::FakeHost;
    use crate::resource::init::Init;
    use crate::resource::mode::Mode;

    const GUARD: &str = "/var/lib/deployer/guard";

    fn rules() -> Config {
        let words = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
        Config {
            path: "/etc/rules".into(),
            content: "drop\n".into(),
            part: Part::Whole,
            mode: Mode(0o644),
            validate: Vec::new(),
            load: words("nft -f"),
            unload: words("nft delete"),
            loaded: Vec::new(),
            confirm: Some(30),
            init: Init::Systemd,
        }
    }

    fn host() -> FakeHost {
        let host = FakeHost::default();
        for program in ["systemctl", "systemd-run", "nft", "/bin/sh"] {
            host.answer(program, "", 0);
        }
        host
    }

    #[test]
    fn a_change_is_guarded_before_it_is_made_and_stays_once_it_is_confirmed() {
        let host = host();
        let outcome = converge(&host, &rules(), 30, |token| assert!(guard::confirm(&host, &token).unwrap()));
        assert!(matches!(outcome, Outcome::Changed(_)), "{outcome:?}");
        let writes = host.writes();
        let at = |what: &str| writes.iter().position(|w| w.starts_with(what)).unwrap();
        assert!(at("run systemd-run") < at("write /etc/rules"), "{writes:?}");
        assert_eq!(
            converge(&host, &rules(), 30, |_| panic!("there is nothing to confirm")),
            Outcome::Unchanged
        );
    }

    #[test]
    fn a_change_that_the_host_has_undone_is_told_as_such() {
        let host = host();
        let undo = |_| host.rename(&format!("{GUARD}/armed"), &format!("{GUARD}/undone")).unwrap();
        assert_eq!(converge(&host, &rules(), 30, undo), Outcome::Undone(undone("/etc/rules", 30)));
    }

    #[test]
    fn a_change_that_failed_is_undone_at_once_and_nobody_is_asked() {
        let host = host();
        host.answer("nft -f", "no\n", 1);
        let outcome = converge(&host, &rules(), 30, |_| panic!("nobody is asked"));
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        assert_eq!(host.writes().last(), Some(&format!("run /bin/sh {GUARD}/armed/undo now")));
    }

    #[test]
    fn what_cannot_be_guarded_is_not_changed() {
        let host = host();
        host.answer("systemd-run", "no bus\n", 1);
        let outcome = converge(&host, &rules(), 30, |_| panic!("nobody is asked"));
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        assert_eq!(host.text("/etc/rules"), None);
    }
}
