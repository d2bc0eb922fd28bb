//! Answers, as a client gets them.

use bytes::BytesMut;

use super::super::Version;
use super::super::answer::{self, Fault};
use super::super::plan::{Asked, Plan};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const GET: Asked = Asked { is_head: false, version: Version::Http11, keeps_alive: true };

fn text(out: BytesMut) -> String {
    String::from_utf8(out.to_vec()).unwrap()
}

/// The head of an answer to GET whose body is not known yet.
fn head(status: &str, fields: &[(&str, &str)]) -> Result<String, Fault> {
    let fields = || fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let mut out = BytesMut::from("before ");
    let plan = Plan::new(GET, answer::status(status.as_bytes())?, answer::length(fields())?, None);
    let written = answer::head(&mut out, status.as_bytes(), fields(), &plan, DATE);
    if written.is_err() {
        assert_eq!(out, "before ");
    }
    written.map(|()| text(out.split_off(7)))
}

#[test]
fn a_head_keeps_what_is_the_applications_and_adds_what_is_ours() {
    assert_eq!(
        head(
            "200 Fine",
            &[("X-A", "b\tc"), ("content-length", "3"), ("Connection", "close"), ("TE", "x"), ("x-a", "")]
        ),
        Ok(format!(
            "HTTP/1.1 200 Fine\r\nX-A: b\tc\r\nx-a: \r\nServer: appserver\r\nDate: {DATE}\r\nContent-Length: 3\r\n\r\n"
        ))
    );
    assert_eq!(
        head("299", &[("Date", "today"), ("server", "mine")]),
        Ok("HTTP/1.1 299 \r\nDate: today\r\nserver: mine\r\nTransfer-Encoding: chunked\r\n\r\n".into())
    );
}

#[test]
fn an_answer_that_would_be_read_as_two_is_not_sent() {
    let name = |name: &str| head("200 OK", &[(name, "a")]);
    for wrong in ["", "A B", "A:", "A\r\nB", "\u{e9}"] {
        assert_eq!(name(wrong), Err(Fault::Name(wrong.into())));
    }
    for wrong in ["a\r\nB: c", "a\nb", "a\rb", "\0", "\x7f"] {
        assert_eq!(head("200 OK", &[("A", wrong)]), Err(Fault::Value("A".into())));
    }
    for wrong in ["", "20", "2000", "200OK", "abc OK", "099 Low", "200 OK\r\nA: b", " 200 OK"] {
        assert_eq!(head(wrong, &[]), Err(Fault::Status(wrong.into())));
    }
    assert_eq!(name("Status"), Err(Fault::StatusField));
    for wrong in ["", "x", "-1", "1, 1"] {
        assert_eq!(head("200 OK", &[("Content-Length", wrong)]), Err(Fault::Length));
    }
    assert_eq!(head("200 OK", &[("Content-Length", "1"), ("content-length", "2")]), Err(Fault::Length));
}

#[test]
fn a_gateway_gets_the_status_as_a_field_and_early_hints_get_nothing_of_ours() {
    let fields = [(&b"Link"[..], &b"</a.css>"[..]), (b"Connection", b"close"), (b"Content-Length", b"3")];
    let mut out = BytesMut::new();
    answer::cgi(&mut out, b"404 Gone", fields, &Plan::new(GET, 404, Some(3), None)).unwrap();
    assert_eq!(text(out), "Status: 404 Gone\r\nLink: </a.css>\r\nContent-Length: 3\r\n\r\n");
    let mut out = BytesMut::new();
    answer::early_hints(&mut out, fields).unwrap();
    assert_eq!(text(out), "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
}
