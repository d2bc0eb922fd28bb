//! Requests that wait while those who could answer them come and go.

use std::fs;

use rustix::process::Signal;

use super::{FRAGILE, end, held, loses_nothing, numbered, python, serving, spawn, status};
use crate::support::server::{Client, Server, runs, signal_to, wait_for};

/// At the end of [`FRAGILE`]: notes that it is loaded for the nth time, and waits as long as it is told to.
const GATE: &str = r#"
number = len([name for name in os.listdir(".") if name.startswith("boot-")])
open("boot-%d" % number, "w").close()
while os.path.exists("wait-%d" % number):
    time.sleep(0.01)
"#;

/// The process ids of fronts in a state.
fn fronts(server: &Server, state: &str) -> Vec<i32> {
    let all = status(server).map(|status| status.processes).unwrap_or_default();
    let found = all.iter().filter(|one| one.role == "front" && one.state == state);
    found.map(|one| one.pid.cast_signed()).collect()
}

fn loaded(server: &Server, number: usize) {
    wait_for("the application to be loaded", || {
        server.path(&format!("boot-{number}")).exists().then_some(())
    });
}

/// A server whose only worker was killed; the application is not loaded again before the file `wait-1` is gone. Of three
/// clients requests wait.
fn without_worker() -> (Server, Vec<Client>) {
    let server = spawn("exec \"$@\"", &[FRAGILE, GATE].concat(), "fragile", &["--workers", "1"]);
    let worker = serving(&server, 1)[0];
    fs::write(server.path("wait-1"), "").unwrap();
    signal_to(worker, Signal::KILL);
    loaded(&server, 1);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::new(&server.address())).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(format!("GET /?{number} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).unwrap();
    }
    wait_for("all of them to wait", || {
        let all = status(&server)?.processes;
        (all.iter().filter_map(|one| one.queued).sum::<u64>() == 3).then_some(())
    });
    (server, clients)
}

fn are_answered(clients: Vec<Client>) {
    for (number, mut client) in clients.into_iter().enumerate() {
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, answer.text()), (200, number.to_string()));
    }
}

#[test]
fn what_waits_for_a_worker_outlives_a_reload_that_is_ready_sooner() {
    let (server, clients) = without_worker();
    server.signal(Signal::HUP);
    wait_for("the old front to leave", || (!fronts(&server, "leaving").is_empty()).then_some(()));
    fs::remove_file(server.path("wait-1")).unwrap();
    are_answered(clients);
    end(server, 1);
}

#[test]
fn what_waits_for_a_worker_is_answered_before_the_server_ends() {
    let (mut server, clients) = without_worker();
    server.signal(Signal::TERM);
    server.logged("Handling signal: term", 1);
    fs::remove_file(server.path("wait-1")).unwrap();
    are_answered(clients);
    assert!(server.ended().success());
}

#[test]
fn a_front_that_is_told_to_leave_keeps_no_client_of_the_next_one_waiting() {
    let server = python(1, &[]);
    let old = fronts(&server, "serving");
    let (mut slow, _) = held(&server, "slow");
    signal_to(old[0], Signal::TERM);
    wait_for("it to leave", || (fronts(&server, "leaving") == old).then_some(()));
    assert_eq!(Client::new(&server.address()).get("/?next").unwrap().text(), "next");
    fs::write(server.path("go"), "").unwrap();
    assert_eq!(slow.answer().unwrap().text(), "let go");
    serving(&server, 1);
    assert!(!server.log().contains("[ERROR]"), "{}", server.log());
    end(server, 1);
}

#[test]
fn a_request_that_was_refused_for_want_of_a_worker_is_never_begun() {
    let server = python(1, &["--queue-timeout", "1"]);
    let (mut slow, _) = held(&server, "slow");
    assert_eq!(Client::new(&server.address()).get("/hold?refused").unwrap().status, 503);
    fs::write(server.path("go"), "").unwrap();
    assert_eq!(slow.answer().unwrap().text(), "let go");
    // Requests are taken in the order in which they came.
    assert_eq!(Client::new(&server.address()).get("/?next").unwrap().text(), "next");
    assert!(!server.path("held-refused").exists());
    end(server, 1);
}

#[test]
fn a_request_that_hangs_does_not_outlive_a_master_that_was_killed() {
    let mut server = python(1, &["--graceful-timeout", "1"]);
    let (mut client, worker) = held(&server, "for-ever");
    let front = fronts(&server, "serving")[0];
    server.signal(Signal::KILL);
    server.ended();
    for pid in [worker, front] {
        wait_for("the end of all", || (!runs(pid)).then_some(()));
    }
    assert!(client.answer().is_err());
}

#[test]
fn ten_reloads_among_workers_that_are_replaced_all_the_time_lose_nothing() {
    let server = python(2, &["--max-requests", "20"]);
    loses_nothing(&server, "Python, max_requests 20, beside HUP, TTIN and TTOU 10 times", numbered, || {
        for time in 1..=10 {
            let old = fronts(&server, "serving");
            for (signal, name) in [(Signal::HUP, "hup"), (Signal::TTIN, "ttin"), (Signal::TTOU, "ttou")] {
                server.signal(signal);
                server.logged(&format!("Handling signal: {name}"), time);
            }
            // How many workers there are at one moment says nothing here.
            wait_for("the next front", || {
                let now = fronts(&server, "serving");
                (!now.is_empty() && now != old).then_some(())
            });
        }
    });
    end(server, 2);
}
