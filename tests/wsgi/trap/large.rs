//! Bodies that are large.

use std::fs;

use sha2::{Digest, Sha256};

use crate::support::nginx::Nginx;
use crate::support::server::wait_for;
use crate::wsgi::talk::{Talk, body, get, request};
use crate::wsgi::{notes, trap};

/// More than any buffer between two programs.
const LARGE: usize = 5_000_000;

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_large_upload_comes_back_byte_for_byte() {
    let server = trap(&["--threads", "2"]);
    let body: Vec<u8> = (0..LARGE).map(|n| (n * n / 7) as u8).collect();
    let mut chunks = Vec::new();
    for part in body.chunks(70_000) {
        chunks.extend(format!("{:x}\r\n", part.len()).into_bytes());
        chunks.extend(part);
        chunks.extend(b"\r\n");
    }
    chunks.extend(b"0\r\n\r\n");
    let mut talk = Talk::to(&server.address());
    for (header, sent) in
        [(format!("Content-Length: {LARGE}\r\n"), &body), ("Transfer-Encoding: chunked\r\n".into(), &chunks)]
    {
        talk.send(request("POST", "/echo", &header, ""));
        talk.send(sent);
        let answer = talk.answer();
        assert_eq!((answer.status, answer.field("x-digest")), (200, Some(digest(&body).as_str())));
        assert!(answer.body == body, "{header}: {} bytes came back", answer.body.len());
    }
}

#[test]
fn a_large_answer_arrives_whole() {
    let server = trap(&["--threads", "2"]);
    let mut talk = Talk::to(&server.address());
    for target in ["/large", "/large?length"] {
        talk.send(get(target));
        let answer = talk.answer();
        assert_eq!((answer.status, answer.body.len()), (200, LARGE));
        assert_eq!(answer.field("x-digest"), Some(digest(&answer.body).as_str()));
    }
}

#[test]
fn a_client_that_reads_slowly_holds_no_thread() {
    let server = trap(&["--threads", "2"]);
    let address = server.address();
    let mut slow: Vec<Talk> = (0..8).map(|_| Talk::to(&address)).collect();
    for talk in &mut slow {
        talk.send(get("/large?length"));
    }
    let mut digests = Vec::new();
    for talk in &mut slow {
        digests.push(talk.head().field("x-digest").map(str::to_string));
    }
    assert_eq!(body(&address, "/one"), "one");
    for (talk, wanted) in slow.iter_mut().zip(digests) {
        assert_eq!(Some(digest(&talk.exactly(LARGE))), wanted);
    }
}

#[test]
fn a_large_answer_of_a_known_length_is_written_by_its_worker_and_logged_as_any_other() {
    let server = trap(&["--access-logfile", "-", "--access-logformat", "%(r)s %(s)s %(B)s"]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/counting"));
    assert_eq!(talk.answer().text(), "counting");
    for method in ["GET", "HEAD", "GET"] {
        talk.send(request(method, "/large?length", "", ""));
        let answer = talk.answer_to(method);
        assert_eq!((answer.status, answer.field("content-length")), (200, Some("5000000")));
        if method == "GET" {
            assert_eq!(answer.field("x-digest"), Some(digest(&answer.body).as_str()));
        }
    }
    let sent: usize =
        notes(&server).lines().map(|line| line["sent ".len()..].parse::<usize>().unwrap()).sum();
    assert!(sent > 1_000_000, "{sent} bytes");
    let lines = |method, bytes| format!("{method} /large?length HTTP/1.1 200 {bytes}\n");
    let wanted = [lines("GET", LARGE), lines("HEAD", 0), lines("GET", LARGE)].concat();
    wait_for("three lines", || {
        fs::read_to_string(server.path("out")).unwrap().ends_with(&wanted).then_some(())
    });
}

#[test]
fn large_parts_arrive_in_order_however_they_are_announced() {
    let server = trap(&[]);
    let whole = ["a", "b", "c"].map(|letter| letter.repeat(100_000)).concat();
    let mut talk = Talk::to(&server.address());
    for target in ["/parts", "/parts?length", "/parts?hint", "/parts?hint-length"] {
        talk.send(get(target));
        if target.contains("hint") {
            assert_eq!(talk.head().status, 103);
        }
        assert!(talk.answer().text() == whole, "{target}");
    }
}

#[test]
fn what_is_beyond_the_announced_length_never_reaches_the_next_answer() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/surplus"));
    assert_eq!(talk.answer().body.len(), 70_000);
    talk.send(get("/one"));
    assert_eq!(talk.answer().text(), "one");
}

#[test]
fn a_large_answer_arrives_whole_through_the_gateway_protocols() {
    let params = ["REQUEST_METHOD $request_method", "REQUEST_URI $request_uri", "PATH_INFO $document_uri"];
    let params = [&params[..], &["QUERY_STRING $query_string", "SERVER_PROTOCOL $server_protocol"]].concat();
    for protocol in ["uwsgi", "fastcgi"] {
        let server = trap(&["--protocol", protocol]);
        let params: String = params.iter().map(|param| format!("{protocol}_param {param};\n")).collect();
        let nginx = Nginx::before(&server, "", &format!("location / {{ {protocol}_pass up;\n{params} }}"));
        let answer = nginx.all(request("GET", "/large?length", "Connection: close\r\n", ""));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("X-Digest: {}", digest(body.as_bytes()))), "{protocol}: {head}");
    }
}

#[test]
fn of_a_worker_that_dies_while_it_writes_the_client_gets_nothing_but_the_beginning_of_the_answer() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/dies"));
    server.logged("exited with status 1", 1);
    let head = talk.head();
    assert_eq!((head.status, head.field("content-length")), (200, Some("50000000")));
    let came = talk.rest();
    assert!(came.len() < 50_000_000 && came.iter().all(|byte| *byte == b'x'), "{} bytes", came.len());
    assert_eq!(body(&server.address(), "/one"), "one");
}
