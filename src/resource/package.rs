//! A Debian package, by apt.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Host, Look, Ran, Run};

/// A package that is installed.
///
/// ```yaml
/// package: { name: nginx }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The package's name, as `apt-get install` takes it.
    pub name: String,
    /// Seconds to wait for apt's lock before giving up.
    #[serde(default = "default_lock_wait")]
    pub lock_wait: u32,
}

/// Unattended upgrades of a fresh host take minutes; a person waits about that long.
fn default_lock_wait() -> u32 {
    120
}

/// `installed`, or what dpkg calls it otherwise (`absent`, `half-configured`, …).
type Status = String;

impl Verbs for Package {
    type State = Status;

    fn observe(&self, look: &dyn Look) -> Result<Status, Fault> {
        let ran = look.ask(&Run::new(&["dpkg-query", "-W", "-f=${Status}", &self.name]))?;
        Ok(status(&ran))
    }

    fn diff(&self, seen: &Status) -> Vec<Change> {
        Change::of("package", seen.as_str(), "installed").into_iter().collect()
    }

    fn apply(&self, _: &Status, host: &dyn Host) -> Result<(), Fault> {
        match self.install(host, &[&self.name]) {
            Err(Failure::Said(_)) => self.mend(host).and_then(|()| self.install(host, &[&self.name])),
            other => other,
        }
        .map_err(Failure::fault)
    }
}

/// A configuration file that was edited on the host stays; nobody is there to be asked.
const KEEP_FILES: [&str; 2] = ["--force-confdef", "--force-confold"];

/// Why apt did not do it.
enum Failure {
    /// Somebody else held its lock all the time.
    Locked(Fault),
    /// It said something else.
    Said(Fault),
}

impl Failure {
    fn fault(self) -> Fault {
        match self {
            Self::Locked(fault) | Self::Said(fault) => fault,
        }
    }
}

/// Pause between tries for apt's lock; a try costs a fraction of a second.
const PAUSE: Duration = Duration::from_millis(500);

impl Package {
    fn install(&self, host: &dyn Host, words: &[&str]) -> Result<(), Failure> {
        let [keep, old] = KEEP_FILES.map(|force| format!("Dpkg::Options::={force}"));
        // What is there is somebody's: nothing is removed for what does not go with it.
        let install =
            ["apt-get", "install", "-y", "--no-remove", "--no-install-recommends", "-o", &keep, "-o", &old];
        self.apt(host, &[&install, words].concat())
    }

    /// Removes what may have kept apt from installing; whether it was the cause, the next try tells.
    fn mend(&self, host: &dyn Host) -> Result<(), Failure> {
        // An interrupted install must be completed first.
        drop(self.apt(host, &["dpkg", KEEP_FILES[0], KEEP_FILES[1], "--configure", "-a"]));
        // The lists of a fresh or long-unused host name versions that are gone.
        self.apt(host, &["apt-get", "update"])?;
        // A dpkg that was killed just after it unpacked a package leaves it marked: dpkg configures it no more, and apt
        // does not fetch it again unless it is told to.
        let format = "-f=${Status} ${binary:Package}\n";
        let listed = host.ask(&Run::new(&["dpkg-query", "-W", format])).map_err(Failure::Said)?;
        match to_reinstall(&listed.stdout).as_slice() {
            [] => Ok(()),
            names => self.install(host, &[&["--reinstall"], names].concat()),
        }
    }

