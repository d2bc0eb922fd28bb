//! Bodies of requests: whole, in chunks, asked for, and never finished.

use std::io::{BufReader, Read, Write};

use crate::support::http;
use crate::support::server::{Client, PAGE};
use crate::support::wire::{both, connect, python, rest, seen, told};

const UPLOAD: &str = "POST /up HTTP/1.1\r\nHost: a\r\n";

#[test]
fn a_body_in_chunks_arrives_whole_with_its_length_and_without_its_trailers() {
    let server = python(&[]);
    let chunked = format!("{UPLOAD}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
    let said =
        told(&server.address(), format!("{chunked}3;a=\"b\"\r\nabc\r\n02\r\nde\r\n0\r\nX-Sum: 9\r\n\r\n"));
    let fields = ["body", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_X_SUM"];
    let said: Vec<_> = fields.iter().map(|name| said[*name].as_str().unwrap_or("-")).collect();
    assert_eq!(said, ["abcde", "5", "-", "-"]);
}

#[test]
fn a_connection_goes_on_behind_a_body_of_any_size() {
    for server in both(&[]) {
        let mut client = Client::new(&server.address());
        for length in [0, 1, 65_536, 65_537, 200_000] {
            let head = format!("POST {PAGE} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
            client.send(head.as_bytes()).unwrap();
            client.send(&vec![b'x'; length]).unwrap();
            let answer = client.answer().unwrap();
            assert!(!answer.closes() && [200, 405].contains(&answer.status), "{length}: {answer:?}");
            if answer.status == 200 {
                assert!(answer.text().contains(&format!("\"size\": {length}")), "{length}: {answer:?}");
            }
            let chunk =
                if length > 0 { format!("{length:x}\r\n{}\r\n", "y".repeat(length)) } else { String::new() };
            let head = format!("POST {PAGE} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.send(format!("{head}{chunk}0\r\n\r\n").as_bytes()).unwrap();
            assert_eq!(client.answer().unwrap().status, answer.status);
        }
    }
}

#[test]
fn a_client_that_waits_for_a_word_gets_it_before_its_answer() {
    for server in both(&[]) {
        let mut stream = connect(&server.address());
        write!(stream, "{UPLOAD}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n").unwrap();
        let mut word = [0; 25];
        stream.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"abc").unwrap();
        let answer = http::read(&mut BufReader::new(stream), "GET").unwrap();
        assert!([200, 404].contains(&answer.status), "{answer:?}");
        // Who does not wait, or speaks a version without it, gets the answer alone.
        for text in [
            format!("{UPLOAD}Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"),
            "POST /up HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc".into(),
        ] {
            let mut client = Client::new(&server.address());
            client.send(text.as_bytes()).unwrap();
            assert_eq!(client.answer().unwrap().status, answer.status);
        }
    }
}

#[test]
fn an_application_never_sees_a_body_that_its_client_did_not_finish() {
    for server in both(&[]) {
        for text in [
            format!("{UPLOAD}Content-Length: 10\r\n\r\nabc"),
            format!("{UPLOAD}Content-Length: 900000\r\n\r\n{}", "x".repeat(200_000)),
            format!("{UPLOAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
            format!("{UPLOAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"),
        ] {
            let mut stream = connect(&server.address());
            stream.write_all(text.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            assert_eq!(rest(stream), "");
        }
        // It has seen nothing before what it is asked for now.
        Client::new(&server.address()).get(PAGE).unwrap();
        let seen = seen(&server);
        assert!(seen.is_empty() || seen == format!("GET {PAGE}\n"), "{seen}");
    }
}
