//! Files that an application hands over.

use std::fs;

use crate::support::server::Server;
use crate::wsgi::talk::{Talk, ask, body, get, request};
use crate::wsgi::{noted, notes, trap};

/// Ten thousand bytes, each place known by its number.
fn page() -> String {
    (0..2500).map(|n| format!("{n:04}")).collect()
}

fn with_page() -> Server {
    let server = trap(&["--threads", "2"]);
    fs::write(server.path("page"), page()).unwrap();
    server
}

#[test]
fn a_file_is_sent_from_where_it_was_read_to_and_then_closed() {
    let server = with_page();
    let address = server.address();
    assert_eq!(body(&address, "/file?"), page());
    noted(&server, "closed\n");
    assert_eq!(body(&address, "/file?from=4321"), page()[4321..]);
    noted(&server, "closed\nclosed\n");
    assert_eq!(body(&address, "/file?from=10000"), "");
    noted(&server, "closed\nclosed\nclosed\n");
}

#[test]
fn a_file_that_was_read_through_a_buffer_loses_no_byte() {
    let server = with_page();
    let text = body(&server.address(), "/file?buffered&from=10");
    assert!(text == page()[10..], "{} bytes from {:?}", text.len(), text.get(..8));
}

#[test]
fn a_file_is_cut_at_the_length_and_the_connection_goes_on() {
    let server = with_page();
    let mut talk = Talk::to(&server.address());
    for _ in 0..2 {
        talk.send(get("/file?from=4&length=4000"));
        assert_eq!(
            talk.answer().shown(),
            format!(
                "HTTP/1.1 200 OK\ncontent-length: 4000\ncontent-type: text/plain\n\n{}",
                &page()[4..4004]
            )
        );
    }
}

#[test]
fn a_file_shorter_than_the_length_closes_the_connection() {
    let server = with_page();
    let mut talk = Talk::to(&server.address());
    talk.send(get("/file?from=9990&length=4000"));
    assert_eq!(talk.head().field("content-length"), Some("4000"));
    assert_eq!(String::from_utf8_lossy(&talk.rest()), page()[9990..]);
}

#[test]
fn a_file_that_is_wrapped_again_is_sent_as_the_wrapper_makes_it() {
    let server = with_page();
    fs::write(server.path("page"), "small letters").unwrap();
    assert_eq!(body(&server.address(), "/file?upper"), "SMALL LETTERS");
}

#[test]
fn a_file_of_memory_is_sent_too() {
    let server = with_page();
    let address = server.address();
    assert_eq!(body(&address, "/file?memory&from=3"), page()[3..]);
    assert_eq!(
        ask(&address, &get("/file?memory&length=10000")),
        format!("HTTP/1.1 200 OK\ncontent-length: 10000\ncontent-type: text/plain\n\n{}", page())
    );
}

#[test]
fn a_head_request_for_a_file_sends_none_of_it_and_closes_it() {
    let server = with_page();
    let mut talk = Talk::to(&server.address());
    talk.send(request("HEAD", "/file?length=10000", "", "") + &get("/file?from=9996&length=4"));
    assert_eq!(
        talk.answer_to("HEAD").shown(),
        "HTTP/1.1 200 OK\ncontent-length: 10000\ncontent-type: text/plain\n\n"
    );
    assert_eq!(talk.answer().text(), "2499");
    noted(&server, "closed\nclosed\n");
    assert_eq!(notes(&server), "closed\nclosed\n");
}
