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
    // What is refused changes nothing, and needs no guard.
    config.test(host)?;
    let token = format!("{}-{}", jiff::Timestamp::now().as_millisecond(), std::process::id());
    guard::arm(host, config.init, &token, seconds, &config.undo(host)?)?;
    let outcome = config.converge(host);
    if let Outcome::Failed(fault) = outcome {
        return Ok(Outcome::Failed(with(fault, guard::undo(host, &token))));
    }
    // A load that took so long that the guard ran out has the last word: the new file may lie over the old one again.
    if guard::state(host, &token)? != State::Armed {
        return Ok(Outcome::Failed(with(too_slow(config, seconds), guard::undo_again(host, &token))));
    }
    ask(token.clone());
    Ok(match guard::wait(host, &token)? {
        State::Confirmed => outcome,
        State::Undone => Outcome::Undone(unconfirmed(config, seconds, State::Undone)),
        other => Outcome::Failed(unconfirmed(config, seconds, other)),
    })
}

/// What is told where nobody knows why no new login came.
fn unconfirmed(config: &Config, seconds: u16, state: State) -> Fault {
    let path = &config.path;
    Fault::new(format!("no new login confirmed the change of `{path}` within {seconds} s; {state}"))
}

fn too_slow(config: &Config, seconds: u16) -> Fault {
    let path = &config.path;
    Fault::new(format!("the change of `{path}` took longer than the {seconds} s to confirm it in"))
        .fix("raise `confirm`, then run the same command again")
}

/// A fault, and what was done about what it left.
fn with(mut fault: Fault, undone: Result<State, Fault>) -> Fault {
    match undone {
        Ok(state) => fault.message += &format!("; {state}"),
        Err(worse) => {
            fault.message += &format!("; {worse}");
            fault.output = format!("{}\n{}", fault.output, worse.output).trim().to_string();
            fault.fix = worse.fix;
        }
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::config::sample;
    use crate::resource::fake::FakeHost;
    use crate::resource::host::Look;

    const GUARD: &str = "/var/lib/deployer/guard";

    fn rules() -> Config {
        let (validate, unload) = (sample::words("nft -c -f %s"), sample::words("nft delete"));
        Config { validate, unload, confirm: Some(30), ..sample::file("/etc/rules", "nft -f") }
    }

    fn rename(host: &FakeHost, from: &str, to: &str) {
        host.rename(&format!("{GUARD}/{from}"), &format!("{GUARD}/{to}")).unwrap();
    }

    /// A host whose script puts back what was there: no rules.
    fn host() -> FakeHost {
        let host = FakeHost::default();
        for program in ["systemctl", "systemd-run", "nft", "/bin/sh"] {
            host.answer(program, "", 0);
        }
        for state in ["armed", "undoing"] {
            host.effect(&format!("/bin/sh {GUARD}/{state}/undo now"), move |host| {
                host.remove("/etc/rules").unwrap();
                rename(host, state, "undone");
            });
        }
        host
    }

    /// What becomes of the rules if nobody may be asked.
    fn unasked(host: &FakeHost) -> Fault {
        let outcome = converge(host, &rules(), 30, |_| panic!("nobody is asked"));
        let Outcome::Failed(fault) = outcome else { panic!("{outcome:?}") };
        assert_eq!(host.text("/etc/rules"), None);
        fault
    }

    #[test]
    fn a_change_is_guarded_before_it_is_made_and_stays_once_it_is_confirmed() {
        let host = host();
        let confirm = |token: String| assert!(guard::confirm(&host, &token).unwrap().is_decided());
        let outcome = converge(&host, &rules(), 30, confirm);
        assert!(matches!(outcome, Outcome::Changed(_)), "{outcome:?}");
        let writes = host.writes();
        let at = |what: &str| writes.iter().position(|w| w.starts_with(what)).unwrap();
        assert!(at("run systemd-run") < at("write /etc/rules"), "{writes:?}");
        let again = converge(&host, &rules(), 30, |_| panic!("there is nothing to confirm"));
        assert_eq!(again, Outcome::Unchanged);
    }

    #[test]
    fn a_change_that_the_host_has_undone_is_told_as_such() {
        let host = host();
        let outcome = converge(&host, &rules(), 30, |_| rename(&host, "armed", "undone"));
        assert_eq!(outcome, Outcome::Undone(unconfirmed(&rules(), 30, State::Undone)));
    }

    #[test]
    fn a_change_whose_guard_is_gone_is_not_called_undone() {
        let host = host();
        let outcome = converge(&host, &rules(), 30, |_| host.remove(&format!("{GUARD}/armed")).unwrap());
        assert_eq!(outcome, Outcome::Failed(unconfirmed(&rules(), 30, State::Unknown)));
    }

    #[test]
    fn a_change_that_ends_after_its_time_is_undone_once_more() {
        let host = host();
        host.effect("nft -f", |host| rename(host, "armed", "undone"));
        let fault = unasked(&host);
        let wanted = "the change of `/etc/rules` took longer than the 30 s to confirm it in; the host has put back what was there before";
        assert_eq!(fault.message, wanted);
    }

    #[test]
    fn a_change_that_failed_is_undone_once_and_says_why_it_failed() {
        let host = host();
        host.answer("nft -f", "no\n", 1);
        let fault = unasked(&host);
        let wanted = "`nft -f` failed (exit 1); the host has put back what was there before";
        assert_eq!((fault.message.as_str(), fault.output.as_str()), (wanted, "no"));
        let removed = host.writes().iter().filter(|done| *done == "remove /etc/rules").count();
        assert_eq!(removed, 1, "{:?}", host.writes());
        host.answer("/bin/sh", "cp: no space\n", 1);
        host.effect("/bin/sh", |host| host.remove("/etc/rules").unwrap());
        let fault = unasked(&host);
        let wanted = "`nft -f` failed (exit 1); what was there before cannot be put back";
        assert_eq!((fault.message.as_str(), fault.output.as_str()), (wanted, "no\ncp: no space"));
    }

    #[test]
    fn what_is_refused_needs_no_guard() {
        let host = host();
        host.answer("nft -c", "syntax error\n", 1);
        assert_eq!(unasked(&host).output, "syntax error");
        assert!(!host.writes().iter().any(|done| done.contains(GUARD)), "{:?}", host.writes());
    }

    #[test]
    fn what_cannot_be_guarded_is_not_changed() {
        let host = host();
        host.answer("systemd-run", "no bus\n", 1);
        assert_eq!(unasked(&host).output, "no bus");
        assert_eq!(host.list(GUARD).unwrap(), Vec::<String>::new());
    }
}
