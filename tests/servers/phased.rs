//! A reload of one worker after the other.

use std::collections::BTreeSet;
use std::fs;

use rustix::process::Signal;

use crate::support::server::Server;
use crate::support::site::{self, answers};

/// How many workers there ever were at once, by the log.
fn most_at_once(log: &str) -> usize {
    let mut there = BTreeSet::new();
    let mut most = 0;
    for line in log.lines() {
        let after = |mark: &str| line.split(mark).nth(1).map(|rest| rest.trim_end_matches(')').to_string());
        there.extend(after("Booting worker with pid: "));
        if let Some(pid) = after("Worker exited (pid:") {
            there.remove(&pid);
        }
        most = most.max(there.len());
    }
    most
}

/// The workers that were started since the server began.
fn booted(server: &Server) -> usize {
    server.log().matches("Booting worker").count()
}

#[test]
fn a_phased_reload_has_one_worker_too_many_at_most_and_loses_no_request() {
    let server = site::serve(&["--workers", "3", "--phased"]);
    let answered = site::under_load(&server, || {
        for round in 1..=3 {
            site::write(server.dir.path(), &format!("round {round}"));
            let old = server.workers();
            server.signal(Signal::HUP);
            // A front and its workers.
            server.replaced(&old, 4);
            answers(&server, "/", &format!("round {round}"));
        }
    });
    assert!(answered > 100, "{answered} answers were no load");
    assert_eq!((booted(&server), most_at_once(&server.log())), (12, 4));
    site::end(server);
}

#[test]
fn workers_of_the_bundled_application_are_replaced_in_phases_as_well() {
    let server = Server::start(&["--workers", "2", "--phased"]);
    let old = server.workers_are(2);
    server.signal(Signal::HUP);
    server.replaced(&old, 2);
    assert_eq!(most_at_once(&server.log()), 3);
}

#[test]
fn a_phased_reload_into_a_broken_application_changes_nobody() {
    let server = site::serve(&["--workers", "2", "--phased"]);
    let old = server.workers_are(3);
    fs::write(server.path("app.py"), "1 / 0\n").unwrap();
    server.signal(Signal::HUP);
    server.logged("Reload failed, the old workers keep serving", 1);
    assert_eq!(server.workers_are(3), old);
    answers(&server, "/", "one");
    assert_eq!(booted(&server), 3);
    site::end(server);
}
