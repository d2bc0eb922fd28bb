//! Answers that take their time and bodies that are large.

use sha2::{Digest, Sha256};

use crate::support::server::wait_for;
use crate::wsgi::talk::{Talk, get, request};
use crate::wsgi::{let_go, noted, notes, trap};

/// More than any buffer between two programs.
const LARGE: usize = 5_000_000;

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_part_leaves_before_the_next_is_asked_for() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/stream"));
    assert_eq!(
        talk.head().shown(),
        "HTTP/1.1 200 OK\ncontent-type: text/plain\ntransfer-encoding: chunked\n\n"
    );
    let mut made = String::new();
    for word in ["one", "two", "three"] {
        assert_eq!(talk.chunk().map(String::from_utf8), Some(Ok(word.to_string())));
        made += &format!("made {word}\n");
        assert_eq!(notes(&server), made);
        let_go(&server, &format!("after-{word}"));
    }
    assert_eq!(talk.chunk(), None);
}

#[test]
fn parts_of_a_known_length_leave_one_by_one_too() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/events"));
    assert_eq!(
        talk.head().shown(),
        "HTTP/1.1 200 OK\ncontent-length: 20\ncontent-type: text/event-stream\n\n"
    );
    assert_eq!(talk.exactly(9), b"data: 1\n\n");
    let_go(&server, "go");
    assert_eq!(talk.exactly(11), b"data: 2\n\nx\n");
}

#[test]
fn an_answer_does_not_wait_for_the_request_that_its_worker_takes_next() {
    let server = trap(&[]);
    let mut talks = ["/waits?first", "/pid", "/waits?second"].map(|target| {
        let mut talk = Talk::to(&server.address());
        talk.send(get(target));
        talk
    });
    noted(&server, "begun first\n");
    let_go(&server, "first");
    assert_eq!(talks[0].answer().text(), "first");
    assert_eq!(talks[1].answer().status, 200);
    noted(&server, "begun first\nover first\nbegun second\n");
    let_go(&server, "second");
    assert_eq!(talks[2].answer().text(), "second");
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
    for talk in &mut slow {
        assert_eq!(talk.head().field("content-length"), Some("5000000"));
    }
    assert_eq!(crate::wsgi::talk::body(&address, "/one"), "one");
    for talk in &mut slow {
        assert_eq!(talk.exactly(LARGE).len(), LARGE);
    }
}

#[test]
fn a_stream_goes_on_beside_other_requests() {
    let server = trap(&["--threads", "2"]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/stream"));
    assert_eq!(talk.head().status, 200);
    noted(&server, "made one\n");
    assert_eq!(crate::wsgi::talk::body(&server.address(), "/one"), "one");
    for word in ["one", "two", "three"] {
        let_go(&server, &format!("after-{word}"));
    }
    let mut count = 0;
    while talk.chunk().is_some() {
        count += 1;
    }
    assert!((1..=3).contains(&count), "{count} chunks");
    wait_for("all notes", || (notes(&server).lines().count() == 3).then_some(()));
}
