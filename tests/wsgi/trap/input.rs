//! The body of a request: how it is read, when it is asked for, when it is refused.

use crate::wsgi::talk::{Talk, ask, get, post, request};
use crate::wsgi::{let_go, noted, notes, trap};

fn text(body: &str) -> String {
    format!("HTTP/1.1 200 OK\ncontent-length: {}\ncontent-type: text/plain\n\n{body}", body.len())
}

#[test]
fn the_input_reads_as_a_file_does_and_never_past_its_end() {
    let server = trap(&[]);
    let address = server.address();
    for (steps, wanted) in [
        ("read&read&read=5", r#"["ab\ncde\n\nf", "", ""]"#),
        ("read=2&read=0&read=99&read=1", r#"["ab", "", "\ncde\n\nf", ""]"#),
        ("read=-1&readline&readlines", r#"["ab\ncde\n\nf", "", []]"#),
        ("readline&readline&readline&readline&readline", r#"["ab\n", "cde\n", "\n", "f", ""]"#),
        ("readline=2&readline=9&readline=0&readline=-1", r#"["ab", "\n", "", "cde\n"]"#),
        ("readlines&readlines", r#"[["ab\n", "cde\n", "\n", "f"], []]"#),
        ("readlines=1&read", r#"[["ab\n"], "cde\n\nf"]"#),
        ("readlines=4&readline", r#"[["ab\n", "cde\n"], "\n"]"#),
        ("readline&iter&iter&read", r#"["ab\n", ["cde\n", "\n", "f"], [], ""]"#),
    ] {
        assert_eq!(ask(&address, &post(&format!("/input?{steps}"), "ab\ncde\n\nf")), text(wanted), "{steps}");
    }
    let chunked = request(
        "POST",
        "/input?readlines",
        "Transfer-Encoding: chunked\r\n",
        "1\r\na\r\n4\r\nb\ncd\r\n0\r\n\r\n",
    );
    assert_eq!(ask(&address, &chunked), text(r#"[["ab\n", "cd"]]"#));
    assert_eq!(
        ask(&address, &get("/input?read&readline&readlines&iter&read=3")),
        text(r#"["", "", [], [], ""]"#)
    );
}

#[test]
fn a_body_that_no_one_reads_is_not_taken_for_the_next_request() {
    let server = trap(&["--threads", "2"]);
    let mut talk = Talk::to(&server.address());
    talk.send(post("/untouched", "GET /pid HTTP/1.1\r\n\r\n"));
    talk.send(get("/untouched?2"));
    assert_eq!(talk.answer().shown(), text("not read"));
    assert_eq!(talk.answer().shown(), text("not read"));
}

#[test]
fn requests_sent_at_once_are_answered_in_their_order() {
    let server = trap(&["--threads", "4"]);
    let mut talk = Talk::to(&server.address());
    let bodies: Vec<String> = (0..20).map(|n| format!("number {n}")).collect();
    talk.send(bodies.iter().map(|body| post("/length", body)).collect::<String>());
    for body in &bodies {
        assert_eq!(talk.answer().shown(), text(body));
    }
}

#[test]
fn a_client_that_waits_before_its_body_is_told_to_go_on() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send(request("POST", "/length", "Content-Length: 3\r\nExpect: 100-Continue\r\n", ""));
    let interim = talk.head();
    assert_eq!((interim.line.as_str(), interim.fields), ("HTTP/1.1 100 Continue", vec![]));
    talk.send("abc");
    assert_eq!(talk.answer().shown(), text("abc"));
    talk.send(request("POST", "/length", "Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"));
    let answer = talk.answer();
    let answer = if answer.status == 100 { talk.answer() } else { answer };
    assert_eq!(answer.shown(), text("abc"));
}

#[test]
fn an_old_client_is_never_told_to_go_on() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send("POST /length HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
    let answer = talk.answer();
    assert_eq!((answer.status, answer.text()), (200, "abc".to_string()));
}

#[test]
fn a_body_that_will_be_refused_is_not_asked_for() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    let headers = "Content-Length: 3\r\nContent-Length: 4\r\nExpect: 100-continue\r\n";
    talk.send(request("POST", "/length", headers, ""));
    assert_eq!(talk.answer().line, "HTTP/1.1 400 Bad Request");
}

#[test]
fn another_expectation_fails() {
    let server = trap(&[]);
    let headers = "Content-Length: 3\r\nExpect: miracles\r\n";
    let mut talk = Talk::to(&server.address());
    talk.send(request("POST", "/length", headers, ""));
    assert_eq!(talk.answer().line, "HTTP/1.1 417 Expectation Failed");
}

#[test]
fn an_application_never_sees_a_body_that_was_cut_off() {
    let server = trap(&[]);
    for cut in [
        request("POST", "/ask_first", "Content-Length: 9\r\n", "abc"),
        request("POST", "/ask_first", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"),
        request("POST", "/ask_first", "Transfer-Encoding: chunked\r\n", "9\r\nabc"),
    ] {
        let mut talk = Talk::to(&server.address());
        talk.send(&cut);
        talk.stop_sending();
        let said = String::from_utf8(talk.rest()).unwrap();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{cut:?} was answered {said:?}");
    }
    assert_eq!(notes(&server), "");
}

#[test]
fn broken_chunks_are_refused() {
    let server = trap(&[]);
    for chunks in [
        "x\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        "ffffffffffffffff1\r\nabc\r\n0\r\n\r\n",
    ] {
        let mut talk = Talk::to(&server.address());
        talk.send(request("POST", "/ask_first", "Transfer-Encoding: chunked\r\n", chunks));
        assert_eq!(talk.answer().line, "HTTP/1.1 400 Bad Request", "{chunks:?}");
    }
    assert_eq!(notes(&server), "");
}

#[test]
fn a_length_beside_chunks_or_no_number_is_refused() {
    let server = trap(&[]);
    for headers in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: -3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: 1_0\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length : 3\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "X-Folded: a\r\n b\r\n",
        "X-Nul: a\0b\r\n",
    ] {
        let mut talk = Talk::to(&server.address());
        talk.send(request("POST", "/ask_first", headers, ""));
        let answer = talk.answer();
        assert!([400, 501].contains(&answer.status), "{headers:?}: {}", answer.shown());
        assert_eq!(talk.rest(), b"", "{headers:?}");
    }
    assert_eq!(notes(&server), "");
}

#[test]
fn clients_that_send_slowly_keep_no_one_waiting() {
    let server = trap(&["--threads", "2"]);
    let address = server.address();
    let mut slow: Vec<Talk> = (0..20).map(|_| Talk::to(&address)).collect();
    for talk in &mut slow {
        talk.send(request("POST", "/length", "Content-Length: 3\r\n", "a"));
    }
    assert_eq!(ask(&address, &post("/length", "quick")), text("quick"));
    for talk in &mut slow {
        talk.send("bc");
        assert_eq!(talk.answer().shown(), text("abc"));
    }
}

#[test]
fn a_slow_request_holds_no_other_back_while_a_thread_is_free() {
    let server = trap(&["--threads", "2"]);
    let address = server.address();
    let mut slow = Talk::to(&address);
    slow.send(post("/ask_first", "slow"));
    noted(&server, "called\n");
    for _ in 0..20 {
        assert_eq!(ask(&address, &post("/length", "quick")), text("quick"));
    }
    let_go(&server, "go");
    assert_eq!(slow.answer().shown(), text("slow"));
}

#[test]
fn a_server_of_one_thread_takes_requests_one_after_the_other() {
    let server = trap(&[]);
    let address = server.address();
    let mut first = Talk::to(&address);
    first.send(post("/ask_first", "first"));
    noted(&server, "called\n");
    let mut second = Talk::to(&address);
    second.send(post("/length", "second"));
    let_go(&server, "go");
    assert_eq!(first.answer().shown().replace("connection: close\n", ""), text("first"));
    assert_eq!(second.answer().shown().replace("connection: close\n", ""), text("second"));
}
