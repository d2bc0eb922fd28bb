//! The frames of answers as bytes: how a worker writes them.

mod loan;
mod property;
mod thread;

use std::process::Command;

use bytes::{Bytes, BytesMut};

use super::frame::{self, Broken, Frame, Head, Part};

/// One frame as `shim/answer.py` writes it.
fn frame(frame: &Frame) -> Vec<u8> {
    let (kind, content) = match &frame.part {
        Part::Head(head) => (0, opening(head)),
        Part::Data(data) => (1, data.to_vec()),
        Part::File(at, length) => (2, [at.to_le_bytes(), length.to_le_bytes()].concat()),
        Part::End => (3, Vec::new()),
        Part::Abort => (4, Vec::new()),
        Part::Refused => (7, Vec::new()),
        Part::Lend => (8, Vec::new()),
        Part::Written(count) => (9, count.to_le_bytes().to_vec()),
        Part::Early(head) => (5, opening(head)),
        Part::Whole(head, data) => {
            let head = lines(head);
            (6, [&(head.len() as u32).to_le_bytes()[..], &head, data].concat())
        }
    };
    raw(kind, frame.number, &content)
}

/// A frame of any kind with any content.
fn raw(kind: u8, number: u64, content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_le_bytes()[..], &[kind], &number.to_le_bytes(), content].concat()
}

fn opening(head: &Head) -> Vec<u8> {
    [&head.length.unwrap_or(u64::MAX).to_le_bytes()[..], &lines(head)].concat()
}

/// Status, names and values, a line each.
fn lines(head: &Head) -> Vec<u8> {
    let fields = head.fields.iter().flat_map(|(name, value)| [name, value]);
    std::iter::once(&head.status).chain(fields).map(|text| &text[..]).collect::<Vec<_>>().join(&b'\n')
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

fn head(status: &str, fields: &[(&str, &[u8])], length: Option<u64>) -> Head {
    let bytes = Bytes::copy_from_slice;
    let fields = fields.iter().map(|(name, value)| (bytes(name.as_bytes()), bytes(value))).collect();
    Head { status: bytes(status.as_bytes()), fields, length }
}

/// What the shim sends for five requests: an answer that is whole, in parts, of a file's length; one that failed, none.
const ANSWERS: &str = "
import sys; sys.path.insert(0, 'src/appserver/wsgi/shim')
from answer import *
class Thread:
    def __init__(self): self.slot, self.sent = self, b''
    def sendall(self, data): self.sent += bytes(data)
    def say(self, data): self.sendall(data)
    def ring(self): pass
    def is_gone(self, number): return False
thread = Thread()
one = Answer(thread, 1)
one.start('200 OK', [('Content-Length', '2'), ('X-Name', 'caf\\xe9')]); one.write(b'hi'); one.end()
two = Answer(thread, 2**64 - 1)
two.early([('Link', '</a>')]); two.start('404 No', []); two.write(b'a'); two.write(b'b' * 200000); two.end()
three = Answer(thread, 3)
three.start('200 OK', [('X' * 300, '')]); thread.sendall(three.opening() + FRAME.pack(16, FILE, 3) + struct.pack('<QQ', 5, 2**40))
thread.sendall(FRAME.pack(0, ABORT, 4) + FRAME.pack(0, REFUSED, 5))
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
    let fields = [("Content-Length", &b"2"[..]), ("X-Name", b"caf\xe9")];
    let wanted = vec![
        part(1, Part::Whole(head("200 OK", &fields, Some(2)), "hi".into())),
        part(u64::MAX, Part::Early(head("103 Early Hints", &[("Link", b"</a>")], Some(0)))),
        part(u64::MAX, Part::Head(head("404 No", &[], None))),
        data(u64::MAX, 1, b'a'),
        data(u64::MAX, 131_072, b'b'),
        data(u64::MAX, 68_928, b'b'),
        part(u64::MAX, Part::End),
        part(3, Part::Head(head("200 OK", &[(&long, b"")], None))),
        part(3, Part::File(5, 1 << 40)),
        part(4, Part::Abort),
        part(5, Part::Refused),
    ];
    assert_eq!(
        wanted.iter().flat_map(frame).collect::<Vec<u8>>(),
        bytes,
        "these tests write as the shim does"
    );
    assert_eq!(frames(&mut BytesMut::from(&bytes[..])), (wanted, Ok(())));
}

#[test]
fn a_frame_that_is_too_long_is_broken_before_it_came() {
    let claim = |length: u32| [&length.to_le_bytes()[..], &[1], &[0; 8]].concat();
    assert_eq!(frame::take(&mut BytesMut::from(&claim(1 << 20)[..])), Ok(None));
    assert_eq!(frame::take(&mut BytesMut::from(&claim((1 << 20) + 1)[..])), Err(Broken));
}
