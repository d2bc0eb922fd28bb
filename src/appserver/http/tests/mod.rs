//! What is refused and what is read, as bytes.

mod answer;
mod chunked;
mod property;
mod reject;
mod table;

use bytes::{Bytes, BytesMut};

use super::*;

/// The head at the front of `text`, and what follows it.
fn take(text: &[u8], rules: &Rules) -> Result<Option<(Head, Vec<u8>)>, Refusal> {
    let mut buffer = BytesMut::from(text);
    let head = Head::take(&mut buffer, &mut Reader::default(), rules)?;
    Ok(head.map(|head| (head, buffer.to_vec())))
}

fn refused(text: impl AsRef<[u8]>) -> Option<Refusal> {
    take(text.as_ref(), &Rules::default()).err()
}

/// A request with one more line among its fields.
fn with(line: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n")
}

#[test]
fn a_head_says_what_was_sent_and_the_rest_stays() {
    let sent = b"POST /a%20b?x=1?y HTTP/1.1\r\nHost: web-01:80\r\nContent-Length:  5 \r\nX-Odd: \xff\t1\r\n\r\nhello";
    let (head, rest) = take(sent, &Rules::default()).unwrap().unwrap();
    assert_eq!(rest, b"hello");
    assert_eq!((head.method(), head.version(), head.framing), ("POST", Version::Http11, Framing::Length(5)));
    assert_eq!(
        (head.line(), head.target(), head.path(), head.query()),
        (&b"POST /a%20b?x=1?y HTTP/1.1"[..], &b"/a%20b?x=1?y"[..], &b"/a%20b"[..], &b"x=1?y"[..])
    );
    let fields: Vec<_> = head.fields().collect();
    assert_eq!(
        fields,
        [(&b"Host"[..], &b"web-01:80"[..]), (b"Content-Length", b"5"), (b"X-Odd", b"\xff\t1")]
    );
    assert_eq!((head.host(), head.field("x-odd")), (Some(&b"web-01:80"[..]), Some(&b"\xff\t1"[..])));
    assert_eq!((head.field("cookie"), head.shared(head.query())), (None, Bytes::from_static(b"x=1?y")));
    assert!(head.keeps_alive && !head.expects_continue);
}

#[test]
fn pipelined_heads_are_taken_one_by_one() {
    let mut buffer = BytesMut::from(&b"\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\n"[..]);
    let mut reader = Reader::default();
    let mut paths = Vec::new();
    while let Some(head) = Head::take(&mut buffer, &mut reader, &Rules::default()).unwrap() {
        paths.push((String::from_utf8(head.path().to_vec()).unwrap(), head.version()));
    }
    assert_eq!(paths, [("/1".into(), Version::Http11), ("/2".into(), Version::Http10)]);
    assert!(buffer.is_empty());
}

#[test]
fn a_target_with_a_host_is_reduced_to_its_path() {
    let read = |target: &str| {
        let text = format!("GET {target} HTTP/1.1\r\nHost: other\r\n\r\n");
        let (head, _) = take(text.as_bytes(), &Rules::default()).unwrap().unwrap();
        [head.host().unwrap(), head.path(), head.query()].map(|part| String::from_utf8(part.into()).unwrap())
    };
    assert_eq!(read("http://a:80/b?c"), ["a:80", "/b", "c"]);
    assert_eq!(read("HTTPS://[::1]"), ["[::1]", "/", ""]);
    assert_eq!(read("http://a?b/c"), ["a", "/", "b/c"]);
    assert_eq!(read("//evil/x"), ["other", "//evil/x", ""]);
}

