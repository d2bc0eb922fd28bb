//! An application that does not come up any more.

use std::fs;

use rustix::process::Signal;

use super::{
    FRAGILE, end, loses_nothing, numbered, pids, python, replaced, serving, spawn, status, stop_idle,
};
use crate::support::server::{Server, signal_to};

/// What kills a worker on its import, and how the log tells it.
const BROKEN: [(&str, &str); 3] = [
    ("import os; os._exit(3)", "exited with status 3 before it was ready"),
    ("import sys; sys.exit('no settings')", "it called sys.exit('no settings')"),
    ("import os; os.kill(os.getpid(), 11)", "was killed by signal 11 before it was ready"),
];

fn write(server: &Server, source: &str) {
    fs::write(server.path("fragile.py"), source).unwrap();
}

#[test]
fn a_reload_into_an_application_that_dies_on_import_leaves_the_old_one() {
    let server = python(2, &[]);
    let old = serving(&server, 2);
    loses_nothing(&server, "Python, HUP into what dies on import, 3 ways", numbered, || {
        for (times, (source, how)) in BROKEN.iter().enumerate() {
            write(&server, source);
            server.signal(Signal::HUP);
            server.logged("Reload failed, the old workers keep serving", times + 1);
            server.logged(how, 1);
            assert_eq!(serving(&server, 2), old);
        }
        write(&server, FRAGILE);
        replaced(&server, &server.workers(), 3);
    });
    end(server, 2);
}

#[test]
fn a_worker_that_cannot_be_replaced_is_tried_again_until_it_can() {
    let server = python(3, &[]);
    loses_nothing(&server, "Python, a worker killed while the application is broken", numbered, || {
        write(&server, BROKEN[0].0);
        signal_to(stop_idle(&server), Signal::KILL);
        server.logged("next try in", 2);
        assert_eq!(pids(&status(&server).unwrap()).len(), 2);
        write(&server, FRAGILE);
        serving(&server, 3);
    });
    end(server, 3);
}

#[test]
fn a_start_with_an_application_that_dies_on_import_ends_with_a_report() {
    for (source, how) in BROKEN {
        let mut server = spawn("exec \"$@\"", source, "fragile", &["--workers", "2"]);
        assert_eq!(server.ended().code(), Some(4), "{}", server.log());
        let said = fs::read_to_string(server.path("err")).unwrap();
        assert!(said.starts_with("error: ") && said.contains(how), "{said}");
    }
}
