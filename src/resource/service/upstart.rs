//! Upstart: what `initctl` answers, and what is done about it.
//!
//! Seen with Upstart 1.12.1: a start that succeeded does not prove a living process, a job that runs refuses to be
//! started, a stopped one to be stopped, and one whose file has a mistake does not exist.

use std::time::{Duration, Instant};

use crate::resource::fault::Fault;
use crate::resource::host::{Host, Look, Ran, Run};

/// Seconds for a start; the handshake of our jobs ends by itself after 30, and a few of them may die before one is ready.
const START: &str = "180";
/// Seconds for a stop; Upstart itself kills what does not end in its `kill timeout`.
const STOP: &str = "900";
/// How long a job that somebody else starts may be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(100);

/// What a job is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `start/running, process N`.
    Running,
    /// `start/running` and no process: it died, and Upstart does not know.
    Dead,
    /// `stop/waiting`.
    Stopped,
    /// On its way to one of these.
    Between,
    /// There is no such job, or its file has a mistake.
    Unknown,
}

/// A command that failed, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As one would type it.
    pub command: String,
    /// 124 if it did not end in time.
    pub status: i32,
    /// Its words, and what is known beside them.
    pub text: String,
}

/// Reads the answer of `initctl status`.
pub fn status(ran: &Ran) -> Status {
    if ran.status != 0 {
        return Status::Unknown;
    }
    let said = ran.stdout.lines().next().unwrap_or_default();
    if said.contains(" start/running, process ") {
        Status::Running
    } else if said.ends_with(" start/running") {
        Status::Dead
    } else if said.ends_with(" stop/waiting") {
        Status::Stopped
    } else {
        Status::Between
    }
}

/// Asks what a job is doing.
pub fn ask(look: &dyn Look, job: &str) -> Result<Status, Fault> {
    Ok(status(&look.ask(&Run::new(&["initctl", "status", job]))?))
}

/// Starts a job; one that somebody else is starting is waited for, and a dead one is stopped before.
pub fn start(host: &dyn Host, job: &str) -> Result<Option<Refusal>, Fault> {
    let refused = run(host, START, "start", job)?;
    if !refused.as_ref().is_some_and(|refusal| refusal.text.contains("already running")) {
        return Ok(refused);
    }
    match settled(host, job)? {
        Status::Running => Ok(None),
        Status::Dead => restart(host, job),
        _ => run(host, START, "start", job),
    }
}

/// Stops a job, if it is not stopped, and starts it: only so it takes up a changed file.
pub fn restart(host: &dyn Host, job: &str) -> Result<Option<Refusal>, Fault> {
    match run(host, STOP, "stop", job)? {
        Some(refusal) if !refusal.text.contains("Unknown instance") => Ok(Some(refusal)),
        _ => run(host, START, "start", job),
    }
}

/// Passes a hang-up on to a job's process; what comes of it is not known.
pub fn reload(host: &dyn Host, job: &str) -> Result<Option<Refusal>, Fault> {
    run(host, START, "reload", job)
}

fn run(host: &dyn Host, seconds: &str, verb: &str, job: &str) -> Result<Option<Refusal>, Fault> {
    let ran = host.run(&Run::new(&["timeout", seconds, "initctl", verb, job]))?;
    if ran.status == 0 {
        return Ok(None);
    }
    let mut text = ran.text();
    if text.contains("Unknown job") {
        text += &why_unknown(host, job);
    }
    Ok(Some(Refusal { command: format!("initctl {verb} {job}"), status: ran.status, text }))
}

/// What is wrong with a job's file, by the program that knows, where it is installed, and in the kernel's log.
fn why_unknown(look: &dyn Look, job: &str) -> String {
    let said = |argv: &[&str]| look.ask(&Run::new(argv)).ok().filter(|ran| ran.status != 127);
    let checked =
        said(&["init-checkconf", &format!("/etc/init/{job}.conf")]).map_or(String::new(), |r| r.text());
    let log = said(&["dmesg"]).map_or(String::new(), |ran| ran.stdout);
    let about = format!("init: /etc/init/{job}.conf");
    let lines = log.lines().filter(|line| line.contains(&about)).map(|line| format!("{line}\n"));
    checked + &lines.collect::<String>()
}

