//! How large a request may be.

use crate::support::server::PAGE;
use crate::support::wire::{both, seen, statuses};

fn get(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n")
}

#[test]
fn a_longer_request_line_gets_414() {
    for server in both(&["--limit-request-line", "100"]) {
        let address = server.address();
        let path = format!("{PAGE}?{}", "x".repeat(100 - "GET ? HTTP/1.1".len() - PAGE.len()));
        assert_eq!(statuses(&address, get(&path, "")), [200]);
        assert_eq!(statuses(&address, get(&format!("{path}y"), "")), [414]);
        assert_eq!(statuses(&address, format!("GET /{}", "x".repeat(100))), [414]);
    }
}

#[test]
fn a_request_line_may_be_longer_than_eight_kilobytes_where_that_is_allowed() {
    for server in both(&["--limit-request-line", "0"]) {
        let address = server.address();
        let of = |length: usize| get(&format!("{PAGE}?{}", "x".repeat(length)), "");
        assert_eq!(statuses(&address, of(30_000)), [200]);
        // More than either kind of application can be told.
        let said = statuses(&address, of(100_000));
        assert!(said == [414] || said == [431], "{said:?}");
    }
}

#[test]
fn more_or_longer_headers_get_431() {
    for server in both(&["--limit-request-fields", "4", "--limit-request-field-size", "50"]) {
        let address = server.address();
        assert_eq!(statuses(&address, get(PAGE, "A: b\r\nC: d\r\n")), [200]);
        assert_eq!(statuses(&address, get(PAGE, "A: b\r\nC: d\r\nE: f\r\n")), [431]);
        assert_eq!(statuses(&address, get(PAGE, &format!("A: {}\r\n", "b".repeat(47)))), [200]);
        assert_eq!(statuses(&address, get(PAGE, &format!("A: {}\r\n", "b".repeat(48)))), [431]);
    }
}

#[test]
fn as_many_headers_as_the_limits_allow_are_served_or_refused_with_431() {
    for server in both(&[]) {
        for (count, length) in [(20, 4000), (95, 8000)] {
            let fields: String = (0..count).map(|at| format!("A{at}: {}\r\n", "b".repeat(length))).collect();
            let said = statuses(&server.address(), get(PAGE, &fields));
            assert!(said == [200] || said == [431], "{count} of {length}: {said:?}");
        }
        assert_eq!(statuses(&server.address(), get(PAGE, "")), [200]);
    }
}

#[test]
fn a_longer_body_gets_413_and_is_never_seen() {
    for server in both(&["--limit-request-body", "1000"]) {
        let address = server.address();
        let told = |length: usize, sent: usize| {
            let head =
                format!("POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n");
            statuses(&address, format!("{head}\r\n{}", "x".repeat(sent)))
        };
        assert!(matches!(told(1000, 1000)[..], [200 | 404]));
        assert_eq!(told(1001, 1001), [413]);
        // Before it has come.
        assert_eq!(told(1_000_000_000, 0), [413]);
        let chunked =
            "POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = |length: usize| format!("{length:x}\r\n{}\r\n", "x".repeat(length));
        let small = format!("{chunked}{}{}0\r\n\r\n", chunk(500), chunk(500));
        assert!(matches!(statuses(&address, small)[..], [200 | 404]));
        assert_eq!(statuses(&address, format!("{chunked}{}{}0\r\n\r\n", chunk(500), chunk(501))), [413]);
        // A client that waits for a word is refused instead.
        let waits = format!(
            "{}Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n",
            "POST /up HTTP/1.1\r\nHost: a\r\n"
        );
        assert_eq!(statuses(&address, waits), [413]);
        let seen = seen(&server);
        assert!(seen.is_empty() || seen == "POST /up\nPOST /up\n", "{seen}");
    }
}
