//! Requests that two servers could read in two ways, or that nobody of good will sends: bytes and their status.

use super::super::Refusal;
use super::table::{FIELDS, HOSTS, LINES};
use super::{refused, with};

/// What is said of a case of the table.
fn said(refused: Option<Refusal>) -> Option<(String, u16)> {
    refused.map(|refusal| (format!("{refusal:?}"), refusal.status()))
}

#[test]
fn a_wrong_request_line_is_refused_with_its_status() {
    for (line, refusal, status) in LINES {
        let text = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(said(refused(&text)), Some((refusal.into(), status)), "{line:?}");
    }
}

#[test]
fn a_wrong_field_is_refused_with_its_status() {
    for (field, refusal, status) in FIELDS {
        assert_eq!(said(refused(with(field))), Some((refusal.into(), status)), "{field:?}");
    }
}

#[test]
fn a_wrong_host_is_refused_in_either_version() {
    for host in HOSTS {
        for version in ["HTTP/1.0", "HTTP/1.1"] {
            let text = format!("GET / {version}\r\nHost: {host}\r\n\r\n");
            assert_eq!(refused(text), Some(Refusal::HostInvalid), "{host:?}");
        }
    }
    for host in [
        "a",
        "a:",
        "a:80",
        "A_b.c-d~",
        "%41",
        "127.0.0.1:8000",
        "[::1]",
        "[2001:db8::1]:443",
        "[::ffff:1.2.3.4]",
    ] {
        assert_eq!(refused(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")), None, "{host:?}");
    }
}

#[test]
fn what_a_version_demands_or_lacks_is_kept() {
    assert_eq!(refused("GET / HTTP/1.1\r\n\r\n"), Some(Refusal::HostMissing));
    assert_eq!(refused("GET http://a/ HTTP/1.1\r\n\r\n"), Some(Refusal::HostMissing));
    assert_eq!(refused("GET / HTTP/1.0\r\n\r\n"), None);
    assert_eq!(refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Some(Refusal::CodingTooNew));
    assert_eq!(refused("GET / HTTP/1.1\nHost: a\r\n\r\n"), Some(Refusal::LineEnd));
    assert_eq!(refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), Some(Refusal::Folded));
    assert_eq!(refused("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"), Some(Refusal::Tunnel));
}

#[test]
fn what_is_odd_but_clear_is_read() {
    for request in [
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "VERSION-CONTROL / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /<>\"{}|\\^` HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:a\r\nX:\r\nX: \t \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0003\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
    ] {
        assert_eq!(refused(request), None, "{request:?}");
    }
}
