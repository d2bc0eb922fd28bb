//! Several requests on one connection, and the forms a request may have.

use std::io::{BufReader, Write};

use crate::support::http;
use crate::support::server::{Client, PAGE};
use crate::support::wire::{all, both, connect, python, rest, statuses, told};

#[test]
fn requests_of_one_packet_are_answered_in_their_order() {
    for server in both(&[]) {
        let one = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n{more}\r\n");
        let upload = "POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
        let text = [
            one(PAGE, ""),
            one("/missing", ""),
            upload.into(),
            one(PAGE, ""),
            one("/missing", "Connection: close\r\n"),
        ];
        assert_eq!(statuses(&server.address(), text.concat()), [200, 404, 404, 200, 404]);
    }
}

#[test]
fn a_request_that_comes_byte_by_byte_is_the_same_request() {
    for server in both(&[]) {
        let mut stream = connect(&server.address());
        stream.set_nodelay(true).unwrap();
        for byte in format!("\r\nGET {PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").bytes() {
            stream.write_all(&[byte]).unwrap();
        }
        assert!(rest(stream).starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[test]
fn a_connection_stays_open_as_version_and_header_say() {
    for server in both(&[]) {
        let address = server.address();
        for (version, field, closes) in [
            ("1.1", "", false),
            ("1.1", "Connection: close\r\n", true),
            ("1.0", "", true),
            ("1.0", "Connection: keep-alive\r\n", false),
        ] {
            let mut stream = BufReader::new(connect(&address));
            let text = format!("GET {PAGE} HTTP/{version}\r\nHost: a\r\n{field}\r\n");
            stream.get_mut().write_all(text.as_bytes()).unwrap();
            let answer = http::read(&mut stream, "GET").unwrap();
            assert_eq!((answer.status, answer.closes()), (200, closes), "{version} {field}");
            if closes {
                assert_eq!(rest(stream), "");
            } else {
                stream.get_mut().write_all(text.as_bytes()).unwrap();
                assert_eq!(http::read(&mut stream, "GET").unwrap().status, 200);
            }
        }
    }
}

#[test]
fn an_old_client_gets_no_chunks() {
    let server = python(&[]);
    let answer = all(&server.address(), "GET /parts HTTP/1.0\r\n\r\n");
    assert!(answer.ends_with("\r\n\r\npart 0\npart 1\npart 2\n"), "{answer}");
    assert!(!answer.contains("chunked"), "{answer}");
    let answer = all(&server.address(), "GET /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(
        answer.ends_with("\r\n\r\n7\r\npart 0\n\r\n7\r\npart 1\n\r\n7\r\npart 2\n\r\n0\r\n\r\n"),
        "{answer}"
    );
}

#[test]
fn an_upgrade_is_answered_as_if_nobody_had_asked_for_it() {
    for server in both(&[]) {
        let mut client = Client::new(&server.address());
        let upgrade =
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        for fields in
            [upgrade, "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"]
        {
            client.send(format!("GET {PAGE} HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).unwrap();
            let answer = client.answer().unwrap();
            assert_eq!((answer.status, answer.closes()), (200, false));
        }
    }
}

#[test]
fn an_application_cannot_switch_protocols() {
    let server = python(&[]);
    assert_eq!(
        statuses(&server.address(), "GET /switch HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        [500]
    );
}

#[test]
fn a_target_with_a_host_counts_more_than_the_header() {
    for server in both(&[]) {
        let text = format!("GET http://other:8080{PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(statuses(&server.address(), text), [200]);
    }
    let server = python(&[]);
    let said = told(&server.address(), "GET http://other:8080/x%20y?z HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((&said["PATH_INFO"], &said["QUERY_STRING"]), (&"/x y".into(), &"z".into()));
}

#[test]
fn options_of_the_whole_server_are_answered() {
    for server in both(&[]) {
        let said = statuses(&server.address(), "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(matches!(said[..], [200 | 404 | 405]), "{said:?}");
    }
    assert_eq!(told(&python(&[]).address(), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")["PATH_INFO"], "*");
}

#[test]
fn head_is_answered_without_a_body() {
    for server in both(&[]) {
        let text = format!("HEAD {PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = all(&server.address(), text);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
        assert!(answer.to_lowercase().contains("content-length: "), "{answer}");
    }
}
