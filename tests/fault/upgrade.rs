//! Masters that are followed by new ones.

use std::fs;

use rustix::process::Signal;

use super::{loses_nothing, native, numbered, only, python, serving, status};
use crate::support::load::Page;
use crate::support::server::{Adopted, Server, runs, signal_to, wait_for};
use crate::support::site;

/// How often.
const TIMES: usize = 10;

fn number(server: &Server, file: &str) -> Option<i32> {
    fs::read_to_string(server.path(file)).ok()?.trim().parse().ok()
}

fn upgraded(server: Server, what: &str, page: fn(usize) -> Page) {
    let mut newest = Adopted(server.child.id().cast_signed());
    loses_nothing(&server, &format!("{what}, USR2 and TERM {TIMES} times"), page, || {
        for _ in 0..TIMES {
            let old = newest.0;
            signal_to(old, Signal::USR2);
            server.logged(&format!("This new master serves; the old one (pid:{old})"), 1);
            let new = number(&server, "pid.2").unwrap();
            signal_to(old, Signal::TERM);
            wait_for("the end of the old master", || (!runs(old)).then_some(()));
            wait_for("the pid file to move", || (number(&server, "pid") == Some(new)).then_some(()));
            newest.0 = new;
        }
    });
    serving(&server, 2);
    assert_eq!(status(&server).unwrap().pid.cast_signed(), newest.0);
    signal_to(newest.0, Signal::TERM);
    wait_for("the end of all", || site::processes(server.dir.path()).is_empty().then_some(()));
}

#[test]
fn ten_new_masters_of_a_python_application_lose_nothing() {
    upgraded(python(2, &[]), "Python", numbered);
}

#[test]
fn ten_new_masters_of_native_workers_lose_nothing() {
    upgraded(native(2, &[]), "native", only);
}
