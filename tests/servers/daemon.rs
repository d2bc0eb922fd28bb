//! In the background.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use rustix::process::{Pid, Signal, getsid};

use crate::support::server::{Adopted, Client, signal_to, wait_for};
use crate::support::site;

/// A server in the background.
struct Hidden {
    dir: tempfile::TempDir,
    master: Adopted,
}

impl Hidden {
    fn start(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        site::write(dir.path(), "one");
        let mut all = vec!["-D", "--pid", "pid"];
        all.extend(options);
        // Standard output and error end only if nobody in the background keeps them.
        let output = site::command(dir.path(), &all).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""));
        let pid = fs::read_to_string(dir.path().join("pid")).unwrap().trim().parse().unwrap();
        Self { dir, master: Adopted(pid) }
    }

    fn address(&self) -> String {
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap();
        let rest = log.split("Listening at: http://").nth(1).unwrap();
        rest.split(' ').next().unwrap().into()
    }

    fn children(&self) -> usize {
        let pid = self.master.0;
        let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        text.split_whitespace().count()
    }
}

#[test]
fn a_daemon_serves_when_the_command_returns_and_has_left_the_session() {
    let server = Hidden::start(&[]);
    assert_eq!(Client::new(&server.address()).get("/").unwrap().text(), "one");
    let pid = Pid::from_raw(server.master.0).unwrap();
    assert_eq!(getsid(Some(pid)).unwrap(), pid);
    for stream in 0..3 {
        let target = fs::read_link(format!("/proc/{}/fd/{stream}", server.master.0)).unwrap();
        assert_eq!(target, Path::new("/dev/null"));
    }
    signal_to(server.master.0, Signal::TERM);
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
    assert!(!server.dir.path().join("pid").exists());
}

#[test]
fn a_daemon_that_cannot_start_is_told_where_it_was_called() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    site::write(dir.path(), "one");
    let output = site::command(dir.path(), &["--daemon", "--bind", &address]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told.starts_with(&format!("error: cannot listen on `{address}`: the address is in use\n")),
        "{told}"
    );
    assert!(told.ends_with("error: the server did not start in the background: exit status: 2\n"), "{told}");
}

#[test]
fn winch_sends_the_workers_of_a_daemon_away_and_hup_brings_them_back_to_who_waits() {
    let server = Hidden::start(&["--workers", "2"]);
    assert_eq!(server.children(), 3);
    signal_to(server.master.0, Signal::WINCH);
    wait_for("the end of the workers", || (server.children() == 0).then_some(()));
    let mut client = Client::new(&server.address());
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    signal_to(server.master.0, Signal::HUP);
    assert_eq!(client.answer().unwrap().text(), "one");
    assert_eq!(server.children(), 3);
    signal_to(server.master.0, Signal::TERM);
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
}

#[test]
fn a_daemon_is_upgraded_in_the_usual_three_steps() {
    let mut server = Hidden::start(&[]);
    let address = server.address();
    let old = server.master.0;
    signal_to(old, Signal::USR2);
    let log = server.dir.path().join("log");
    wait_for("the new master to serve", || {
        fs::read_to_string(&log).unwrap().contains("This new master serves").then_some(())
    });
    let second = fs::read_to_string(server.dir.path().join("pid.2")).unwrap();
    signal_to(old, Signal::WINCH);
    wait_for("only the new master to be left to the old one", || (server.children() == 1).then_some(()));
    assert_eq!(Client::new(&address).get("/").unwrap().text(), "one");
    signal_to(old, Signal::QUIT);
    server.master.0 = second.trim().parse().unwrap();
    wait_for("the pid file to move", || {
        (fs::read_to_string(server.dir.path().join("pid")).ok()? == second).then_some(())
    });
    assert_eq!(Client::new(&address).get("/").unwrap().text(), "one");
    signal_to(server.master.0, Signal::TERM);
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
}

#[test]
fn winch_means_nothing_to_a_master_in_front() {
    let server = site::serve(&["--log-level", "debug"]);
    let old = server.workers_are(2);
    server.signal(Signal::WINCH);
    server.logged("Ignoring signal: winch, because this is no daemon", 1);
    assert_eq!(server.workers(), old);
    site::end(server);
}
