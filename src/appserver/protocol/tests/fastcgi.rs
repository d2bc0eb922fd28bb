//! Records of FastCGI.

use bytes::BytesMut;

use super::super::fastcgi::{self, Decoder, Event};
use crate::appserver::http::Refusal;

const BEGIN: u8 = 1;
const ABORT: u8 = 2;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;

/// A record with `padding` bytes after its content.
pub fn record(kind: u8, id: u8, content: &[u8], padding: u8) -> Vec<u8> {
    let length = (content.len() as u16).to_be_bytes();
    [&[1, kind, 0, id], &length[..], &[padding, 0], content, &vec![0xee; padding.into()]].concat()
}

/// Variables in the protocol's own form.
pub fn pairs(pairs: &[(&str, &str)]) -> Vec<u8> {
    let length = |part: &str| match part.len() {
        short @ 0..128 => vec![short as u8],
        long => (long as u32 | 1 << 31).to_be_bytes().to_vec(),
    };
    pairs
        .iter()
        .flat_map(|(name, value)| {
            [length(name), length(value), name.as_bytes().to_vec(), value.as_bytes().to_vec()]
        })
        .flatten()
        .collect()
}

fn begin(id: u8, role: u8, flags: u8) -> Vec<u8> {
    record(BEGIN, id, &[0, role, flags, 0, 0, 0, 0, 0], 0)
}

/// A request with `vars` and `body`, each in one record.
fn request(vars: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let body = if body.is_empty() { Vec::new() } else { record(STDIN, 1, body, 0) };
    [
        begin(1, 1, 1),
        record(PARAMS, 1, &pairs(vars), 3),
        record(PARAMS, 1, b"", 0),
        body,
        record(STDIN, 1, b"", 0),
    ]
    .concat()
}

/// Every event of `bytes`, in short, up to the first refusal.
pub fn events(decoder: &mut Decoder, bytes: &[u8]) -> (Vec<String>, Option<Refusal>) {
    let (mut input, mut found) = (BytesMut::from(bytes), Vec::new());
    loop {
        match decoder.next(&mut input) {
            Ok(Some(event)) => found.push(short(&event)),
            Ok(None) => return (found, None),
            Err(refusal) => return (found, Some(refusal)),
        }
    }
}

pub fn short(event: &Event) -> String {
    match event {
        Event::Request(request) => {
            let vars: Vec<String> = request
                .vars
                .iter()
                .map(|(name, value)| format!("{}={}", name.escape_ascii(), value.escape_ascii()))
                .collect();
            format!("request {} {} {}", request.id, request.keeps_alive, vars.join(" "))
        }
        Event::Body(bytes) => format!("body {}", bytes.escape_ascii()),
        Event::Reply(bytes) => format!("reply {}", bytes.escape_ascii()),
        Event::End => "end".into(),
        Event::Abort => "abort".into(),
    }
}

fn read(bytes: &[u8]) -> (Vec<String>, Option<Refusal>) {
    events(&mut Decoder::default(), bytes)
}

