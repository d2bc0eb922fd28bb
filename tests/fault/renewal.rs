//! Workers that come and go because they are told to.

use rustix::process::Signal;

use super::{end, loses_nothing, native, numbered, only, python, replaced, serving, under_load};
use crate::support::load::Page;
use crate::support::server::Server;

/// How often.
const TIMES: usize = 20;

/// `processes`: how many the master has, a front included.
fn reloads(server: Server, what: &str, page: fn(usize) -> Page, processes: usize) {
    loses_nothing(&server, &format!("{what}, HUP {TIMES} times"), page, || {
        for _ in 0..TIMES {
            replaced(&server, &server.workers(), processes);
        }
    });
    end(server, 2);
}

#[test]
fn twenty_reloads_of_a_python_application_lose_nothing() {
    reloads(python(2, &[]), "Python", numbered, 3);
}

#[test]
fn twenty_reloads_of_native_workers_lose_nothing() {
    reloads(native(2, &[]), "native", only, 2);
}

fn resized(server: Server, what: &str, page: fn(usize) -> Page) {
    loses_nothing(&server, &format!("{what}, TTIN and TTOU {TIMES} times"), page, || {
        for _ in 0..TIMES {
            server.signal(Signal::TTIN);
            serving(&server, 3);
            server.signal(Signal::TTOU);
            serving(&server, 2);
        }
    });
    end(server, 2);
}

#[test]
fn twenty_python_workers_more_and_less_lose_nothing() {
    resized(python(2, &[]), "Python", numbered);
}

#[test]
fn twenty_native_workers_more_and_less_lose_nothing() {
    resized(native(2, &[]), "native", only);
}

fn recycled(server: Server, what: &str, page: fn(usize) -> Page) {
    let (count, ()) = under_load(&server, &format!("{what}, max_requests 50, 15 times"), page, || {
        server.logged("will be replaced: it answered max_requests", 15);
    });
    assert_eq!((&count.failed, count.renewed), (&Vec::new(), 0), "{}", server.log());
    assert!(count.good >= 15 * 50, "workers were replaced after fewer: {}", count.good);
    end(server, 3);
}

#[test]
fn python_workers_that_are_replaced_after_fifty_requests_lose_nothing() {
    recycled(python(3, &["--max-requests", "50"]), "Python", numbered);
}

#[test]
fn native_workers_that_are_replaced_after_fifty_requests_lose_nothing() {
    recycled(native(3, &["--max-requests", "50"]), "native", only);
}
