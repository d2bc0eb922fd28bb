//! A host as a running thing: booted by systemd-nspawn, found again by its command line, stopped for good.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::place::Place;
use super::{HostSpec, cgroup, tool};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// Eight hosts at once boot in 12 s on two cores; a machine ten times slower is still waited for.
const BOOT_DEADLINE: Duration = Duration::from_secs(120);
/// How long a guest may take to shut down before it is ended.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);
/// How long the kernel may take to end a killed guest.
const KILL_DEADLINE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(50);
/// Enters the control groups before `--` and becomes the command after it; again each time the guest asks for a
/// reboot, which systemd-nspawn says by exit status 133 when it must not do it itself (`--keep-unit`).
const ENTER: &str = r#"while (while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; exec "$@"); [ $? = 133 ]; do :; done"#;
/// The same for a systemd that looks after it.
const REBOOTS: &str = "--property=RestartForceExitStatus=133";

/// Lets a host set its own network's limits, as any host may; the namespace has its own.
const OWN_NETWORK: &str = "SYSTEMD_NSPAWN_API_VFS_WRITABLE";

/// How a host is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// As `poweroff` does; killed when it takes too long.
    Orderly,
    /// At once, as a power cut.
    Cut,
}

/// The argument by which our systemd-nspawn is told from every other.
fn mark(place: &Place, host: &str) -> String {
    format!("--directory={}", place.root(host).display())
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok()))
}

/// Whether process `pid` has exactly `argument` on its command line.
fn has_argument(pid: i32, argument: &str) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
}

/// Whether process `pid` lives in the network namespace.
fn lives_in(pid: i32, namespace: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|m| (m.dev(), m.ino())).ok();
    let own = identity(Path::new(&format!("/proc/{pid}/ns/net")));
    own.is_some() && own == identity(namespace)
}

fn supervisors(place: &Place, host: &str) -> Vec<i32> {
    let mark = mark(place, host);
    processes().filter(|pid| has_argument(*pid, &mark)).collect()
}

fn inhabitants(place: &Place, host: &str) -> Vec<i32> {
    let namespace = place.namespace(host);
    processes().filter(|pid| lives_in(*pid, &namespace)).collect()
}

/// Whether the host's systemd-nspawn is there.
pub(super) fn is_running(place: &Place, host: &str) -> bool {
    !supervisors(place, host).is_empty()
}

/// Signals a process through a descriptor, so that a reused number never hits a stranger.
fn signal(pid: i32, signal: Signal, ours: impl Fn(i32) -> bool) {
    let open = |pid| -> Option<OwnedFd> { pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok() };
    if let Some(process) = open(pid)
        && ours(pid)
    {
        // It may have ended since; that is what is wanted.
        let _ = pidfd_send_signal(&process, signal);
    }
}

/// Stops the host, and whatever of it is left.
pub(super) fn stop(place: &Place, host: &str, how: Stop) -> Result<(), Diagnostic> {
    let mark = mark(place, host);
    let gone = || supervisors(place, host).is_empty() && inhabitants(place, host).is_empty();
    if how == Stop::Orderly {
        for pid in supervisors(place, host) {
            signal(pid, Signal::TERM, |pid| has_argument(pid, &mark));
        }
        wait(SHUTDOWN_DEADLINE, gone);
    }
    let namespace = place.namespace(host);
    let cut = || {
        for pid in supervisors(place, host) {
            signal(pid, Signal::KILL, |pid| has_argument(pid, &mark));
        }
        for pid in inhabitants(place, host) {
            signal(pid, Signal::KILL, |pid| lives_in(pid, &namespace));
        }
        gone() && cgroup::remove(&place.unit(host)).is_ok()
    };
    if wait(KILL_DEADLINE, cut) {
        return Ok(());
    }
    let left = format!("{:?}", [supervisors(place, host), inhabitants(place, host)].concat());
    Err(tool::failed(&format!("stop {host}"), "its processes do not end").note("processes", left))
}

/// Polls until `done` or the deadline; whether it was done.
fn wait(deadline: Duration, mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if done() {
            return true;
        }
        if begun.elapsed() > deadline {
            return false;
        }
        sleep(POLL);
    }
}

