//! Workers that die, hang, or are too many or too few.

use std::fs;

use rustix::process::Signal;

use crate::support::server::{Client, PAGE, Server, runs, signal_to, wait_for};

#[test]
fn a_killed_worker_is_replaced() {
    let server = Server::start(&["--workers", "2"]);
    let old = server.workers_are(2);
    signal_to(old[0], Signal::KILL);
    server.logged(&format!("Worker (pid:{}) was killed by signal 9", old[0]), 1);
    let new = server.workers_are(2);
    assert!(!new.contains(&old[0]) && new.contains(&old[1]), "{old:?} became {new:?}");
}

#[test]
fn a_worker_that_is_silent_is_killed_and_replaced() {
    let server = Server::start(&["--timeout", "2"]);
    let old = server.workers_are(1);
    signal_to(old[0], Signal::STOP);
    server.logged(&format!("[CRITICAL] WORKER TIMEOUT (pid:{}): silent for 2 s", old[0]), 1);
    wait_for("its end", || (!runs(old[0])).then_some(()));
    server.workers_ready();
    assert_ne!(server.workers_are(1), old);
}

#[test]
fn ttin_adds_a_worker_ttou_removes_one_and_the_last_one_stays() {
    let server = Server::start(&[]);
    server.signal(Signal::TTIN);
    server.workers_are(2);
    server.signal(Signal::TTOU);
    let last = server.workers_are(1);
    server.signal(Signal::TTOU);
    server.logged("Handling signal: ttou", 2);
    assert_eq!(Client::new(&server.address()).get(PAGE).unwrap().status, 200);
    assert_eq!(server.workers(), last);
}

#[test]
fn the_pid_file_names_the_master_and_goes_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pid");
    let mut server = Server::start(&["--pid", path.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", server.child.id()));
    server.signal(Signal::TERM);
    server.ended();
    assert!(!path.exists());
}

#[test]
fn usr1_moves_both_logs_to_fresh_files() {
    let dir = tempfile::tempdir().unwrap();
    let access = dir.path().join("access");
    let server = Server::start(&[
        "--access-logfile",
        access.to_str().unwrap(),
        "--access-logformat",
        "%(m)s %(U)s %(s)s",
    ]);
    let mut client = Client::new(&server.address());
    client.get(PAGE).unwrap();
    let line = format!("GET {PAGE} 200\n");
    wait_for("the first lines", || fs::read_to_string(&access).ok().filter(|text| text.ends_with(&line)));
    fs::rename(&access, dir.path().join("access.1")).unwrap();
    fs::rename(server.path("log"), server.path("log.1")).unwrap();
    server.signal(Signal::USR1);
    wait_for("a fresh log", || access.exists().then_some(()));
    let text = wait_for("a line in the fresh log", || {
        client.get(PAGE).unwrap();
        fs::read_to_string(&access).ok().filter(|text| !text.is_empty())
    });
    assert_eq!(text.lines().next(), Some(line.trim_end()));
    assert!(server.path("log").exists());
}

#[test]
fn connections_are_shared_among_the_workers() {
    let dir = tempfile::tempdir().unwrap();
    let access = dir.path().join("access");
    let server = Server::start(&[
        "--workers",
        "2",
        "--keep-alive",
        "75",
        "--access-logfile",
        access.to_str().unwrap(),
        "--access-logformat",
        "%(p)s %(q)s",
    ]);
    let mut clients: Vec<Client> = (0..16).map(|_| Client::new(&server.address())).collect();
    for client in &mut clients {
        assert_eq!(client.get(&format!("{PAGE}?kept")).unwrap().status, 200);
    }
    let text = wait_for("all lines", || {
        fs::read_to_string(&access).ok().filter(|text| text.matches("kept").count() == clients.len())
    });
    for pid in server.workers() {
        let share = text.matches(&format!("<{pid}> kept")).count();
        assert!(share >= 4, "{share} of 16 in:\n{text}");
    }
}