    /// Runs apt, again and again while another holds its lock: the option for that is newer than Ubuntu 18.04.
    fn apt(&self, host: &dyn Host, argv: &[&str]) -> Result<(), Failure> {
        let mut run = Run::new(argv);
        run.env.push(("DEBIAN_FRONTEND".into(), "noninteractive".into()));
        let deadline = Instant::now() + Duration::from_secs(self.lock_wait.into());
        loop {
            let ran = host.run(&run).map_err(Failure::Said)?;
            if ran.status == 0 {
                return Ok(());
            }
            let text = ran.text();
            let Some(file) = lock_file(&text) else { return Err(Failure::Said(self.failed(argv, &ran))) };
            if Instant::now() >= deadline {
                return Err(Failure::Locked(self.locked(file, &text, host)));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn failed(&self, argv: &[&str], ran: &Ran) -> Fault {
        let command = argv[..2].join(" ");
        let message =
            format!("package `{}` not installed: `{command}` failed (exit {})", self.name, ran.status);
        let text = ran.text();
        let fault = Fault::new(message).output(&text);
        if text.contains("Unable to locate package") {
            return fault.fix(format!("check the name: `apt-cache policy {}` on the host", self.name));
        }
        if text.contains("No space left") || text.contains("don't have enough free space") {
            return fault.fix("free some space (on the host: `df -h`), then run the same command again");
        }
        fault
    }

    fn locked(&self, file: &str, text: &str, host: &dyn Host) -> Fault {
        let holder = lock_holder(text).or_else(|| holder_of(file, host));
        let by = holder.as_ref().map_or(String::new(), |holder| format!(" by {holder}"));
        let fault = Fault::new(format!(
            "package `{}` not installed: {file} was held{by} for {} s",
            self.name, self.lock_wait
        ));
        let whom = holder.unwrap_or("the other apt or dpkg".into());
        fault.output(text).fix(format!(
            "wait for {whom} to end, then run the same command again (or wait longer: `lock_wait` of the package)"
        ))
    }
}

/// The lock file that apt or dpkg could not have, from their words in any version.
fn lock_file(text: &str) -> Option<&str> {
    let words = ["Could not get lock ", "Unable to lock ", "Unable to acquire the dpkg frontend lock ("];
    let end = |c: char| c.is_whitespace() || c == ')';
    let named = words.iter().find_map(|word| text.split(word).nth(1));
    if let Some(path) = named.and_then(|rest| rest.split(end).next()) {
        return Some(path.trim_end_matches('.'));
    }
    // A maintainer script that outlived its dpkg holds debconf's files, which are named; dpkg's own lock is not.
    let (before, _) = text.split_once(" locked by another process")?;
    let named = before.lines().last()?.trim_end_matches(" is").rsplit(' ').next()?;
    Some(if named.starts_with('/') { named } else { "/var/lib/dpkg/lock" })
}

/// `process 812 (perl)` from the kernel's table, for an apt that does not name it.
fn holder_of(file: &str, look: &dyn Look) -> Option<String> {
    let inode = look.ask(&Run::new(&["stat", "-c", "%i", file])).ok()?.stdout.trim().to_string();
    let table = look.text("/proc/locks").ok()??;
    let ends = format!(":{inode}");
    let held = table.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
    let pid = held
        .filter(|w| w.get(5).is_some_and(|place| place.ends_with(&ends)))
        .find_map(|w| w.get(4).filter(|pid| !pid.starts_with('-')).map(ToString::to_string))?;
    let name = look.read(&format!("/proc/{pid}/comm")).ok()??;
    Some(format!("process {pid} ({})", String::from_utf8_lossy(&name).trim()))
}

/// Reads `dpkg-query -W -f=${Status}`: three words, of which the last is the state.
fn status(ran: &Ran) -> Status {
    match ran.stdout.split_whitespace().last() {
        Some("not-installed") | None => "absent".to_string(),
        Some(word) => word.to_string(),
    }
}

/// The packages that dpkg configures only after they were unpacked again, from lines of three words of status and a name.
fn to_reinstall(listed: &str) -> Vec<&str> {
    let marked = listed.lines().filter_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
        [_, "reinstreq", _, name] => Some(name),
        _ => None,
    });
    marked.collect()
}

/// `process 812 (unattended-upgr)` from apt's words about a lock.
fn lock_holder(text: &str) -> Option<String> {
    let rest = text.split("held by ").nth(1)?;
    Some(rest.split(['\n', '.', ',']).next()?.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    fn nginx() -> Package {
        Package { name: "nginx".into(), lock_wait: 1 }
    }

    #[test]
    fn what_dpkg_says_is_understood() {
        let said = |stdout: &str, status| {
            self::status(&Ran { status, stdout: stdout.into(), stderr: String::new() })
        };
        assert_eq!(said("install ok installed", 0), "installed");
        assert_eq!(said("deinstall ok config-files", 0), "config-files");
        assert_eq!(said("install ok half-configured", 0), "half-configured");
        assert_eq!(said("unknown ok not-installed", 0), "absent");
        assert_eq!(said("", 1), "absent");
    }

    #[test]
    fn the_holder_of_the_lock_is_named() {
        let text = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)\nN: Be aware";
        assert_eq!(lock_holder(text), Some("process 812 (unattended-upgr)".into()));
    }

    #[test]
    fn a_lock_is_known_by_the_words_of_every_version() {
        let trusty = "E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)";
        assert_eq!(lock_file(trusty), Some("/var/lib/dpkg/lock"));
        let bookworm = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 8 (perl)";
        assert_eq!(lock_file(bookworm), Some("/var/lib/dpkg/lock-frontend"));
        let dpkg = "dpkg: error: dpkg status database is locked by another process";
        assert_eq!(lock_file(dpkg), Some("/var/lib/dpkg/lock"));
        let newer =
            "dpkg: error: dpkg frontend lock was locked by another process with pid 812\nNote: removing";
        assert_eq!(lock_file(newer), Some("/var/lib/dpkg/lock"));
        let debconf = "debconf: DbDriver \"config\": /var/cache/debconf/config.dat is locked by another process: Resource temporarily unavailable";
        assert_eq!(lock_file(debconf), Some("/var/cache/debconf/config.dat"));
        assert_eq!(lock_file("E: Unable to locate package nginks"), None);
    }

    #[test]
    fn a_lock_that_stays_is_waited_for_and_its_holder_is_found() {
        let host = FakeHost::default();
        let trusty =
            "E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)\n";
        host.answer("dpkg-query", "", 1);
        host.answer("apt-get", trusty, 100);
        host.answer("stat -c %i /var/lib/dpkg/lock", "77\n", 0);
        host.put(
            "/proc/locks",
            "1: OFDLCK ADVISORY  WRITE -1 fe:00:7 0 EOF\n2: POSIX  ADVISORY  WRITE 842 00:5a:77 0 EOF\n",
        );
        host.put("/proc/842/comm", "perl\n");
        let fault = Package { lock_wait: 0, ..nginx() }.apply(&"absent".into(), &host).unwrap_err();
        let wanted =
            "package `nginx` not installed: /var/lib/dpkg/lock was held by process 842 (perl) for 0 s";
        assert_eq!(fault.message, wanted);
        let installs = host.writes().iter().filter(|w| w.starts_with("run apt-get install")).count();
        assert_eq!((installs, host.writes().len()), (1, 1), "no list is fetched while another has the lock");
    }

    #[test]
    fn what_a_killed_dpkg_left_unpacked_is_to_be_reinstalled() {
        let listed = "install ok installed adduser\ninstall reinstreq unpacked nginx-common\n\
            install reinstreq half-installed libc6:amd64\nunknown ok not-installed nginx\n";
        assert_eq!(to_reinstall(listed), ["nginx-common", "libc6:amd64"]);
        assert_eq!(to_reinstall(""), [""; 0]);
    }

    #[test]
    fn an_install_that_failed_is_mended_and_tried_once_more() {
        let writes = |listed: &str| {
            let host = FakeHost::default();
            host.answer("apt-get", "", 100);
            host.answer("apt-get update", "", 0);
            host.answer("dpkg-query", listed, 0);
            host.answer("apt-get install -y --no-remove --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --reinstall", "", 0);
            nginx().apply(&"absent".into(), &host).unwrap_err();
            let options = " -y --no-remove --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";
            host.writes().iter().map(|line| line.replace(options, "")).collect::<Vec<_>>()
        };
        let configure = "run dpkg --force-confdef --force-confold --configure -a";
        let install = "run apt-get install nginx";
        let plain = [install, configure, "run apt-get update", install];
        assert_eq!(writes("install ok installed adduser\n"), plain);
        let again = "run apt-get install --reinstall nginx-common";
        let thorough = [install, configure, "run apt-get update", again, install];
        assert_eq!(writes("install reinstreq unpacked nginx-common\n"), thorough);
    }

    #[test]
    fn a_host_that_ignores_the_install_is_not_called_a_success() {
        let host = FakeHost::default();
        host.answer("dpkg-query", "", 1);
        host.answer("apt-get", "", 0);
        let outcome = crate::resource::converge::Converge::converge(&nginx(), &host);
        let wanted =
            Fault::new("still differs after it was applied: package is `absent`, wanted `installed`");
        assert_eq!(outcome, crate::resource::converge::Outcome::Failed(wanted));
    }
}
