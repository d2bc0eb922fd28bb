//! Signals to a master of Python workers, row by row.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::server::{Client, Server, runs, signal_to, wait_for};
use crate::support::site::{self, get};

/// Asks for what takes this many seconds, and waits until that is in work.
fn busy(server: &Server, seconds: &str) -> Client {
    let mut client = Client::new(&server.address());
    client.send(format!("GET /sleep?{seconds} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).unwrap();
    // With one thread, what comes later would wait; with two it is answered, and later than the first was taken.
    assert_eq!(get(server, "/"), "one");
    client
}

#[test]
fn no_request_is_lost_while_workers_are_recycled() {
    let options =
        ["--workers", "2", "--threads", "2", "--max-requests", "100", "--max-requests-jitter", "50"];
    let server = site::serve(&options);
    let answered =
        site::under_load(&server, || server.logged("will be replaced: it answered max_requests", 8));
    assert!(answered > 500, "{answered} answers were no load");
    server.workers_are(3);
    site::end(server);
}

#[test]
fn hup_sets_the_number_of_workers_back() {
    let server = site::serve(&[]);
    server.signal(Signal::TTIN);
    let old = server.workers_are(3);
    server.signal(Signal::HUP);
    server.replaced(&old, 2);
    site::end(server);
}

#[test]
fn term_waits_for_a_request_and_a_second_term_changes_nothing() {
    let mut server = site::serve(&["--threads", "2"]);
    let mut client = busy(&server, "1");
    server.signal(Signal::TERM);
    server.logged("Handling signal: term", 1);
    server.signal(Signal::TERM);
    assert_eq!(client.answer().unwrap().text(), "slept");
    assert_eq!(server.ended().code(), Some(0));
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
}

/// Ends a server that has a minute's work by these signals, and makes sure that it took no time and left nobody.
fn ends_quickly(signals: &[Signal]) {
    let mut server = site::serve(&["--threads", "2", "--graceful-timeout", "60"]);
    let mut client = busy(&server, "60");
    let began = Instant::now();
    for (count, signal) in signals.iter().enumerate() {
        server.signal(*signal);
        if count + 1 < signals.len() {
            server.logged("Handling signal", count + 1);
        }
    }
    assert_eq!(server.ended().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
    assert_eq!(client.rest(), "");
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
}

#[test]
fn int_ends_python_workers_at_once() {
    ends_quickly(&[Signal::INT]);
}

#[test]
fn quit_ends_python_workers_at_once() {
    ends_quickly(&[Signal::QUIT]);
}

#[test]
fn quit_after_term_ends_python_workers_at_once() {
    ends_quickly(&[Signal::TERM, Signal::QUIT]);
}

#[test]
fn a_signal_that_means_the_master_is_ignored_by_its_python_workers() {
    let server = site::serve(&[]);
    let pid: i32 = get(&server, "/pid").parse().unwrap();
    for signal in [Signal::HUP, Signal::USR1, Signal::WINCH] {
        signal_to(pid, signal);
    }
    assert_eq!(get(&server, "/pid"), pid.to_string());
    signal_to(pid, Signal::TERM);
    wait_for("another worker", || (!runs(pid) && server.workers().len() == 2).then_some(()));
    assert_eq!(get(&server, "/"), "one");
    site::end(server);
}

#[test]
fn the_master_outlives_a_hail_of_signals() {
    let server = site::serve(&[]);
    thread::scope(|scope| {
        for signal in [Signal::HUP, Signal::TTIN, Signal::TTOU, Signal::USR1, Signal::CHILD, Signal::WINCH] {
            let server = &server;
            scope.spawn(move || (0..50).for_each(|_| server.signal(signal)));
        }
    });
    server.signal(Signal::HUP);
    wait_for("one worker and its front", || {
        let pids = server.workers();
        (pids.len() == 2 && Client::new(&server.address()).get("/").is_ok()).then_some(())
    });
    site::end(server);
}
