//! What systemd and Upstart are told.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::server::{APP, Client, PAGE, Server, binary, wait_for};

fn command(dir: &std::path::Path) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(dir).args(["--bind", "127.0.0.1:0", "--error-logfile", "log", "--workers", "2", APP]);
    command
}

/// A server whose service manager we are.
fn heard_server(extra: &[(&str, &str)]) -> (Server, UnixDatagram) {
    heard(command, extra)
}

/// The same of another server.
fn heard(
    command: impl FnOnce(&std::path::Path) -> Command,
    extra: &[(&str, &str)],
) -> (Server, UnixDatagram) {
    let mut ear = None;
    let server = Server::spawn(|dir| {
        let socket = UnixDatagram::bind(dir.join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        ear = Some(socket);
        let mut command = command(dir);
        command.env("NOTIFY_SOCKET", dir.join("notify")).envs(extra.iter().copied());
        command
    });
    (server, ear.unwrap())
}

/// What is heard next.
pub fn hear(ear: &UnixDatagram) -> String {
    let mut bytes = [0; 512];
    let length = ear.recv(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[test]
fn systemd_hears_ready_reloading_ready_and_stopping_in_that_order() {
    let (mut server, ear) = heard_server(&[]);
    assert_eq!(hear(&ear), "READY=1\nSTATUS=2 workers");
    server.signal(Signal::HUP);
    let reloading = hear(&ear);
    let (before, after) = reloading.split_once("MONOTONIC_USEC=").unwrap();
    let (usec, status) = after.split_once('\n').unwrap();
    assert_eq!((before, status), ("RELOADING=1\n", "STATUS=reloading"));
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let age = uptime - usec.parse::<f64>().unwrap() / 1e6;
    assert!((-1.0..20.0).contains(&age), "{age} s old");
    assert_eq!(hear(&ear), "READY=1\nSTATUS=2 workers");
    server.signal(Signal::TERM);
    assert_eq!(hear(&ear), "STOPPING=1\nSTATUS=stopping");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn systemd_hears_ready_when_no_old_worker_waits_for_a_request_any_more() {
    // Others cannot know what a proxy said of a connection when it began: this one stays where it is.
    let (server, ear) = heard_server(&[("GUNICORN_CMD_ARGS", "--proxy-protocol v1 --keep-alive 75")]);
    assert_eq!(hear(&ear), "READY=1\nSTATUS=2 workers");
    let mut client = Client::new(&server.address());
    client.send(format!("PROXY UNKNOWN\r\nGET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
    assert!(!client.answer().unwrap().closes());
    server.signal(Signal::HUP);
    assert!(hear(&ear).starts_with("RELOADING=1\n"));
    server.logged("Booting worker", 4);
    assert_eq!(hear(&ear), "READY=1\nSTATUS=2 workers");
    assert!(client.get(PAGE).is_err());
}

#[test]
fn the_watchdog_hears_of_the_server_twice_within_its_limit() {
    let (_server, ear) = heard_server(&[("WATCHDOG_USEC", "400000")]);
    let said: Vec<String> = (0..6).map(|_| hear(&ear)).collect();
    let beats = said.iter().filter(|text| *text == "WATCHDOG=1").count();
    assert_eq!(beats, 5, "{said:?}");
}

#[test]
fn no_worker_inherits_what_speaks_to_the_master_alone() {
    let (server, ear) = heard_server(&[("WATCHDOG_USEC", "60000000"), ("KEPT", "1")]);
    wait_for("readiness", || hear(&ear).starts_with("READY=1").then_some(()));
    for pid in server.workers() {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        let names: Vec<&str> = environment.split('\0').filter_map(|pair| pair.split('=').next()).collect();
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "APPSERVER_SIGSTOP"] {
            assert!(!names.contains(&name), "{name} in {names:?}");
        }
        assert!(names.contains(&"KEPT"));
    }
}

#[test]
fn upstart_finds_the_master_stopped_once_when_it_serves() {
    let server = Server::spawn(|dir| {
        let mut command = command(dir);
        command.env("APPSERVER_SIGSTOP", "1");
        command
    });
    let stat = format!("/proc/{}/stat", server.child.id());
    let is_stopped = || fs::read_to_string(&stat).unwrap().contains(") T ");
    wait_for("the stopped master", || is_stopped().then_some(()));
    server.workers_ready();
    server.signal(Signal::CONT);
    server.signal(Signal::HUP);
    server.logged("Worker exited", 2);
    assert!(!is_stopped());
}

#[test]
fn systemd_hears_that_a_reload_failed_and_that_the_old_workers_serve() {
    let (server, ear) = heard_server(&[]);
    assert_eq!(hear(&ear), "READY=1\nSTATUS=2 workers");
    fs::write(server.path("appserver.yml"), "wrokers: 3\n").unwrap();
    server.signal(Signal::HUP);
    assert!(hear(&ear).starts_with("RELOADING=1\n"));
    assert_eq!(hear(&ear), "READY=1\nSTATUS=reload failed, the old 2 workers serve on");
    server.logged("Reload failed, the old workers keep serving: ", 1);
    server.logged("did you mean `workers`?", 1);
}

/// A hook that takes as long as it is told to.
const HOOK: &str = "
import os, time

def on_reload(server):
    open('asked', 'w').close()
    while not os.path.exists('go'):
        time.sleep(0.01)
";

#[test]
fn the_watchdog_hears_of_the_server_while_a_hook_takes_its_time() {
    let with_hook = |dir: &std::path::Path| {
        fs::write(dir.join("hook.py"), HOOK).unwrap();
        let mut command = command(dir);
        command.args(["--config", "hook.py"]);
        command
    };
    let (server, ear) = heard(with_hook, &[("WATCHDOG_USEC", "400000")]);
    wait_for("readiness", || hear(&ear).starts_with("READY=1").then_some(()));
    server.signal(Signal::HUP);
    wait_for("the hook", || server.path("asked").exists().then_some(()));
    wait_for("the reload", || hear(&ear).starts_with("RELOADING=1").then_some(()));
    // More than came before the hook was asked.
    (0..10).for_each(|_| assert_eq!(hear(&ear), "WATCHDOG=1"));
    fs::write(server.path("go"), "").unwrap();
    wait_for("the end of the reload", || hear(&ear).starts_with("READY=1").then_some(()));
}
