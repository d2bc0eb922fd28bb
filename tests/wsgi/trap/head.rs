//! What an application may put into the head of its answer.

use crate::wsgi::talk::{Talk, ask, get, request};
use crate::wsgi::trap;

#[test]
fn the_reason_is_the_applications() {
    let server = trap(&[]);
    assert_eq!(ask(&server.address(), &get("/reason")), "HTTP/1.1 299 Fine Indeed\ncontent-length: 0\n\n");
}

#[test]
fn a_value_goes_out_byte_for_byte() {
    let server = trap(&[]);
    assert_eq!(
        ask(&server.address(), &get("/latin")),
        "HTTP/1.1 200 OK\ncontent-length: 0\ncontent-type: text/plain\nx-name: caf\u{e9}\n\n"
    );
}

#[test]
fn an_odd_status_or_header_is_an_error_and_nothing_of_it_is_sent() {
    let server = trap(&[]);
    for odd in [
        "space", "colon", "empty", "split", "newline", "nul", "status", "line", "bytes", "word", "value",
        "long", "half", "length", "lengths",
    ] {
        let mut talk = Talk::to(&server.address());
        talk.send(get(&format!("/odd_head?{odd}")));
        let answer = talk.answer();
        assert_eq!(answer.line, "HTTP/1.1 500 Internal Server Error", "{odd}");
        let names: Vec<&str> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert!(
            !names.iter().any(|name| ["x", "x y", "x-y", "x-evil", "status"].contains(name)),
            "{names:?}"
        );
        server.logged(&format!("GET /odd_head?{odd}"), 1);
    }
}

#[test]
fn headers_of_the_connection_are_the_servers_alone_and_an_application_is_warned_once() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    for _ in 0..3 {
        talk.send(get("/hop"));
        assert_eq!(
            talk.answer().shown(),
            "HTTP/1.1 200 OK\ncontent-length: 3\ncontent-type: text/plain\n\nhop"
        );
    }
    server.logged("Keep-Alive", 1);
    let log = server.log();
    let warnings: Vec<&str> =
        log.lines().filter(|line| line.contains("[WARNING]") && line.contains("Keep-Alive")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
}

#[test]
fn an_answer_has_one_date_and_one_server() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/one"));
    let answer = talk.answer();
    let date = answer.field("date").unwrap();
    assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    assert!(answer.field("server").is_none_or(|name| name.starts_with("appserver")), "{answer:?}");
}

#[test]
fn a_head_request_gets_the_length_and_not_the_body() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    for (target, wanted) in [
        ("/closing", "HTTP/1.1 200 OK\ncontent-length: 7\ncontent-type: text/plain\n\n"),
        ("/reason", "HTTP/1.1 299 Fine Indeed\ncontent-length: 0\n\n"),
    ] {
        talk.send(request("HEAD", target, "", ""));
        assert_eq!(talk.answer_to("HEAD").shown(), wanted);
    }
    for target in ["/one", "/two", "/generated", "/large"] {
        talk.send(request("HEAD", target, "", ""));
        assert_eq!(talk.answer_to("HEAD").line, "HTTP/1.1 200 OK", "{target}");
    }
    talk.send(get("/closing"));
    assert_eq!(talk.answer().text(), "one two");
}

#[test]
fn an_answer_that_has_no_body_by_its_status_gets_none() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/status?204+No+Content"));
    assert_eq!(talk.answer().shown(), "HTTP/1.1 204 No Content\nx-kept: yes\n\n");
    talk.send(get("/status?304+Not+Modified"));
    let answer = talk.answer();
    assert_eq!((answer.line.as_str(), answer.field("x-kept")), ("HTTP/1.1 304 Not Modified", Some("yes")));
    assert_eq!(answer.field("transfer-encoding"), None);
    talk.send(get("/status?200+OK"));
    assert_eq!(talk.answer().shown(), "HTTP/1.1 200 OK\ncontent-length: 4\nx-kept: yes\n\nbody");
}
