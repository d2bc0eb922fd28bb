//! TERM, INT and the end of the master.

use std::net::TcpStream;

use rustix::process::Signal;

use crate::support::server::{Client, PAGE, Server, runs, wait_for};

#[test]
fn term_finishes_a_request_in_progress() {
    let mut server = Server::start(&[]);
    let mut client = Client::new(&server.address());
    client.get(PAGE).unwrap();
    client.send(format!("GET {PAGE} HTTP/1.1\r\n").as_bytes()).unwrap();
    // The worker has the first half: it answers a request on another connection after it.
    Client::new(&server.address()).get(PAGE).unwrap();
    server.signal(Signal::TERM);
    // The worker has heard of it when nobody listens any more.
    let address = server.address();
    wait_for("a closed door", || TcpStream::connect(&address).is_err().then_some(()));
    client.send(b"Host: test\r\n\r\n").unwrap();
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.closes(), answer.text().as_str()), (200, true, "Hello HBNB!"));
    assert_eq!(server.ended().code(), Some(0));
    assert!(server.log().ends_with("Shutting down: Master\n"));
}

#[test]
fn int_does_not_wait_for_a_request_in_progress() {
    let mut server = Server::start(&["--graceful-timeout", "60"]);
    let mut client = Client::new(&server.address());
    client.get(PAGE).unwrap();
    client.send(b"GET / HTTP/1.1\r\n").unwrap();
    server.signal(Signal::INT);
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(client.rest(), "");
}

#[test]
fn a_request_that_does_not_end_is_cut_at_the_graceful_timeout() {
    let mut server = Server::start(&["--graceful-timeout", "1"]);
    let mut client = Client::new(&server.address());
    client.get(PAGE).unwrap();
    client.send(b"GET / HTTP/1.1\r\n").unwrap();
    Client::new(&server.address()).get(PAGE).unwrap();
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    server.logged("connections open: the graceful timeout is over", 1);
}

#[test]
fn workers_leave_when_their_master_is_killed() {
    let mut server = Server::start(&["--workers", "2"]);
    let workers = server.workers_are(2);
    let address = server.address();
    server.signal(Signal::KILL);
    server.ended();
    wait_for("the end of the workers", || workers.iter().all(|pid| !runs(*pid)).then_some(()));
    assert!(Client::new(&address).get(PAGE).is_err());
}

#[test]
fn a_worker_told_to_leave_directly_is_replaced() {
    let server = Server::start(&[]);
    let old = server.workers_are(1);
    crate::support::server::signal_to(old[0], Signal::TERM);
    wait_for("another worker", || (server.workers().len() == 1 && server.workers() != old).then_some(()));
}

#[test]
fn hup_to_a_worker_is_ignored() {
    let server = Server::start(&[]);
    let old = server.workers_are(1);
    crate::support::server::signal_to(old[0], Signal::HUP);
    for _ in 0..20 {
        assert_eq!(Client::new(&server.address()).get(PAGE).unwrap().status, 200);
    }
    assert_eq!(server.workers(), old);
}
