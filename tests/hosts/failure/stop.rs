//! A run that is ended from outside: what is known is told, and nothing stays behind on the desk.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Desk, HOLD_APT};
use crate::support::wait;

/// A run that waits on the host for apt's lock, and its directory on the desk.
struct Waiting {
    child: Child,
    directory: String,
}

/// The run's `/tmp/deployer-…`, from the words its ssh was started with.
fn directory_of(desk: &Desk) -> Option<String> {
    let words = masters(desk).into_iter().next()?;
    let log = words.split_whitespace().skip_while(|w| *w != "-E").nth(1)?.to_string();
    Some(log.split('/').take(3).collect::<Vec<_>>().join("/"))
}

/// The command lines of ssh processes that go to this sandbox's host by a control socket of ours.
fn masters(desk: &Desk) -> Vec<String> {
    let output = Command::new("ps").args(["-eo", "args="]).output().unwrap();
    let address = desk.address("host-1");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let ours = |l: &&str| l.starts_with("ssh -E /tmp/deployer-") && l.ends_with(&address);
    text.lines().filter(ours).map(String::from).collect()
}

impl Waiting {
    fn start(desk: &Desk) -> Self {
        let mut command = desk.command("apply", &[]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait::holds(Duration::from_secs(60), "apt runs", || {
            desk.root("host-1", "pgrep -x apt-get || true").lines().count() > 0
        });
        Self { child, directory: directory_of(desk).unwrap() }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn end(mut self, desk: &Desk) -> String {
        let status = self.child.wait().unwrap();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        desk.told(&std::process::Output { status, stdout, stderr })
    }
}

#[test]
#[ignore = "needs root"]
fn a_run_that_is_ended_tells_what_it_knows_and_leaves_nothing_on_the_desk() {
    let desk = Desk::start("failure-stop", 1);
    desk.hold("host-1", HOLD_APT);
    let wanted = "error: host-1: the run was interrupted
  = done: no step before this one changed anything; 10 later steps were not begun
  = under way: `nginx` may still come to its end on host-1
  = fix: run the same command again; it continues where this one stopped

host-1  stopped early, changed=0 failed=0 steps=11
exit 4
";
    for signal in ["-INT", "-TERM", "-HUP"] {
        let waiting = Waiting::start(&desk);
        let directory = waiting.directory.clone();
        waiting.signal(signal);
        let begun = Instant::now();
        assert_eq!(waiting.end(&desk), wanted, "{signal}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{signal}: {:?}", begun.elapsed());
        assert!(!fs::exists(&directory).unwrap(), "{signal} leaves {directory}");
        wait::holds(Duration::from_secs(2), "the master is gone", || masters(&desk).is_empty());
        // The agent waits for apt's lock on the host; the next run would wait for the agent.
        desk.root("host-1", "pkill -f '/var/lib/deployer/bin/[0-9a-f]* agent'; true");
    }
    a_killed_run_is_swept(&desk);
    let said = desk.apply(&[]);
    assert!(said.ends_with(" failed=0 steps=11 probes=2/2\nexit 0\n"), "{said}");
}

fn a_killed_run_is_swept(desk: &Desk) {
    let waiting = Waiting::start(desk);
    let directory = waiting.directory.clone();
    waiting.signal("-KILL");
    assert_eq!(waiting.end(desk), "exit -1\n");
    assert!(fs::exists(&directory).unwrap(), "nothing could remove {directory}");
    // Without the wait for the lock, the agent ends with its desk, and a minute later the idle master does.
    desk.release("host-1");
    let begun = Instant::now();
    wait::holds(Duration::from_secs(75), "the master ends by itself", || masters(desk).is_empty());
    assert!(begun.elapsed() > Duration::from_secs(30), "{:?}", begun.elapsed());
    desk.command("plan", &[]).output().unwrap();
    assert!(!fs::exists(&directory).unwrap(), "the next run leaves {directory}");
}
