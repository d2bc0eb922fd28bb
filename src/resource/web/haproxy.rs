//! The one file of HAProxy, taken live as a transaction: test, write, reload, confirm; or put the old one back.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::server_line::Program;
use super::worker;
use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Look, Run, run_or_fault};
use crate::resource::stamp;

/// `/etc/haproxy/haproxy.cfg`, loaded by the running HAProxy.
///
/// ```yaml
/// haproxy: { template: haproxy/haproxy.cfg.tera }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Haproxy {
    /// The whole file.
    pub content: String,
}

/// Where it lies.
pub const PATH: &str = "/etc/haproxy/haproxy.cfg";
/// Where a new one is tested.
const TRIAL: &str = "/etc/haproxy/haproxy.cfg.new";
/// Where one that was there before ours is kept.
const KEPT: &str = "/etc/haproxy/haproxy.cfg.before-deployer";
/// How a file of ours begins.
const OURS: &str = "# Made by deployer";
/// How long a new worker may read its file.
const READ_DEADLINE: Duration = Duration::from_secs(20);
const STAMP: &str = "haproxy";
const ACCESS: Access = Access::root(0o644);

/// The file, how it is wanted, and the digests that HAProxy last loaded and that it would load now.
pub struct Seen {
    content: Option<String>,
    wanted: Haproxy,
    digests: (String, String),
}

/// The file as it is; none where there is none.
pub fn read(look: &dyn Look) -> Result<Option<String>, Fault> {
    look.text(PATH)
}

impl Haproxy {
    /// What a reload would load: the file, and the certificates that it names, by the links to them.
    fn digest(&self, look: &dyn Look) -> Result<String, Fault> {
        let words: Vec<&str> = self.content.split_whitespace().collect();
        let pairs = words.windows(2).filter(|pair| pair[0] == "crt");
        let links: Vec<String> =
            pairs.filter_map(|pair| Some(pair[1].rsplit_once('/')?.0.to_string())).collect();
        Ok(stamp::digest(format!("{}{}", self.content, stamp::of(look, &links)?).as_bytes()))
    }

    /// Puts the file in place of what was seen and loads it; what HAProxy refuses leaves the old one. The workers of
    /// before, which finish what they have begun.
    ///
    /// # Errors
    /// HAProxy refuses the file, or does not follow it.
    pub fn put(&self, seen: Option<&str>, host: &dyn Host) -> Result<Vec<String>, Fault> {
        self.tested(host)?;
        if let Some(other) = seen.filter(|text| !text.starts_with(OURS)) {
            host.write(KEPT, other.as_bytes(), &ACCESS)?;
        }
        host.write(PATH, self.content.as_bytes(), &ACCESS)?;
        match reload(host) {
            Ok(before) => {
                stamp::write(host, STAMP, &self.digest(host)?)?;
                Ok(before)
            }
            Err(mut fault) => {
                match seen {
                    Some(old) => host.write(PATH, old.as_bytes(), &ACCESS)?,
                    None => host.remove(PATH)?,
                }
                // Its workers serve on as before; its master must read something that it can follow.
                drop(reload(host));
                fault.message += "; the old file is back and was never unloaded";
                Err(fault)
            }
        }
    }

    fn tested(&self, host: &dyn Host) -> Result<(), Fault> {
        host.write(TRIAL, self.content.as_bytes(), &ACCESS)?;
        let ran = host.run(&Run::new(&["haproxy", "-c", "-f", TRIAL]));
        host.remove(TRIAL)?;
        let ran = ran?;
        if ran.status == 0 {
            return Ok(());
        }
        let refused = format!("`haproxy -c` refused the new `{PATH}`; the old one was not touched");
        Err(Fault::new(refused).output(&ran.text()).fix(
            "correct the line haproxy names (in the template or the inventory); `deployer render` shows the whole file",
        ))
    }
}

/// Reloads HAProxy and waits until a new worker serves; a stopped one will read the file when its service starts. The
/// workers of before.
fn reload(host: &dyn Host) -> Result<Vec<String>, Fault> {
    let Some(master) = worker::master(host, "haproxy")? else { return Ok(Vec::new()) };
    let before = worker::of(host, &master)?;
    run_or_fault(host, &Run::new(&["systemctl", "reload", "haproxy.service"]))?;
    if worker::renewed(host, &master, &before)? && follows(host)? {
        return Ok(before);
    }
    let log =
        host.ask(&Run::new(&["journalctl", "-u", "haproxy.service", "-n", "12", "-o", "cat", "--no-pager"]))?;
    Err(Fault::new("haproxy could not take up its new file")
        .output(&log.text())
        .fix("if a port is taken, free it (nginx of before: sudo systemctl disable --now nginx), then run the same command again"))
}

