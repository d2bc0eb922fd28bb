//! Answers that take their time.

use crate::support::server::wait_for;
use crate::wsgi::talk::{Talk, get};
use crate::wsgi::{let_go, noted, notes, trap};

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
