//! Requests that two servers could read in two ways, or that nobody of good will sends: bytes and their status.

use super::super::Refusal;
use super::{refused, with};

/// Request lines, each followed by a good `Host`.
const LINES: [(&str, Refusal, u16); 38] = [
    // Methods.
    ("get / HTTP/1.1", Refusal::Method, 400),
    ("GeT / HTTP/1.1", Refusal::Method, 400),
    ("GE / HTTP/1.1", Refusal::Method, 400),
    ("ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1", Refusal::Method, 400),
    ("GE#T / HTTP/1.1", Refusal::Method, 400),
    ("GE:T / HTTP/1.1", Refusal::Method, 400),
    ("GE\tT / HTTP/1.1", Refusal::Method, 400),
    ("GE\0T / HTTP/1.1", Refusal::Method, 400),
    ("\"GET\" / HTTP/1.1", Refusal::Method, 400),
    (" GET / HTTP/1.1", Refusal::Method, 400),
    ("\tGET / HTTP/1.1", Refusal::Method, 400),
    // Their form.
    ("GET", Refusal::RequestLine, 400),
    ("GET /", Refusal::RequestLine, 400),
    ("GET  / HTTP/1.1", Refusal::RequestLine, 400),
    ("GET /  HTTP/1.1", Refusal::RequestLine, 400),
    ("GET /a b HTTP/1.1", Refusal::RequestLine, 400),
    ("GET / HTTP/1.1 ", Refusal::RequestLine, 400),
    ("GET\t/\tHTTP/1.1", Refusal::RequestLine, 400),
    ("GET HTTP/1.1", Refusal::RequestLine, 400),
    ("GET / HTTP/1.1\r", Refusal::RequestLine, 400),
    // Versions.
    ("GET / http/1.1", Refusal::RequestLine, 400),
    ("GET / HTTP/1", Refusal::RequestLine, 400),
    ("GET / HTTP/1.10", Refusal::RequestLine, 400),
    ("GET / HTTP/0.9", Refusal::Version, 505),
    ("GET / HTTP/1.2", Refusal::Version, 505),
    ("GET / HTTP/2.0", Refusal::Version, 505),
    // Targets.
    ("GET a HTTP/1.1", Refusal::Target, 400),
    ("GET ?a HTTP/1.1", Refusal::Target, 400),
    ("GET * HTTP/1.1", Refusal::Target, 400),
    ("GET a:80 HTTP/1.1", Refusal::Target, 400),
    ("GET /#a HTTP/1.1", Refusal::Target, 400),
    ("GET /\0 HTTP/1.1", Refusal::Target, 400),
    ("GET /\x7f HTTP/1.1", Refusal::Target, 400),
    ("GET /\ra HTTP/1.1", Refusal::Target, 400),
    ("GET ftp://a/ HTTP/1.1", Refusal::Target, 400),
    ("GET http:///a HTTP/1.1", Refusal::Target, 400),
    ("GET http://user@a/ HTTP/1.1", Refusal::Target, 400),
    ("CONNECT a:80 HTTP/1.1", Refusal::Tunnel, 501),
];

