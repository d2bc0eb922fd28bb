//! USR2: a new master beside the old one, and either of them may go.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::notify::hear;
use crate::support::server::{Adopted, Client, Server, another_release, binary, signal_to, wait_for};
use crate::support::site::{self, answers};

fn pid(path: &Path) -> Option<i32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// A server that is called by a link, with a pid file, a port and a socket file.
fn by_link(dir: &Path) -> Command {
    site::write(dir, "one");
    symlink(binary(), dir.join("current")).unwrap();
    let mut command = Command::new(dir.join("current"));
    command.current_dir(dir).env("PWD", dir).args(["--bind", "127.0.0.1:0", "--bind", "unix:socket"]);
    command.args(["--error-logfile", "log", "--pid", "pid", "--python", site::python(), "app"]);
    command
}

/// Sends the master of a server USR2 and waits until the new one serves.
fn upgrade(server: &Server) -> Adopted {
    let ready =
        format!("This new master serves; the old one (pid:{}) may be told to leave", server.child.id());
    let before = server.log().matches(&ready).count();
    server.signal(Signal::USR2);
    server.logged(&ready, before + 1);
    Adopted(pid(&server.path("pid.2")).unwrap())
}

#[test]
fn a_new_master_of_another_release_takes_over() {
    let mut server = Server::spawn(by_link);
    answers(&server, "/", "one");
    let release = server.path("release-2");
    another_release(&release);
    symlink(&release, server.path("next")).unwrap();
    fs::rename(server.path("next"), server.path("current")).unwrap();
    site::write(server.dir.path(), "two");
    let new = upgrade(&server);
    assert_eq!(pid(&server.path("pid")), Some(server.child.id().cast_signed()));
    server.signal(Signal::TERM);
    server.logged("has ended; this one takes its place", 1);
    wait_for("the pid file to move", || (pid(&server.path("pid")) == Some(new.0)).then_some(()));
    assert_eq!(server.ended().code(), Some(0));
    assert!(!server.path("pid.2").exists());
    assert_eq!(fs::read_link(format!("/proc/{}/exe", new.0)).unwrap(), release);
    answers(&server, "/", "two");
    assert!(UnixStream::connect(server.path("socket")).is_ok());

    // It is a master like any other: it reloads, and takes everything with it when it ends.
    site::write(server.dir.path(), "three");
    signal_to(new.0, Signal::HUP);
    answers(&server, "/", "three");
    signal_to(new.0, Signal::TERM);
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
    assert_eq!(["pid", "pid.2", "socket"].map(|name| server.path(name).exists()), [false; 3]);
}

#[test]
fn an_upgrade_is_taken_back_by_ending_the_new_master() {
    let server = Server::spawn(by_link);
    answers(&server, "/", "one");
    let new = upgrade(&server);
    server.signal(Signal::USR2);
    server.logged(&format!("No new master is started: a new one (pid:{}) runs", new.0), 1);
    signal_to(new.0, Signal::USR2);
    server.logged(&format!("No new master is started: the old one (pid:{}) runs", server.child.id()), 1);
    signal_to(new.0, Signal::TERM);
    server.logged("exited with status 0; this one serves on", 1);
    answers(&server, "/", "one");
    assert_eq!(pid(&server.path("pid")), Some(server.child.id().cast_signed()));
    assert!(UnixStream::connect(server.path("socket")).is_ok());
    assert!(!server.path("pid.2").exists());
    let _another = upgrade(&server);
    signal_to(pid(&server.path("pid.2")).unwrap(), Signal::QUIT);
    server.logged("exited with status 0; this one serves on", 2);
    site::end(server);
}

#[test]
fn a_new_master_that_cannot_start_leaves_the_old_one() {
    let server = Server::spawn(by_link);
    answers(&server, "/", "one");
    fs::write(server.path("gunicorn.conf.py"), "workers = 'many'\n").unwrap();
    server.signal(Signal::USR2);
    server.logged("exited with status 2; this one serves on", 1);
    fs::remove_file(server.path("gunicorn.conf.py")).unwrap();
    fs::write(server.path("app.py"), "1 / 0\n").unwrap();
    server.signal(Signal::USR2);
    server.logged("exited with status 4; this one serves on", 1);
    answers(&server, "/", "one");
    site::end(server);
}