#[test]
fn a_request_is_its_variables_its_body_and_its_end() {
    let long = "x".repeat(200);
    let vars = [("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "5"), ("HTTP_X", &long)];
    let said = format!("request 1 true REQUEST_METHOD=POST CONTENT_LENGTH=5 HTTP_X={long}");
    assert_eq!(read(&request(&vars, b"hello")), (vec![said, "body hello".into(), "end".into()], None));
}

#[test]
fn a_connection_carries_one_request_after_the_other() {
    let mut decoder = Decoder::default();
    for path in ["/1", "/2"] {
        let (found, refusal) = events(&mut decoder, &request(&[("PATH_INFO", path)], b""));
        assert_eq!(found, [format!("request 1 true PATH_INFO={path}"), "end".into()]);
        assert_eq!(refusal, None);
        decoder.finish();
    }
}

#[test]
fn a_second_request_at_once_and_another_role_are_answered_with_a_refusal() {
    let (found, refusal) = read(&[begin(1, 1, 0), begin(2, 1, 0), record(PARAMS, 2, b"??", 0)].concat());
    assert_eq!(
        found,
        ["reply \\x01\\x03\\x00\\x02\\x00\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00"]
    );
    assert_eq!(refusal, None);
    let (found, refusal) = read(&[begin(1, 2, 0), record(PARAMS, 1, b"??", 0)].concat());
    assert_eq!(
        found,
        ["reply \\x01\\x03\\x00\\x01\\x00\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x03\\x00\\x00\\x00"]
    );
    assert_eq!(refusal, None);
}

#[test]
fn a_request_that_is_not_wanted_any_more_is_told_or_ended() {
    let whole = [request(&[("A", "b")], b""), record(ABORT, 1, b"", 0)].concat();
    assert_eq!(read(&whole).0, ["request 1 true A=b", "end", "abort"]);
    let half = [begin(1, 1, 0), record(ABORT, 1, b"", 0)].concat();
    assert_eq!(
        read(&half).0,
        ["reply \\x01\\x03\\x00\\x01\\x00\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"]
    );
}

#[test]
fn what_is_asked_of_the_connection_is_answered() {
    assert_eq!(
        read(&record(9, 0, &pairs(&[("FCGI_MPXS_CONNS", "")]), 0)).0,
        ["reply \\x01\\n\\x00\\x00\\x00\\x12\\x00\\x00\\x0f\\x01FCGI_MPXS_CONNS0"]
    );
    assert_eq!(
        read(&record(77, 0, b"", 0)).0,
        ["reply \\x01\\x0b\\x00\\x00\\x00\\x08\\x00\\x00M\\x00\\x00\\x00\\x00\\x00\\x00\\x00"]
    );
}

#[test]
fn what_is_no_request_is_refused() {
    let started = |rest: Vec<u8>| read(&[begin(1, 1, 0), rest].concat()).1;
    assert_eq!(read(b"GET / HTTP/1.1\r\n").1, Some(Refusal::Packet));
    assert_eq!(read(&record(BEGIN, 1, b"\0\x01", 0)).1, Some(Refusal::Packet));
    assert_eq!(started(begin(1, 1, 0)), Some(Refusal::Packet));
    assert_eq!(started(record(STDIN, 1, b"a", 0)), Some(Refusal::Packet));
    assert_eq!(started(record(8, 1, b"a", 0)), Some(Refusal::Packet));
    assert_eq!(
        started([record(PARAMS, 1, b"\x05\x05a", 0), record(PARAMS, 1, b"", 0)].concat()),
        Some(Refusal::Packet)
    );
    assert_eq!(started(record(PARAMS, 1, &[0; 65535], 0).repeat(17)), Some(Refusal::HeadTooLarge));
    for body in ["", "hell", "hello!"] {
        let (found, refusal) = read(&request(&[("CONTENT_LENGTH", "5")], body.as_bytes()));
        assert_eq!((found.contains(&"end".into()), refusal), (false, Some(Refusal::Packet)), "{body:?}");
    }
}

#[test]
fn an_answer_is_records_and_its_end() {
    let mut out = BytesMut::new();
    fastcgi::stdout(&mut out, 1, b"Status: 200 OK\r\n\r\n");
    fastcgi::stdout(&mut out, 1, b"");
    fastcgi::stderr(&mut out, 1, b"oh");
    fastcgi::end(&mut out, 1, 258);
    let wanted = [
        record(6, 1, b"Status: 200 OK\r\n\r\n", 0),
        record(7, 1, b"oh", 0),
        record(6, 1, b"", 0),
        record(3, 1, &[0, 0, 1, 2, 0, 0, 0, 0], 0),
    ];
    assert_eq!(out, wanted.concat());
    let mut out = BytesMut::new();
    fastcgi::stdout(&mut out, 1, &[7; 65536]);
    assert_eq!(out, [record(6, 1, &[7; 65535], 0), record(6, 1, &[7], 0)].concat());
}