#[test]
fn a_connection_stays_open_as_its_version_and_its_field_say() {
    let keeps = |version: &str, field: &str| {
        let text = format!("GET / {version}\r\nHost: a\r\n{field}\r\n\r\n");
        take(text.as_bytes(), &Rules::default()).unwrap().unwrap().0.keeps_alive
    };
    assert!(keeps("HTTP/1.1", "A: b") && keeps("HTTP/1.1", "Connection: x, upgrade"));
    assert!(!keeps("HTTP/1.1", "Connection: x, Close"));
    assert!(!keeps("HTTP/1.0", "A: b") && keeps("HTTP/1.0", "Connection: Keep-Alive"));
    assert!(!keeps("HTTP/1.0", "Connection: keep-alive\r\nConnection: close"));
}

#[test]
fn only_a_body_that_waits_for_a_word_gets_one() {
    let waits = |text: &str| take(text.as_bytes(), &Rules::default()).unwrap().unwrap().0.expects_continue;
    assert!(waits(&with("Content-Length: 3\r\nExpect: 100-Continue")));
    assert!(waits(&with("Transfer-Encoding: chunked\r\nExpect: 100-continue")));
    assert!(!waits(&with("Content-Length: 0\r\nExpect: 100-continue")));
    assert!(!waits(&with("Expect: 100-continue")));
    assert!(!waits("POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: the moon\r\n\r\n"));
}

#[test]
fn limits_hold_before_a_head_is_whole() {
    let rules = Rules { line: 20, fields: 2, field_bytes: 10, ..Rules::default() };
    let said = |text: &str| take(text.as_bytes(), &rules).map(|head| head.is_some());
    assert_eq!(said("GET /23456 HTTP/1.1\r"), Ok(false));
    assert_eq!(said("GET /23456 HTTP/1.12"), Ok(false));
    assert_eq!(said("GET /23456 HTTP/1.123"), Err(Refusal::LineTooLong));
    assert_eq!(said("GET / HTTP/1.1\r\nHost: 7890\r"), Ok(false));
    assert_eq!(said("GET / HTTP/1.1\r\nHost: 78901"), Err(Refusal::FieldTooLong));
    assert_eq!(said("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n"), Ok(true));
    assert_eq!(said("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\nD: e\r\n"), Err(Refusal::TooManyFields));
    let endless = format!("GET / HTTP/1.1\r\n{}", "A: b\r\n".repeat(200_000));
    let rules = Rules { fields: 0, field_bytes: 0, ..Rules::default() };
    assert_eq!(take(endless.as_bytes(), &rules).err(), Some(Refusal::TooManyFields));
    let endless = format!("GET / HTTP/1.1\r\n{}", format!("A: {}\r\n", "b".repeat(8000)).repeat(140));
    assert_eq!(take(endless.as_bytes(), &rules).err(), Some(Refusal::HeadTooLarge));
}

#[test]
fn what_is_no_request_is_refused_by_its_first_byte() {
    assert_eq!(refused([0x16, 3, 1]), Some(Refusal::Method));
    assert_eq!(refused("\n"), Some(Refusal::LineEnd));
    assert_eq!(refused("\r\n\r\n\r\n\r\n\r\n"), Some(Refusal::EmptyLines));
    assert_eq!(refused("\r\n\r"), None);
}

#[test]
fn the_permissions_permit_what_they_name_and_no_more() {
    let read = |text: &str, rules: &Rules| {
        take(text.as_bytes(), rules).map(|head| head.unwrap().0.method().to_string())
    };
    let method = Rules { permit_unconventional_method: true, ..Rules::default() };
    assert_eq!(read("a# / HTTP/1.0\r\n\r\n", &method), Ok("a#".into()));
    assert_eq!(read("a/b / HTTP/1.0\r\n\r\n", &method), Err(Refusal::Method));
    let casefold = Rules { casefold_method: true, ..Rules::default() };
    assert_eq!(read("get / HTTP/1.0\r\n\r\n", &casefold), Ok("GET".into()));
    let version = Rules { permit_unconventional_version: true, ..Rules::default() };
    assert_eq!(read("GET / HTTP/2.0\r\nHost: a\r\n\r\n", &version), Ok("GET".into()));
    assert_eq!(read("GET / HTTP/0.9\r\n\r\n", &version), Ok("GET".into()));
}
