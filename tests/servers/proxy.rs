//! The PROXY protocol before a connection's first request.

use serde_json::json;

use crate::support::server::{PAGE, Server, wait_for};
use crate::support::wire::{all, both, python, rest, statuses, told};

const V1: &[u8] = b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 80\r\n";

/// The binary header for the same client.
fn v2() -> Vec<u8> {
    let addresses =
        [&[192, 0, 2, 7, 192, 0, 2, 1][..], &5000_u16.to_be_bytes(), &80_u16.to_be_bytes()].concat();
    [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"[..], &addresses].concat()
}

fn get(before: &[u8], fields: &str) -> Vec<u8> {
    let text = format!("GET {PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
    [before, text.as_bytes()].concat()
}

#[test]
fn the_client_is_whom_the_header_names_in_either_version() {
    let server =
        python(&["--proxy-protocol", "auto", "--access-logfile", "access", "--access-logformat", "%(h)s"]);
    for header in [V1, &v2()] {
        let said = told(&server.address(), get(header, ""));
        assert_eq!(json!([said["REMOTE_ADDR"], said["REMOTE_PORT"]]), json!(["192.0.2.7", "5000"]));
    }
    wait_for("the access log", || {
        let text = std::fs::read_to_string(server.path("access")).unwrap_or_default();
        (text == "192.0.2.7\n192.0.2.7\n").then_some(())
    });
}

#[test]
fn the_proxys_own_checks_come_from_the_proxy() {
    let server = python(&["--proxy-protocol"]);
    for header in [&b"PROXY UNKNOWN\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
        assert_eq!(told(&server.address(), get(header, ""))["REMOTE_ADDR"], "127.0.0.1");
    }
}

#[test]
fn several_requests_follow_one_header_and_it_may_come_in_pieces() {
    use std::io::Write;
    for server in both(&["--proxy-protocol", "auto"]) {
        for header in [V1, &v2()] {
            let mut stream = crate::support::wire::connect(&server.address());
            stream.set_nodelay(true).unwrap();
            for byte in header {
                stream.write_all(&[*byte]).unwrap();
            }
            write!(stream, "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            stream.write_all(&get(b"", "")).unwrap();
            assert_eq!(rest(stream).matches("HTTP/1.1 200 OK").count(), 2);
        }
    }
}

#[test]
fn a_version_that_is_not_spoken_and_a_missing_header_get_400() {
    for (version, good, bad) in [("v1", V1.to_vec(), v2()), ("v2", v2(), V1.to_vec())] {
        for server in both(&["--proxy-protocol", version]) {
            assert_eq!(statuses(&server.address(), get(&good, "")), [200]);
            assert_eq!(statuses(&server.address(), get(&bad, "")), [400]);
            assert_eq!(statuses(&server.address(), get(b"", "")), [400]);
        }
    }
    // Where it is not spoken at all, it is no request.
    for server in both(&[]) {
        assert_eq!(statuses(&server.address(), get(V1, "")), [400]);
    }
}

#[test]
fn who_may_not_send_the_header_gets_403_and_the_end_of_the_connection() {
    for server in both(&["--proxy-protocol", "auto", "--proxy-allow-from", "192.0.2.1"]) {
        for header in [V1, &v2(), b""] {
            let answer = all(&server.address(), get(header, ""));
            assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1);
        }
    }
}

#[test]
fn behind_the_header_it_is_the_client_whose_word_is_believed_or_not() {
    let fields = "X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: https\r\n";
    let scheme = |server: &Server| told(&server.address(), get(V1, fields))["wsgi.url_scheme"].clone();
    assert_eq!(scheme(&python(&["--proxy-protocol"])), "http");
    assert_eq!(scheme(&python(&["--proxy-protocol", "--forwarded-allow-ips", "192.0.2.0/24"])), "https");
}
