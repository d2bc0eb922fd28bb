//! Runs that are cut in the middle: the next one completes what they left.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use deployer::deployer::sandbox;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::desk::{Begun, Desk, Login};
use crate::support::host::Sandbox;
use crate::support::wait;

const HOST: &str = "host-1";
/// How soon after a cut nothing of the run may be left on the host.
const DEADLINE: Duration = Duration::from_secs(30);

/// Takes away everything but the packages, the account and the agent.
const UNDO: &str = "systemctl stop hbnb-*; systemctl disable $(ls /etc/systemd/system | grep ^hbnb-); \
    rm -rf /opt/hbnb /etc/systemd/system/hbnb-* /etc/default/hbnb-* /etc/nginx/sites-*/deployer \
    /var/lib/hbnb /var/lib/deployer/stamp; systemctl daemon-reload";
/// The same, and Nginx.
const PURGE: &str = "apt-get purge -y nginx nginx-common; apt-get autoremove -y; rm -rf /etc/nginx";

/// When a run is cut.
#[derive(Clone, Copy, Debug)]
enum At {
    /// It printed a line with these words.
    Line(&'static str),
    /// A path of the host has a name that begins so.
    Path(&'static str),
}

/// What is cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// The process that holds the SSH connection.
    Connection,
    /// The network, without a word to either side.
    Cable,
    /// The deployer.
    Desk,
    /// The agent on the host.
    Agent,
    /// The agent and the package manager under it.
    Packages,
}

/// On a bare host the first; each of the others after what its command took away.
const MOMENTS: [(&str, At, Cut); 12] = [
    ("", At::Path("var/lib/deployer/bin/.new."), Cut::Connection),
    (PURGE, At::Path("var/lib/dpkg/info/nginx-common.list"), Cut::Connection),
    (PURGE, At::Path("var/lib/dpkg/info/nginx-common.list"), Cut::Packages),
    (PURGE, At::Path("var/lib/dpkg/info/nginx.list"), Cut::Agent),
    ("", At::Line("sending"), Cut::Desk),
    ("", At::Line("changed release"), Cut::Cable),
    ("", At::Line("changed database"), Cut::Agent),
    ("", At::Line("changed example data"), Cut::Desk),
    ("", At::Line("changed environment of web"), Cut::Connection),
    ("", At::Line("changed unit of web"), Cut::Agent),
    ("", At::Line("changed service onepage"), Cut::Connection),
    ("", At::Line("changed socket of web"), Cut::Desk),
];

#[test]
#[ignore = "needs root"]
fn a_run_that_was_cut_anywhere_is_completed_by_the_next() {
    let hosts = Sandbox::start("cut", 1);
    let desk = Desk::new(&hosts, Login::Sandbox);
    for (index, (also, at, cut)) in MOMENTS.into_iter().enumerate() {
        let begun = Instant::now();
        if index > 0 {
            hosts.read(HOST, &format!("sudo sh -c '{UNDO}; {also}' 2>&1"));
        }
        let mut run = desk.begin("cut", &["apply", "--format", "plain"]);
        strike(&hosts, &mut run, at, cut);
        let said = run.finish();
        let wanted = if matches!(cut, Cut::Desk) { None } else { Some(3) };
        assert_eq!(said.exit, wanted, "cut {cut:?} at {at:?}: {said:#?}");
        let done = desk.apply();
        // Without a cable the agent learns nothing: it may have completed its run by itself.
        assert!(!done.is_empty() || matches!(cut, Cut::Cable), "{cut:?} at {at:?} cut nothing off");
        assert_eq!(desk.apply(), BTreeSet::new(), "after {cut:?} at {at:?}");
        nothing_is_left(&hosts);
        eprintln!("{cut:?} cut at {at:?}: completed; {:.1?}", begun.elapsed());
    }
    let recorded = hosts.read(HOST, r#"sudo grep -c '"outcome":"cut off"' /var/lib/deployer/log"#);
    assert_ne!(recorded, "0", "an agent whose desk went away says so in the log");
}

/// Waits for the moment and cuts.
fn strike(hosts: &Sandbox, run: &mut Begun, at: At, cut: Cut) {
    if let At::Line(words) = at {
        run.wait_for(words);
    }
    match (cut, at) {
        (Cut::Agent | Cut::Packages, At::Path(path)) => kill_on_host(hosts, cut, path),
        (Cut::Agent | Cut::Packages, At::Line(_)) => kill_on_host(hosts, cut, ""),
        (_, At::Path(path)) => wait_for_path(&sandbox::root_of(&hosts.spec, hosts.host(HOST)).join(path)),
        _ => {}
    }
    match cut {
        Cut::Connection => kill_connection(hosts),
        Cut::Desk => run.kill(),
        Cut::Cable => {
            cable(hosts, "down");
            wait::holds(DEADLINE, "a dead network is noticed", || !run.goes_on());
            cable(hosts, "up");
            wait_for_network(hosts);
        }
        Cut::Agent | Cut::Packages => {}
    }
}

fn wait_for_path(beginning: &Path) {
    let (dir, name) = (beginning.parent().unwrap(), beginning.file_name().unwrap().to_str().unwrap());
    let begun = Instant::now();
    loop {
        let mut names = fs::read_dir(dir).into_iter().flatten().flatten();
        if names.any(|entry| entry.file_name().to_string_lossy().starts_with(name)) {
            return;
        }
        assert!(begun.elapsed() < 4 * DEADLINE, "{} never came", beginning.display());
        // It may be gone again soon.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Ends the ssh processes that are connected to this host; its address is no other sandbox's.
fn kill_connection(hosts: &Sandbox) {
    let address = hosts.host(HOST).address.to_string();
    let is_ours = |process: &PathBuf| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        words[0].ends_with("ssh") && words.iter().any(|word| word.as_ref() == address)
    };
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(is_ours);
    let killed = processes.filter_map(|path| {
        let pid = Pid::from_raw(path.file_name()?.to_str()?.parse().ok()?)?;
        kill_process(pid, Signal::KILL).ok()
    });
    assert_ne!(killed.count(), 0, "no connection to {address}");
}

/// Ends processes on the host as soon as `path` (if any) exists there.
fn kill_on_host(hosts: &Sandbox, cut: Cut, path: &str) {
    let packages = if matches!(cut, Cut::Packages) { "/usr/bin/apt-get | /usr/bin/dpkg |" } else { "" };
    let script = format!(
        "until [ -e /{path} ]; do sleep 0.01; done; for p in /proc/[0-9]*; do case $(readlink $p/exe) in \
         {packages} /var/lib/deployer/bin/*) kill -9 ${{p#/proc/}} && echo killed;; esac; done"
    );
    let said = hosts.read(HOST, &format!("sudo timeout 120 sh -c '{script}'"));
    assert!(said.contains("killed"), "no agent was there to be killed");
}

/// Plugs this machine's end of the host's cable in or out: the one port of the sandbox's bridge.
fn cable(hosts: &Sandbox, state: &str) {
    let [a, b, c, _] = hosts.host(HOST).address.octets();
    let script = format!(
        "bridge=$(ip -o -4 address show to {a}.{b}.{c}.1 | awk '{{print $2}}'); \
         ip link set $(ls /sys/class/net/$bridge/brif) {state}"
    );
    assert!(Command::new("sh").args(["-ec", &script]).status().unwrap().success());
}

/// Whoever asked while the cable was out may be told for seconds that there is no way to the host.
fn wait_for_network(hosts: &Sandbox) {
    let address = SocketAddr::from((hosts.host(HOST).address, 22));
    let complaint = |error| format!("{address}: {error}");
    wait::until(DEADLINE, complaint, || TcpStream::connect_timeout(&address, DEADLINE));
}

/// No half-installed package, no half-written file, no lock, no agent.
fn nothing_is_left(hosts: &Sandbox) {
    let script = r#"dpkg --audit
        find / -xdev \( -name ".*.deployer-new" -o -path "/var/lib/deployer/bin/.new.*" \
            -o -path "/var/lib/deployer/blob/*" -o -path "/opt/hbnb/releases/.*" \) -print
        flock -n /run/deployer.lock true || echo locked
        for p in /proc/[0-9]*; do case $(readlink $p/exe) in /var/lib/deployer/bin/*) echo agent $p;; esac; done"#;
    let complaint = |left| format!("left on the host:\n{left}");
    wait::until(DEADLINE, complaint, || {
        let left = hosts.read(HOST, &format!("sudo sh -c '{script}'"));
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
}
