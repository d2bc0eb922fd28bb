//! Clients that take their time, and how much of it they get.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::support::server::{Client, PAGE, wait_for};
use crate::support::wire::{both, connect, python, rest, seen, statuses};

fn is_late(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 408 Request Timeout\r\n") && answer.contains("\r\nConnection: close\r\n")
}

#[test]
fn a_head_that_does_not_come_in_time_gets_408_however_it_trickles() {
    for server in both(&["--header-timeout", "1", "--keep-alive", "75"]) {
        let address = server.address();
        let mut stream = connect(&address);
        stream.write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
        assert!(is_late(&rest(stream)));
        // A byte now and then is no progress.
        let mut stream = connect(&address);
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut answer = Vec::new();
        wait_for("408 for a trickle", || {
            let mut part = [0; 1000];
            match stream.read(&mut part) {
                Ok(length) => answer.extend_from_slice(&part[..length]),
                Err(_) => stream.write_all(b"x").unwrap(),
            }
            (!answer.is_empty()).then_some(())
        });
        assert!(is_late(&String::from_utf8(answer).unwrap()));
        // The second request of a connection has no more time than the first.
        let mut stream = connect(&address);
        write!(stream, "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\nGET / HT").unwrap();
        let both = rest(stream);
        assert!(both.starts_with("HTTP/1.1 200 OK\r\n"), "{both}");
        assert!(both.contains("HTTP/1.1 408 Request Timeout\r\n"), "{both}");
        // Who says nothing at all is told nothing.
        assert_eq!(rest(connect(&address)), "");
    }
}

#[test]
fn a_body_that_pauses_too_long_gets_408_and_is_never_seen() {
    for server in both(&["--body-timeout", "1"]) {
        let mut stream = connect(&server.address());
        stream.write_all(b"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").unwrap();
        assert!(is_late(&rest(stream)));
        assert!(!seen(&server).contains("POST"));
    }
}

#[test]
fn an_idle_connection_is_closed_after_its_time_without_a_word() {
    for server in both(&["--keep-alive", "1"]) {
        let mut client = Client::new(&server.address());
        assert!(!client.get(PAGE).unwrap().closes());
        assert_eq!(client.rest(), "");
    }
    for server in both(&["--keep-alive", "0"]) {
        assert!(Client::new(&server.address()).get(PAGE).unwrap().closes());
    }
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_is_left_and_its_worker_serves_on() {
    let server = python(&["--write-timeout", "1", "--timeout", "60"]);
    let mut stream = connect(&server.address());
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    wait_for("the request at the application", || seen(&server).contains("GET /large").then_some(()));
    // The one worker is free again only when that client was left.
    assert_eq!(Client::new(&server.address()).get("/").unwrap().status, 200);
    assert!(rest(stream).len() < 30_000_000);
}

#[test]
fn slow_uploads_hold_no_worker() {
    for server in both(&["--workers", "1"]) {
        let address = server.address();
        let slow: Vec<_> = (0..50)
            .map(|_| {
                let mut stream = connect(&address);
                stream
                    .write_all(
                        b"POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20\r\n\r\n",
                    )
                    .unwrap();
                stream
            })
            .collect();
        let begun = Instant::now();
        for _ in 0..10 {
            for mut stream in &slow {
                stream.write_all(b"x").unwrap();
            }
            assert_eq!(
                statuses(&address, format!("GET {PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
                [200]
            );
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "others waited {:?}", begun.elapsed());
        assert!(!seen(&server).contains("POST"));
        for mut stream in slow {
            stream.write_all(b"0123456789").unwrap();
            let answer = rest(stream);
            assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 404 "), "{answer}");
        }
    }
}
