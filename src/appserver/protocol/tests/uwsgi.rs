//! Packets of uwsgi, and what variables say.

use bytes::BytesMut;

use super::super::uwsgi::take;
use super::super::vars::Vars;
use crate::appserver::http::{Plan, Refusal, plan};

/// A packet of `pairs`.
pub fn packet(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut vars = Vec::new();
    for part in pairs.iter().flat_map(|(name, value)| [name, value]) {
        vars.extend_from_slice(&(part.len() as u16).to_le_bytes());
        vars.extend_from_slice(part.as_bytes());
    }
    [&[0], &(vars.len() as u16).to_le_bytes()[..], &[0], &vars].concat()
}

fn vars(pairs: &[(&str, &str)]) -> Vars {
    take(&mut BytesMut::from(&packet(pairs)[..])).unwrap().unwrap()
}

#[test]
fn a_packet_is_its_variables_and_the_body_stays() {
    let sent = [("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "5"), ("HTTP_X", ""), ("HTTP_X", "2")];
    let mut buffer = BytesMut::from(&[packet(&sent), b"hello".to_vec()].concat()[..]);
    let vars = take(&mut buffer).unwrap().unwrap();
    assert_eq!(buffer, "hello");
    let got: Vec<_> =
        vars.iter().map(|(a, b)| (str::from_utf8(a).unwrap(), str::from_utf8(b).unwrap())).collect();
    assert_eq!(got, sent);
    assert_eq!((vars.method(), vars.length()), (Ok("POST"), Ok(Some(5))));
    assert_eq!((vars.get("HTTP_X"), vars.get("HTTP_Y")), (Some(&b"2"[..]), None));
}

#[test]
fn what_is_no_packet_is_refused() {
    let said = |bytes: &[u8]| take(&mut BytesMut::from(bytes)).map(|vars| vars.is_some());
    assert_eq!(said(b"GET / HTTP/1.1\r\n"), Err(Refusal::Packet));
    assert_eq!(said(b"\0\x05\0\0\x01\0a\x01\0"), Err(Refusal::Packet));
    assert_eq!(said(b"\0\x01\0\0a"), Err(Refusal::Packet));
    assert_eq!(said(b"\0\x05\0\0\0\0\x01\0a"), Err(Refusal::Packet));
    assert_eq!(said(b"\0\x05\0\0\x01\0\n\0\0"), Err(Refusal::Packet));
    assert_eq!(said(b"\0\x05\0\0\x01\0a\0"), Ok(false));
    assert_eq!(said(b"\0\0\0\0"), Ok(true));
}

#[test]
fn a_length_or_a_method_that_is_none_is_refused() {
    let length = |pairs: &[(&str, &str)]| vars(pairs).length();
    assert_eq!(length(&[]), Ok(None));
    assert_eq!(length(&[("CONTENT_LENGTH", "")]), Ok(None));
    assert_eq!(length(&[("CONTENT_LENGTH", "+1")]), Err(Refusal::LengthInvalid));
    assert_eq!(length(&[("CONTENT_LENGTH", "1"), ("CONTENT_LENGTH", "1")]), Err(Refusal::LengthTwice));
    assert_eq!(vars(&[]).method(), Err(Refusal::Method));
    assert_eq!(vars(&[("REQUEST_METHOD", "GET /")]).method(), Err(Refusal::Method));
}

#[test]
fn the_mounted_path_is_what_the_gateway_meant() {
    let path = |pairs: &[(&str, &str)]| {
        let vars = vars(pairs);
        let (script, info) = vars.path();
        [script, info].map(|part| String::from_utf8(part.to_vec()).unwrap())
    };
    assert_eq!(path(&[("PATH_INFO", "/a%20b")]), ["", "/a%20b"]);
    assert_eq!(path(&[("SCRIPT_NAME", ""), ("PATH_INFO", "/a")]), ["", "/a"]);
    assert_eq!(path(&[("SCRIPT_NAME", "/app"), ("PATH_INFO", "/app/a")]), ["/app", "/a"]);
    assert_eq!(path(&[("SCRIPT_NAME", "/app/"), ("PATH_INFO", "/app")]), ["/app", ""]);
    assert_eq!(path(&[("SCRIPT_NAME", "/app"), ("PATH_INFO", "/apple")]), ["/app", "/apple"]);
    assert_eq!(path(&[("SCRIPT_NAME", "/app"), ("PATH_INFO", "/a")]), ["/app", "/a"]);
    assert_eq!(path(&[("SCRIPT_NAME", "/a/b")]), ["", "/a/b"]);
}

#[test]
fn an_answer_over_uwsgi_ends_with_the_connection() {
    let plan = |method: &str, whole| Plan::new(vars(&[("REQUEST_METHOD", method)]).asked(), 200, None, whole);
    assert_eq!((plan("GET", None).body, plan("GET", None).keeps_alive), (plan::Body::Close, false));
    assert_eq!(
        (plan("GET", Some(3)).body, plan("GET", Some(3)).connection()),
        (plan::Body::Length(3), Some("close"))
    );
    assert_eq!(plan("HEAD", None).body, plan::Body::Nothing(None));
}
