//! The end of an answer: `close` is called once, whatever happened.

use crate::support::server::wait_for;
use crate::wsgi::talk::{Talk, ask, body, get, request};
use crate::wsgi::{let_go, noted, notes, trap};

#[test]
fn close_is_called_once_after_a_get_and_after_a_head() {
    let server = trap(&[]);
    let address = server.address();
    assert_eq!(body(&address, "/closing"), "one two");
    noted(&server, "closed\n");
    ask(&address, &request("HEAD", "/closing", "", ""));
    noted(&server, "closed\nclosed\n");
    body(&address, "/wsgi");
    noted(&server, "closed\nclosed\n");
}

#[test]
fn close_is_called_after_the_last_byte_was_handed_over() {
    let server = trap(&[]);
    assert_eq!(body(&server.address(), "/closing_late"), "one");
    assert_eq!(notes(&server), "");
    let_go(&server, "go");
    noted(&server, "closed\n");
}

#[test]
fn an_error_after_the_first_part_breaks_the_answer_off_and_close_is_called_once() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/closing_error"));
    assert_eq!(talk.head().line, "HTTP/1.1 200 OK");
    assert_eq!(String::from_utf8_lossy(&talk.rest()), "4\r\none \r\n");
    noted(&server, "closed\n");
    server.logged("RuntimeError: in the middle", 1);
    server.logged("GET /closing_error", 1);
    body(&server.address(), "/wsgi");
    noted(&server, "closed\n");
}

#[test]
fn close_is_called_once_when_the_client_goes_away() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/closing_endless"));
    assert_eq!(talk.head().line, "HTTP/1.1 200 OK");
    noted(&server, "begun\n");
    drop(talk);
    noted(&server, "begun\nclosed\n");
    body(&server.address(), "/wsgi");
    noted(&server, "begun\nclosed\n");
}

#[test]
fn an_exception_is_a_500_with_the_traceback_and_the_request_in_the_log_alone() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/broken?x=1"));
    let answer = talk.answer();
    assert_eq!(answer.line, "HTTP/1.1 500 Internal Server Error");
    assert!(!answer.text().contains("broken"), "{}", answer.shown());
    server.logged("RuntimeError: this part is broken", 1);
    let log = server.log();
    let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("no {text} in:\n{log}"));
    assert!(at("GET /broken?x=1") < at("Traceback (most recent call last):"), "{log}");
    assert!(at("trap.py\", line ") < at("RuntimeError: this part is broken"), "{log}");
    assert_eq!(body(&server.address(), "/one"), "one");
}

#[test]
fn an_application_that_wants_to_exit_is_answered_for_and_begun_anew() {
    for how in ["exit", "interrupt"] {
        let mut server = trap(&["--threads", "2"]);
        let address = server.address();
        let before = body(&address, "/pid");
        let mut talk = Talk::to(&address);
        talk.send(get(&format!("/leave?{how}")));
        assert_eq!(talk.answer().line, "HTTP/1.1 500 Internal Server Error", "{how}");
        server.logged(&format!("GET /leave?{how}"), 1);
        wait_for("a new worker", || (body(&address, "/pid") != before).then_some(()));
        assert_eq!(server.child.try_wait().unwrap(), None);
    }
}
