//! Where an answer ends: lengths, chunks, closed connections, old clients.

use crate::wsgi::talk::{Talk, get};
use crate::wsgi::trap;

#[test]
fn an_answer_without_a_length_ends_where_it_ends_and_the_next_one_follows() {
    let server = trap(&["--threads", "2"]);
    let mut talk = Talk::to(&server.address());
    for (target, wanted) in
        [("/one", "one"), ("/two", "one two"), ("/generated", "one two"), ("/none", ""), ("/holes", "ab")]
    {
        talk.send(get(target));
        let answer = talk.answer();
        let framing = (answer.field("content-length").is_some(), answer.field("transfer-encoding"));
        assert!([(true, None), (false, Some("chunked"))].contains(&framing), "{}", answer.shown());
        assert_eq!((answer.status, answer.text().as_str()), (200, wanted), "{target}");
    }
}

#[test]
fn a_generated_answer_is_in_chunks_and_an_empty_part_is_not_their_end() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/holes"));
    assert_eq!(
        talk.head().shown(),
        "HTTP/1.1 200 OK\ncontent-type: text/plain\ntransfer-encoding: chunked\n\n"
    );
    let mut all = Vec::new();
    while let Some(chunk) = talk.chunk() {
        all.extend(chunk);
    }
    assert_eq!(all, b"ab");
}

#[test]
fn what_goes_beyond_the_length_is_not_sent() {
    let server = trap(&["--threads", "2"]);
    let mut talk = Talk::to(&server.address());
    for _ in 0..2 {
        talk.send(get("/too_long"));
        assert_eq!(
            talk.answer().shown(),
            "HTTP/1.1 200 OK\ncontent-length: 3\ncontent-type: text/plain\n\none"
        );
    }
}

#[test]
fn an_answer_shorter_than_its_length_closes_the_connection_and_is_logged() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/too_short") + &get("/one"));
    let head = talk.head();
    assert_eq!((head.line.as_str(), head.field("content-length")), ("HTTP/1.1 200 OK", Some("9")));
    assert_eq!(String::from_utf8_lossy(&talk.rest()), "one two");
    server.logged("GET /too_short", 1);
}

#[test]
fn a_part_that_is_not_bytes_is_an_error_and_not_sent() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/text"));
    let answer = talk.answer();
    assert_eq!(answer.line, "HTTP/1.1 500 Internal Server Error");
    assert!(!answer.text().contains("text, not bytes"), "{}", answer.shown());
    server.logged("GET /text", 1);
    let mut talk = Talk::to(&server.address());
    talk.send(get("/text_later"));
    assert_eq!(talk.head().field("transfer-encoding"), Some("chunked"));
    assert_eq!(String::from_utf8_lossy(&talk.rest()), "5\r\nbytes\r\n");
    server.logged("GET /text_later", 1);
}

#[test]
fn an_old_client_gets_no_chunks_but_an_end() {
    let server = trap(&["--threads", "2"]);
    for connection in ["", "Connection: keep-alive\r\n"] {
        let mut talk = Talk::to(&server.address());
        talk.send(format!("GET /generated HTTP/1.0\r\n{connection}\r\n"));
        let answer = talk.answer();
        assert!(answer.line == "HTTP/1.1 200 OK" || answer.line == "HTTP/1.0 200 OK", "{}", answer.shown());
        assert_eq!(answer.field("transfer-encoding"), None);
        assert_ne!(answer.field("connection"), Some("keep-alive"));
        assert_eq!(answer.text(), "one two");
    }
}

#[test]
fn an_old_clients_connection_is_kept_only_if_it_asks() {
    let server = trap(&["--threads", "2"]);
    let mut talk = Talk::to(&server.address());
    for _ in 0..2 {
        talk.send("GET /closing HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let answer = talk.answer();
        assert_eq!(answer.text(), "one two");
        assert!(answer.field("connection").is_some_and(|value| value.eq_ignore_ascii_case("keep-alive")));
    }
    talk.send("GET /closing HTTP/1.0\r\n\r\n");
    assert_eq!(talk.answer().text(), "one two");
    assert_eq!(talk.rest(), b"");
}

#[test]
fn a_client_that_wants_the_connection_closed_is_obeyed() {
    let server = trap(&["--threads", "2"]);
    let mut talk = Talk::to(&server.address());
    talk.send(crate::wsgi::talk::request("GET", "/closing", "Connection: close\r\n", ""));
    let answer = talk.answer();
    assert_eq!((answer.field("connection"), answer.text().as_str()), (Some("close"), "one two"));
    assert_eq!(talk.rest(), b"");
}