/// What a job is doing once it is not on its way any more.
fn settled(look: &dyn Look, job: &str) -> Result<Status, Fault> {
    let begin = Instant::now();
    loop {
        match ask(look, job)? {
            Status::Between if begin.elapsed() < ON_ITS_WAY => std::thread::sleep(PAUSE),
            status => return Ok(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    /// A host whose `initctl` answers as it was recorded.
    fn host(answers: &[(&str, &str, i32)]) -> FakeHost {
        let host = FakeHost::default();
        for (command, said, status) in answers {
            host.answer(&format!("{command} hbnb-web"), said, *status);
        }
        host
    }

    fn asked(host: &FakeHost) -> Vec<String> {
        host.writes().iter().map(|w| w.rsplit("initctl ").next().unwrap().to_string()).collect()
    }

    #[test]
    fn a_job_runs_only_with_a_process() {
        let said =
            |text: &str, status| self::status(&Ran { status, stdout: text.into(), stderr: String::new() });
        for (text, wanted) in [
            ("hbnb-web start/running, process 411\n", Status::Running),
            ("hbnb-web start/running, process 411\n\tpost-start process 412\n", Status::Running),
            ("hbnb-web start/running\n", Status::Dead),
            ("hbnb-web stop/waiting\n", Status::Stopped),
            ("hbnb-web start/post-start, process 9\n\tpost-start process 10\n", Status::Between),
            ("hbnb-web start/spawned, process 9\n", Status::Between),
            ("hbnb-web stop/killed, process 9\n", Status::Between),
            ("hbnb-web respawn/post-start, process 9\n", Status::Between),
        ] {
            assert_eq!(said(text, 0), wanted, "{text}");
        }
        assert_eq!(said("initctl: Unknown job: hbnb-web\n", 1), Status::Unknown);
    }

    #[test]
    fn a_running_job_refuses_to_be_started_and_that_is_fine() {
        let host = host(&[
            ("timeout 180 initctl start", "initctl: Job is already running: hbnb-web\n", 1),
            ("initctl status", "hbnb-web start/running, process 411\n", 0),
        ]);
        assert_eq!(start(&host, "hbnb-web").unwrap(), None);
        assert_eq!(asked(&host), ["start hbnb-web"]);
    }

    #[test]
    fn a_job_that_died_unseen_is_stopped_and_started() {
        let host = host(&[
            ("timeout 180 initctl start", "initctl: Job is already running: hbnb-web\n", 1),
            ("initctl status", "hbnb-web start/running\n", 0),
            ("timeout 900 initctl stop", "hbnb-web stop/waiting\n", 0),
        ]);
        let refusal = start(&host, "hbnb-web").unwrap().unwrap();
        assert_eq!((refusal.command.as_str(), refusal.status), ("initctl start hbnb-web", 1));
        assert_eq!(asked(&host), ["start hbnb-web", "stop hbnb-web", "start hbnb-web"]);
    }

    #[test]
    fn a_stopped_job_is_started_by_a_restart_and_a_stop_that_hangs_is_told() {
        let stopped = host(&[
            ("timeout 900 initctl stop", "initctl: Unknown instance: \n", 1),
            ("timeout 180 initctl start", "hbnb-web start/running, process 411\n", 0),
        ]);
        assert_eq!(restart(&stopped, "hbnb-web").unwrap(), None);
        assert_eq!(asked(&stopped), ["stop hbnb-web", "start hbnb-web"]);
        let hanging = host(&[("timeout 900 initctl stop", "", 124)]);
        let wanted = Refusal { command: "initctl stop hbnb-web".into(), status: 124, text: String::new() };
        assert_eq!(restart(&hanging, "hbnb-web").unwrap(), Some(wanted));
        assert_eq!(asked(&hanging), ["stop hbnb-web"]);
    }

    #[test]
    fn a_job_whose_file_has_a_mistake_is_unknown_and_the_mistake_is_told() {
        let unknown = "initctl: Unknown job: hbnb-web\n";
        let host = host(&[("timeout 180 initctl start", unknown, 1)]);
        let log = "[1.0] init: /etc/init/other.conf:1: Unknown stanza\n[2.0] init: /etc/init/hbnb-web.conf:7: Unknown stanza\n";
        host.answer("dmesg", log, 0);
        let text = |host| start(host, "hbnb-web").unwrap().unwrap().text;
        assert_eq!(text(&host), format!("{unknown}[2.0] init: /etc/init/hbnb-web.conf:7: Unknown stanza\n"));
        host.answer("init-checkconf /etc/init/hbnb-web.conf", "ERROR: File /etc/init/hbnb-web.conf\n", 1);
        assert!(text(&host).starts_with(&format!("{unknown}ERROR: File /etc/init/hbnb-web.conf\n")));
    }
}
