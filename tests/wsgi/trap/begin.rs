//! How an answer is begun: early, late, twice, never.

use crate::wsgi::talk::{Talk, ask, body, get};
use crate::wsgi::{let_go, noted, trap};

#[test]
fn an_application_may_begin_its_answer_as_late_as_its_first_part() {
    let server = trap(&[]);
    assert_eq!(
        ask(&server.address(), &get("/late")),
        "HTTP/1.1 203 Late\ncontent-type: text/plain\ntransfer-encoding: chunked\nx-late: yes\n\nlate start"
    );
}

#[test]
fn an_application_that_never_begins_its_answer_is_answered_for() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/never"));
    let answer = talk.answer();
    assert_eq!(answer.line, "HTTP/1.1 500 Internal Server Error");
    assert!(!answer.text().contains("no one began this"), "{}", answer.shown());
    server.logged("GET /never", 1);
    assert_eq!(body(&server.address(), "/wsgi").lines().count(), 6);
}

#[test]
fn nothing_is_sent_before_the_first_part_with_bytes_so_a_failure_can_change_the_head() {
    let server = trap(&[]);
    assert_eq!(
        ask(&server.address(), &get("/changed_mind")),
        "HTTP/1.1 503 Not Now\ncontent-type: text/plain\ntransfer-encoding: chunked\nx-second: yes\n\nsorry"
    );
}

#[test]
fn a_failure_before_the_head_is_sent_replaces_all_of_it() {
    let server = trap(&[]);
    assert_eq!(
        ask(&server.address(), &get("/replaced")),
        "HTTP/1.1 503 Not Now\ncontent-length: 5\ncontent-type: text/plain\nx-second: yes\n\nsorry"
    );
}

#[test]
fn a_failure_after_the_head_is_sent_is_raised_again_and_breaks_the_answer_off() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/too_late"));
    assert_eq!(talk.head().line, "HTTP/1.1 200 OK");
    assert_eq!(String::from_utf8_lossy(&talk.rest()), "4\r\nsent\r\n");
    noted(&server, "raised again: a part failed\n");
    server.logged("ValueError: a part failed", 1);
}

#[test]
fn beginning_twice_without_a_failure_is_an_error_of_the_application() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/twice"));
    let answer = talk.answer();
    assert_eq!((answer.line.as_str(), answer.field("x-first")), ("HTTP/1.1 200 OK", Some("yes")));
    assert_eq!(answer.text(), "first");
    noted(&server, "asserted\n");
}

#[test]
fn a_failure_that_is_no_exc_info_is_rejected() {
    let server = trap(&[]);
    assert!(
        ask(&server.address(), &get("/odd_exc_info")).starts_with("HTTP/1.1 500 Internal Server Error\n")
    );
    noted(&server, "rejected\n");
}

#[test]
fn a_failure_that_was_told_keeps_nothing_alive() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    for _ in 0..3 {
        talk.send(get("/kept"));
        let answer = talk.answer();
        assert_eq!((answer.field("x-before"), answer.text()), (Some("gone"), "thing".to_string()));
    }
}

#[test]
fn what_is_written_goes_out_at_once_and_before_what_is_returned() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/write"));
    assert_eq!(
        talk.head().shown(),
        "HTTP/1.1 200 OK\ncontent-type: text/plain\ntransfer-encoding: chunked\n\n"
    );
    assert_eq!(talk.chunk(), Some(b"one ".to_vec()));
    let_go(&server, "go");
    let mut rest = Vec::new();
    while let Some(chunk) = talk.chunk() {
        rest.extend(chunk);
    }
    assert_eq!(rest, b"two three");
}

#[test]
fn hints_arrive_before_the_answer_and_only_where_they_are_understood() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/hints"));
    assert_eq!(talk.head().shown(), "HTTP/1.1 103 Early Hints\nlink: </style.css>; rel=preload\n\n");
    let page = "200 OK\ncontent-length: 4\ncontent-type: text/plain\n\npage";
    assert_eq!(talk.answer().shown(), format!("HTTP/1.1 {page}"));
    let mut old = Talk::to(&server.address());
    old.send("GET /hints HTTP/1.0\r\n\r\n");
    let answer = old.answer();
    assert_eq!((answer.status, answer.text()), (200, "page".to_string()));
}