/// Starts the host in a session of its own, so that it outlives us.
pub(super) fn boot(place: &Place, host: &HostSpec) -> Result<(), Diagnostic> {
    let console = place.console(&host.name);
    let output = tool::file(fs::File::create(&console), "make", &console)?;
    let errors = tool::file(output.try_clone(), "open", &console)?;
    let unit = place.unit(&host.name);
    let nspawn = nspawn(place, host);
    let mut command = if Path::new("/run/systemd/system").is_dir() {
        let mut command = tool::command("systemd-run");
        let log = format!("--property=StandardOutput=append:{}", console.display());
        command.args([
            "--quiet",
            "--collect",
            &format!("--unit={unit}"),
            "--property=Delegate=yes",
            REBOOTS,
            &log,
            &format!("--setenv={OWN_NETWORK}=network"),
        ]);
        command
    } else {
        let mut command = tool::command("setsid");
        command.args(["--fork", "sh", "-c", ENTER, "sh"]).args(cgroup::make(&unit)?).arg("--");
        command
    };
    let status = command.env(OWN_NETWORK, "network").args(&nspawn).stdout(output).stderr(errors).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            Err(tool::failed(&nspawn.join(" "), &said(place, host)).note("status", status.to_string()))
        }
        Err(error) => Err(tool::failed(&nspawn.join(" "), &error.to_string())),
    }
}

fn nspawn(place: &Place, host: &HostSpec) -> Vec<String> {
    let words = [
        "systemd-nspawn".to_string(),
        mark(place, &host.name),
        format!("--network-namespace-path={}", place.namespace(&host.name).display()),
        // Its own firewall, as any host has; the namespace is its own, too.
        "--capability=CAP_NET_ADMIN".into(),
        format!("--machine={}", place.unit(&host.name)),
        format!("--hostname={}", host.name),
    ];
    let fixed = ["--quiet", "--boot", "--register=no", "--keep-unit", "--console=read-only"];
    let hands_off = ["--resolv-conf=off", "--timezone=off", "--link-journal=no"];
    words.into_iter().chain(fixed.into_iter().chain(hands_off).map(String::from)).collect()
}

fn said(place: &Place, host: &HostSpec) -> String {
    let console = fs::read(place.console(&host.name)).unwrap_or_default();
    tool::last_lines(&String::from_utf8_lossy(&console))
}

/// Waits until the user can log in, and `sudo` works.
pub(super) fn wait_for_login(place: &Place, host: &HostSpec) -> Result<(), Diagnostic> {
    let begun = Instant::now();
    let mut last = "sshd does not answer".to_string();
    loop {
        if answers(host) {
            match login(place, host) {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        // The wrapper needs a moment to become systemd-nspawn; it has the same argument from the start.
        let dead = begun.elapsed() > Duration::from_secs(2) && !is_running(place, &host.name);
        if dead || begun.elapsed() > BOOT_DEADLINE {
            let what = if dead { "ended while booting" } else { "cannot be logged in to" };
            let console = place.console(&host.name).display().to_string();
            return Err(Diagnostic::error(format!("sandbox host `{}` {what}", host.name))
                .exit(Exit::Unreachable)
                .note("ssh", last)
                .note("last lines", said(place, host))
                .fix(format!("less {console}")));
        }
        sleep(POLL);
    }
}

fn answers(host: &HostSpec) -> bool {
    let address = SocketAddr::from((host.address, super::PORT));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// sshd answers before the guest lets users in, so only a login tells.
fn login(place: &Place, host: &HostSpec) -> Result<(), String> {
    let known_hosts = format!("-oUserKnownHostsFile={}", place.known_hosts().display());
    let key = place.key().display().to_string();
    let target = format!("{}@{}", host.user, host.address);
    let strict =
        ["-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oIdentitiesOnly=yes", "-oConnectTimeout=5"];
    let mut arguments = vec!["-F", "none", "-i", &key, &known_hosts];
    arguments.extend(strict);
    arguments.extend([target.as_str(), "sudo", "-n", "true"]);
    match tool::command("ssh").args(arguments).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_string()),
        Err(error) => Err(error.to_string()),
    }
}