/// Whether the new worker stays: from 3.1 on it is there before it has read its file, and the master tells systemd how
/// that ended. Older masters tell of a failure only, or of nothing.
fn follows(host: &dyn Host) -> Result<bool, Fault> {
    let show = Run::new(&["systemctl", "show", "-p", "ActiveState,StatusText", "haproxy.service"]);
    let deadline = Instant::now() + READ_DEADLINE;
    loop {
        let said = host.ask(&show)?.stdout;
        if !said.contains("ActiveState=reloading") {
            return Ok(!said.contains("StatusText=Reload failed"));
        }
        if Instant::now() > deadline {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Verbs for Haproxy {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let content = read(look)?;
        // A server that is drained there stays so: only a drain puts it back.
        let drained = Program::Haproxy.with_drained(&self.content, content.as_deref().unwrap_or_default());
        let wanted = Haproxy { content: drained };
        let digests = (stamp::read(look, STAMP)?, wanted.digest(look)?);
        Ok(Seen { content, wanted, digests })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let old = seen.content.clone().unwrap_or_default();
        let mut changes: Vec<Change> = Change::of("content", old, &seen.wanted.content).into_iter().collect();
        if changes.is_empty() && seen.digests.0 != seen.digests.1 {
            changes.push(Change::new("haproxy", "runs with an older configuration", "reloaded"));
        }
        changes
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        seen.wanted.put(seen.content.as_deref(), host).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    fn file(content: &str) -> Haproxy {
        Haproxy { content: format!("{OURS}\n{content}") }
    }

    fn host() -> FakeHost {
        let host = FakeHost::default();
        host.answer("haproxy -c", "", 0);
        host
    }

    #[test]
    fn a_file_goes_live_once_and_the_one_of_before_is_kept() {
        let host = host();
        host.put(PATH, "global\n    daemon\n");
        assert!(matches!(file("global\n").converge(&host), Outcome::Changed(_)));
        assert_eq!(file("global\n").converge(&host), Outcome::Unchanged);
        assert!(matches!(file("defaults\n").converge(&host), Outcome::Changed(_)));
        assert_eq!(host.text(KEPT), Some("global\n    daemon\n".into()));
        assert_eq!(host.text(TRIAL), None);
    }

    #[test]
    fn a_refused_file_is_never_in_place() {
        let host = host();
        file("old\n").converge(&host);
        host.answer("haproxy -c", "[ALERT] unknown keyword 'bad'", 1);
        let Outcome::Failed(fault) = file("bad\n").converge(&host) else { panic!("it went live") };
        assert_eq!(
            fault.message,
            "`haproxy -c` refused the new `/etc/haproxy/haproxy.cfg`; the old one was not touched"
        );
        assert_eq!(host.text(PATH), Some(format!("{OURS}\nold\n")));
        assert!(!host.writes().iter().any(|w| w.contains("reload")));
    }

    #[test]
    fn a_file_that_cannot_be_taken_up_gives_way_to_the_old_one() {
        let host = host();
        file("old\n").converge(&host);
        host.put("/run/haproxy.pid", "7\n");
        host.put("/proc/7/comm", "haproxy\n");
        host.answer("systemctl reload", "", 1);
        let Outcome::Failed(fault) = file("new\n").converge(&host) else { panic!("it went live") };
        assert_eq!(
            fault.message,
            "`systemctl reload haproxy.service` failed (exit 1); the old file is back and was never unloaded"
        );
        assert_eq!(host.text(PATH), Some(format!("{OURS}\nold\n")));
    }

    #[test]
    fn a_worker_that_goes_again_while_it_reads_the_file_is_no_success() {
        let host = host();
        file("old\n").converge(&host);
        host.put("/run/haproxy.pid", "7\n");
        host.put("/proc/7/comm", "haproxy\n");
        let workers = "/proc/7/task/7/children";
        host.put(workers, "8 ");
        host.answer("systemctl reload", "", 0);
        host.effect("systemctl reload", move |host| host.put(workers, "8 9 "));
        host.answer("journalctl", "Failed to load worker!", 0);
        host.answer("systemctl show", "ActiveState=active\nStatusText=Reload failed!\n", 0);
        let Outcome::Failed(fault) = file("new\n").converge(&host) else { panic!("it went live") };
        assert_eq!(fault.output, "Failed to load worker!");
        assert_eq!(host.text(PATH), Some(format!("{OURS}\nold\n")));
        host.put(workers, "8 ");
        host.answer("systemctl show", "ActiveState=active\nStatusText=Ready.\n", 0);
        assert!(matches!(file("new\n").converge(&host), Outcome::Changed(_)));
    }

    #[test]
    fn a_certificate_that_the_file_names_is_loaded_when_it_changes() {
        let host = host();
        let file = file("bind :443 ssl crt /etc/ssl/deployer/site/live/combined.pem alpn h2\n");
        host.link("/etc/ssl/deployer/site/live", "self-1").unwrap();
        file.converge(&host);
        assert_eq!(file.converge(&host), Outcome::Unchanged);
        host.link("/etc/ssl/deployer/site/live", "self-2").unwrap();
        let wanted = [Change::new("haproxy", "runs with an older configuration", "reloaded")];
        assert_eq!(file.converge(&host), Outcome::Changed(wanted.into()));
    }

    #[test]
    fn a_host_that_ignores_writes_is_not_called_a_success() {
        let host = FakeHost::deaf();
        host.answer("haproxy -c", "", 0);
        let Outcome::Failed(fault) = file("global\n").converge(&host) else { panic!("it did not fail") };
        assert!(fault.message.starts_with("still differs"), "{fault}");
    }
}