/// Fields of a POST that has a good `Host` already.
const FIELDS: [(&str, Refusal, u16); 54] = [
    // How the body is framed.
    ("Content-Length: 3\r\nTransfer-Encoding: chunked", Refusal::LengthAndCoding, 400),
    ("Transfer-Encoding: chunked\r\nContent-Length: 3", Refusal::LengthAndCoding, 400),
    ("Content-Length: 3\r\nContent-Length: 3", Refusal::LengthTwice, 400),
    ("Content-Length: 3\r\ncontent-length: 4", Refusal::LengthTwice, 400),
    ("Content-Length: 3, 3", Refusal::LengthInvalid, 400),
    ("Content-Length: 3,", Refusal::LengthInvalid, 400),
    ("Content-Length: +3", Refusal::LengthInvalid, 400),
    ("Content-Length: -3", Refusal::LengthInvalid, 400),
    ("Content-Length: 1_000", Refusal::LengthInvalid, 400),
    ("Content-Length: 0x3", Refusal::LengthInvalid, 400),
    ("Content-Length: 3 3", Refusal::LengthInvalid, 400),
    ("Content-Length: 3.0", Refusal::LengthInvalid, 400),
    ("Content-Length: 3a", Refusal::LengthInvalid, 400),
    ("Content-Length:", Refusal::LengthInvalid, 400),
    ("Content-Length: \u{661}", Refusal::LengthInvalid, 400),
    ("Content-Length: 18446744073709551616", Refusal::LengthInvalid, 400),
    ("Content-Length: 99999999999999999999999999", Refusal::LengthInvalid, 400),
    ("Transfer-Encoding: chunked, chunked", Refusal::ChunkedNotLast, 400),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Refusal::ChunkedNotLast, 400),
    ("Transfer-Encoding: chunked, gzip", Refusal::ChunkedNotLast, 400),
    ("Transfer-Encoding: chunked, identity", Refusal::ChunkedNotLast, 400),
    ("Transfer-Encoding: ,chunked", Refusal::CodingInvalid, 400),
    ("Transfer-Encoding: chunked,", Refusal::CodingInvalid, 400),
    ("Transfer-Encoding:", Refusal::CodingInvalid, 400),
    ("Transfer-Encoding: gzip, chunked", Refusal::CodingUnknown, 501),
    ("Transfer-Encoding: gzip", Refusal::CodingUnknown, 501),
    ("Transfer-Encoding: identity", Refusal::CodingUnknown, 501),
    ("Transfer-Encoding: xchunked", Refusal::CodingUnknown, 501),
    ("Transfer-Encoding: \"chunked\"", Refusal::CodingUnknown, 501),
    ("Transfer-Encoding: chunked;q=1", Refusal::CodingUnknown, 501),
    ("Transfer-Encoding: \x0bchunked", Refusal::FieldValue, 400),
    // Said twice.
    ("Host: a", Refusal::HostTwice, 400),
    ("host: b", Refusal::HostTwice, 400),
    ("Content-Type: a/b\r\nContent-Type: a/b", Refusal::TypeTwice, 400),
    // Names.
    ("Transfer-Encoding : chunked", Refusal::FieldName, 400),
    ("Content-Length\t: 3", Refusal::FieldName, 400),
    ("A B: c", Refusal::FieldName, 400),
    (": a", Refusal::FieldName, 400),
    ("A", Refusal::FieldName, 400),
    ("A(b): c", Refusal::FieldName, 400),
    ("\u{e9}: c", Refusal::FieldName, 400),
    ("A\0: c", Refusal::FieldName, 400),
    // Lines.
    ("A: b\r\n c", Refusal::Folded, 400),
    ("A: b\r\n\tc", Refusal::Folded, 400),
    ("A:\r\n b", Refusal::Folded, 400),
    ("A: b\nContent-Length: 3", Refusal::LineEnd, 400),
    ("A: b\n\nGET / HTTP/1.1", Refusal::LineEnd, 400),
    // Values.
    ("A: b\rc", Refusal::FieldValue, 400),
    ("A: b\0", Refusal::FieldValue, 400),
    ("A: \x1b[31m", Refusal::FieldValue, 400),
    ("A: \x7f", Refusal::FieldValue, 400),
    // Expectations.
    ("Expect: 200-ok", Refusal::Expectation, 417),
    ("Expect: 100-continue, 100-continue", Refusal::Expectation, 417),
    ("Expect: 100-continue\r\nExpect: x", Refusal::Expectation, 417),
];

/// Hosts that are none.
const HOSTS: [&str; 20] = [
    "", "a b", "a/b", "a@b", "a:b", "a:80:80", "a:65536", "a:-1", "a:+1", "::1", "[::1", "[::1]x", "[::1]:x",
    "[]", "[a]", "a\\b", "a%zz", "a?b", "<a>", "\u{e9}",
];

#[test]
fn a_wrong_request_line_is_refused_with_its_status() {
    for (line, refusal, status) in LINES {
        let text = format!("{line}\r\nHost: a\r\n\r\n");
        assert_eq!(refused(&text), Some(refusal), "{line:?}");
        assert_eq!(refusal.status(), status, "{line:?}");
    }
}

#[test]
fn a_wrong_field_is_refused_with_its_status() {
    for (field, refusal, status) in FIELDS {
        assert_eq!(refused(with(field)), Some(refusal), "{field:?}");
        assert_eq!(refusal.status(), status, "{field:?}");
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