#[test]
fn a_new_master_takes_the_place_of_one_that_was_killed() {
    let mut server = Server::spawn(by_link);
    answers(&server, "/", "one");
    let new = upgrade(&server);
    server.signal(Signal::KILL);
    server.ended();
    wait_for("the pid file to move", || (pid(&server.path("pid")) == Some(new.0)).then_some(()));
    answers(&server, "/", "one");
    signal_to(new.0, Signal::TERM);
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
    assert!(!server.path("socket").exists());
}

#[test]
fn systemd_hears_who_the_main_process_is() {
    let mut ear = None;
    let mut server = Server::spawn(|dir| {
        let socket = UnixDatagram::bind(dir.join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        ear = Some(socket);
        let mut command = by_link(dir);
        command.env("NOTIFY_SOCKET", dir.join("notify"));
        command
    });
    let hear_news = || loop {
        let said = hear(ear.as_ref().unwrap());
        // Asked for whenever a start takes long, as on a machine that is busy.
        if !said.starts_with("EXTEND_TIMEOUT_USEC=") {
            return said;
        }
    };
    assert_eq!(hear_news(), "READY=1\nSTATUS=1 worker");
    let new = upgrade(&server);
    server.signal(Signal::TERM);
    assert_eq!(hear_news(), format!("MAINPID={}\nREADY=1\nSTATUS=the new master serves", new.0));
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(hear_news(), format!("MAINPID={}\nREADY=1\nSTATUS=took over from the old master", new.0));
    signal_to(new.0, Signal::TERM);
    assert_eq!(hear_news(), "STOPPING=1\nSTATUS=stopping");
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
}

#[test]
fn figures_and_questions_follow_to_the_new_master() {
    let mut server = Server::spawn(|dir| {
        let mut command = by_link(dir);
        command.args(["--metrics-bind", "127.0.0.1:0", "--control-socket", "ctl"]);
        command
    });
    answers(&server, "/", "one");
    let place = &server.figures()[0];
    let asked = |name: &str| {
        let mut command = Command::new(binary());
        let output = command.args(["status", "--json", "--socket"]).arg(server.path(name)).output().unwrap();
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        status["pid"].as_i64()?.try_into().ok()
    };
    let old = server.child.id().cast_signed();
    let new = upgrade(&server);
    assert_eq!((asked("ctl"), asked("ctl.2")), (Some(old), Some(new.0)));
    server.signal(Signal::TERM);
    wait_for("the new master to be asked", || (asked("ctl") == Some(new.0)).then_some(()));
    assert!(!server.path("ctl.2").exists());
    let told = wait_for("figures", || Client::new(place).get("/metrics").ok());
    assert!(told.text().contains("appserver_generation 1"), "{}", told.text());
    assert_eq!(server.ended().code(), Some(0));
    signal_to(new.0, Signal::TERM);
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
    assert!(!server.path("ctl").exists());
}

/// Leaves a note, and fails if it is to.
const BEFORE: &str = "
import os

def pre_exec(server):
    open('told', 'w').write(str(server.pid))
    if os.path.exists('broken'):
        raise ValueError('not today')
";

#[test]
fn a_hook_is_called_before_a_new_master_and_may_refuse_it() {
    let server = Server::spawn(|dir| {
        fs::write(dir.join("gunicorn.conf.py"), BEFORE).unwrap();
        fs::write(dir.join("broken"), "").unwrap();
        by_link(dir)
    });
    answers(&server, "/", "one");
    server.signal(Signal::USR2);
    server.logged("No new master is started: the hook `pre_exec` failed", 1);
    server.logged("ValueError: not today", 1);
    assert_eq!(pid(&server.path("told")), Some(server.child.id().cast_signed()));
    fs::remove_file(server.path("broken")).unwrap();
    let new = upgrade(&server);
    signal_to(new.0, Signal::TERM);
    server.logged("exited with status 0; this one serves on", 1);
    answers(&server, "/", "one");
    site::end(server);
}
