//! The frames of answers as bytes: how a worker writes them.

mod property;

use std::process::Command;

use bytes::BytesMut;

use super::frame::{self, Broken, Frame, Head, Part};

/// One frame as `shim/answer.py` writes it.
fn frame(frame: &Frame) -> Vec<u8> {
    let (kind, content) = match &frame.part {
        Part::Head(head) => (0, opening(head)),
        Part::Data(data) => (1, data.to_vec()),
        Part::File(at, length) => (2, [at.to_le_bytes(), length.to_le_bytes()].concat()),
        Part::End => (3, Vec::new()),
        Part::Abort => (4, Vec::new()),
        Part::Early(head) => (5, opening(head)),
    };
    raw(kind, frame.number, &content)
}

/// A frame of any kind with any content.
fn raw(kind: u8, number: u64, content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_le_bytes()[..], &[kind], &number.to_le_bytes(), content].concat()
}

fn opening(head: &Head) -> Vec<u8> {
    let pair = |(name, value): &(String, String)| row(b'(', &[text(name), text(value)]);
    let fields: Vec<_> = head.fields.iter().map(pair).collect();
    let both = row(b'(', &[text(&head.status), row(b'[', &fields)]);
    [&head.length.unwrap_or(u64::MAX).to_le_bytes()[..], &both].concat()
}

/// A list (`[`) or a tuple (`(`) of values, as `marshal` writes it.
fn row(kind: u8, values: &[Vec<u8>]) -> Vec<u8> {
    [&[kind][..], &(values.len() as u32).to_le_bytes(), &values.concat()].concat()
}

/// A `str`, as `marshal` writes it.
fn text(text: &str) -> Vec<u8> {
    [&b"u"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

/// All frames that are whole, whether they ended in bytes that are none, and what is left over.
fn frames(buffer: &mut BytesMut) -> (Vec<Frame>, Result<(), Broken>) {
    let mut found = Vec::new();
    loop {
        match frame::take(buffer) {
            Ok(Some(frame)) => found.push(frame),
            Ok(None) => return (found, Ok(())),
            Err(Broken) => return (found, Err(Broken)),
        }
    }
}

fn head(status: &str, fields: &[(&str, &str)], length: Option<u64>) -> Head {
    let fields = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Head { status: status.into(), fields, length }
}

/// What the shim sends for four answers: whole, in parts, of a file's length, failed.
const ANSWERS: &str = "
import sys; sys.path.insert(0, 'src/appserver/wsgi/shim')
from answer import *
class Thread:
    def __init__(self): self.slot, self.sent = self, b''
    def sendall(self, data): self.sent += bytes(data)
    def is_gone(self, number): return False
thread = Thread()
one = Answer(thread, 1)
one.start('200 OK', [('Content-Length', '2'), ('X-Name', 'caf\\xe9')]); one.write(b'hi'); one.end()
two = Answer(thread, 2**64 - 1)
two.early([('Link', '</a>')]); two.start('404 \\u2603', []); two.write(b'a'); two.write(b'b' * 200000); two.end()
three = Answer(thread, 3)
three.start('200 OK', [('X' * 300, '')]); thread.sendall(three.opening() + FRAME.pack(16, FILE, 3) + struct.pack('<QQ', 5, 2**40))
thread.sendall(FRAME.pack(0, ABORT, 4))
print(thread.sent.hex())
";

#[test]
fn what_the_shim_writes_is_read() {
    let out = Command::new("python3").args(["-B", "-c", ANSWERS]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let hex = String::from_utf8(out.stdout).unwrap();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..hex.trim().len()).step_by(2).map(byte).collect();
    let data = |number, length, letter: u8| Frame { number, part: Part::Data(vec![letter; length].into()) };
    let part = |number, part| Frame { number, part };
    let long = "X".repeat(300);
    let fields = [("Content-Length", "2"), ("X-Name", "caf\u{e9}")];
    let wanted = vec![
        part(1, Part::Head(head("200 OK", &fields, Some(2)))),
        part(1, Part::Data("hi".into())),
        part(1, Part::End),
        part(u64::MAX, Part::Early(head("103 Early Hints", &[("Link", "</a>")], Some(0)))),
        part(u64::MAX, Part::Head(head("404 \u{2603}", &[], None))),
        data(u64::MAX, 1, b'a'),
        data(u64::MAX, 131_072, b'b'),
        data(u64::MAX, 68_928, b'b'),
        part(u64::MAX, Part::End),
        part(3, Part::Head(head("200 OK", &[(&long, "")], None))),
        part(3, Part::File(5, 1 << 40)),
        part(4, Part::Abort),
    ];
    assert_eq!(
        wanted.iter().flat_map(frame).collect::<Vec<u8>>(),
        bytes,
        "these tests write as the shim does"
    );
    assert_eq!(frames(&mut BytesMut::from(&bytes[..])), (wanted, Ok(())));
}

#[test]
fn half_a_surrogate_pair_breaks_no_frame_and_is_no_character_of_http() {
    let half = [&b"u\x03\0\0\0"[..], &[0xed, 0xb3, 0xa9]].concat();
    let both = row(b'(', &[text("200 OK"), row(b'[', &[row(b'(', &[text("X"), half])])]);
    let bytes = raw(0, 1, &[&0_u64.to_le_bytes()[..], &both].concat());
    let (found, end) = frames(&mut BytesMut::from(&bytes[..]));
    let replaced = head("200 OK", &[("X", "\u{fffd}\u{fffd}\u{fffd}")], Some(0));
    assert_eq!((found, end), (vec![Frame { number: 1, part: Part::Head(replaced) }], Ok(())));
}

#[test]
fn a_frame_that_is_too_long_is_broken_before_it_came() {
    let claim = |length: u32| [&length.to_le_bytes()[..], &[1], &[0; 8]].concat();
    assert_eq!(frame::take(&mut BytesMut::from(&claim(1 << 20)[..])), Ok(None));
    assert_eq!(frame::take(&mut BytesMut::from(&claim((1 << 20) + 1)[..])), Err(Broken));
}
