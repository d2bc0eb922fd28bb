//! What is refused, refused by the server itself.

use crate::support::wire::{all, both};

#[path = "../../../src/appserver/http/tests/table.rs"]
mod table;

/// Whether an answer is one of `status` after which nothing is served, on a connection that was ended.
fn ends_with(answer: &str, status: u16) -> bool {
    answer.starts_with(&format!("HTTP/1.1 {status} "))
        && answer.contains("\r\nConnection: close\r\n")
        && answer.matches("HTTP/1.1 ").count() == 1
}

#[test]
fn every_wrong_request_gets_its_status_and_the_end_of_its_connection() {
    let lines = table::LINES.map(|(line, _, status)| (format!("{line}\r\nHost: a\r\n\r\n"), status));
    let fields = table::FIELDS
        .map(|(field, _, status)| (format!("POST / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n"), status));
    let hosts = table::HOSTS.map(|host| (format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), 400));
    let cases: Vec<(String, u16)> = lines.into_iter().chain(fields).chain(hosts).collect();
    for server in both(&[]) {
        let address = server.address();
        for (text, status) in &cases {
            // What follows must not be taken for a request.
            let answer = all(&address, format!("{text}GET /next HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert!(ends_with(&answer, *status), "{text:?}: {answer:?}");
        }
    }
}

#[test]
fn a_wrong_chunk_gets_400_and_the_end_of_its_connection() {
    let chunks = [
        "3 \r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "3_0\r\nabc\r\n0\r\n\r\n",
        "-1\r\n\r\n",
        "\r\nabc\r\n",
        "g\r\nabc\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nab\r\n0\r\n\r\n",
        "3;a\rb\r\nabc\r\n0\r\n\r\n",
        "10000000000000000\r\n",
        "0\r\nContent-Length: 3\r\n\r\n",
        "0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "0\r\nHost: b\r\n\r\n",
        "0\r\nAuthorization: x\r\n\r\n",
        "0\r\nA : b\r\n\r\n",
        "0\r\nA: b\nC: d\r\n\r\n",
    ];
    for server in both(&[]) {
        let address = server.address();
        for chunk in chunks {
            let answer = all(
                &address,
                format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"),
            );
            assert!(ends_with(&answer, 400), "{chunk:?}: {answer:?}");
        }
        assert_eq!(crate::support::wire::seen(&server), "");
    }
}

#[test]
fn what_speaks_another_protocol_is_told_so_at_once() {
    for server in both(&[]) {
        for bytes in [&b"\x16\x03\x01\x02\0\x01\0\x01"[..], b"\0\x05\0\0", b"\r\n\r\n\0\r\nQUIT\n"] {
            assert!(ends_with(&all(&server.address(), bytes), 400), "{bytes:?}");
        }
    }
}
