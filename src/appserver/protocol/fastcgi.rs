//! FastCGI 1.0 (<https://fastcgi-archives.github.io/FastCGI_Specification.html>) as a responder: one request at a time
//! on a connection.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::vars::{Split, Vars};
use crate::appserver::http::Refusal;

/// Bytes before the content of a record: version, type, request, size of content and of padding, nothing.
const FIXED: usize = 8;
/// Longest content of a record.
const MAX_CONTENT: usize = 65535;
/// Bytes of all variables: as much as a head over HTTP may have.
const MAX_VARS: usize = 1024 * 1024;
/// The only role that is played here.
const RESPONDER: u16 = 1;
/// The flag that keeps the connection open after an answer.
const KEEP_CONN: u8 = 1;
/// How a request ended, to its gateway.
const REQUEST_COMPLETE: u8 = 0;
const CANT_MPX_CONN: u8 = 1;
const UNKNOWN_ROLE: u8 = 3;

/// Types of records.
mod kind {
    pub const BEGIN_REQUEST: u8 = 1;
    pub const ABORT_REQUEST: u8 = 2;
    pub const END_REQUEST: u8 = 3;
    pub const PARAMS: u8 = 4;
    pub const STDIN: u8 = 5;
    pub const STDOUT: u8 = 6;
    pub const STDERR: u8 = 7;
    pub const GET_VALUES: u8 = 9;
    pub const GET_VALUES_RESULT: u8 = 10;
    pub const UNKNOWN_TYPE: u8 = 11;
}

/// What came in.
#[derive(Clone, Debug)]
pub enum Event {
    /// A request; its body follows.
    Request(Request),
    /// Bytes of its body, never none.
    Body(Bytes),
    /// Its body is whole.
    End,
    /// The gateway does not want the answer any more; the request still has to be ended.
    Abort,
    /// Bytes to send at once, which have nothing to do with the request.
    Reply(Bytes),
}

/// A request without its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its number, for the records of its answer.
    pub id: u16,
    /// Whether the connection goes on after its answer.
    pub keeps_alive: bool,
    /// What it says.
    pub vars: Vars,
}

#[derive(Clone, Debug, Default)]
enum Phase {
    /// No request.
    #[default]
    Idle,
    /// Its variables come.
    Vars(BytesMut),
    /// Its body comes; so many bytes are still to come, if that was told.
    Body(Option<u64>),
    /// All of it came.
    Whole,
}

/// The records of one connection.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    phase: Phase,
    id: u16,
    keeps_alive: bool,
}

struct Record {
    kind: u8,
    id: u16,
    content: Bytes,
}

impl Decoder {
    /// Takes records off the front of `input` up to the next event. `None`: more bytes are needed. A body that is not
    /// as long as `CONTENT_LENGTH` says is refused.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, Refusal> {
        while let Some(record) = take(input)? {
            if let Some(event) = self.step(record)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The answer of the request was sent: the next one may come.
    pub fn finish(&mut self) {
        self.phase = Phase::Idle;
    }

    fn step(&mut self, record: Record) -> Result<Option<Event>, Refusal> {
        let is_idle = matches!(self.phase, Phase::Idle);
        match record.kind {
            _ if record.id == 0 => Ok(Some(Event::Reply(managed(&record)))),
            kind::BEGIN_REQUEST => self.begin(&record),
            // The rest of a request that was refused or has ended.
            _ if is_idle || record.id != self.id => Ok(None),
            kind::ABORT_REQUEST => Ok(Some(self.abort())),
            kind::PARAMS => self.vars(&record.content),
            kind::STDIN => self.body(record.content),
            _ => Err(Refusal::Packet),
        }
    }

    fn begin(&mut self, record: &Record) -> Result<Option<Event>, Refusal> {
        let [high, low, flags, ..] = record.content[..] else { return Err(Refusal::Packet) };
        let is_idle = matches!(self.phase, Phase::Idle);
        if !is_idle && record.id == self.id {
            return Err(Refusal::Packet);
        }
        let refusal = match u16::from_be_bytes([high, low]) {
            _ if !is_idle => CANT_MPX_CONN,
            RESPONDER => {
                self.id = record.id;
                self.keeps_alive = flags & KEEP_CONN != 0;
                self.phase = Phase::Vars(BytesMut::new());
                return Ok(None);
            }
            _ => UNKNOWN_ROLE,
        };
        let mut out = BytesMut::new();
        put_end(&mut out, record.id, 0, refusal);
        Ok(Some(Event::Reply(out.freeze())))
    }

    /// Nobody knows yet of a request whose variables are not whole, so it is ended here.
    fn abort(&mut self) -> Event {
        if !matches!(self.phase, Phase::Vars(_)) {
            return Event::Abort;
        }
        self.phase = Phase::Idle;
        let mut out = BytesMut::new();
        put_end(&mut out, self.id, 0, REQUEST_COMPLETE);
        Event::Reply(out.freeze())
    }

    fn vars(&mut self, content: &[u8]) -> Result<Option<Event>, Refusal> {
        let Phase::Vars(bytes) = &mut self.phase else { return Err(Refusal::Packet) };
        if !content.is_empty() {
            bytes.extend_from_slice(content);
            return if bytes.len() > MAX_VARS { Err(Refusal::HeadTooLarge) } else { Ok(None) };
        }
        let vars = Vars::read(std::mem::take(bytes).freeze(), split)?;
        self.phase = Phase::Body(vars.length()?);
        Ok(Some(Event::Request(Request { id: self.id, keeps_alive: self.keeps_alive, vars })))
    }

    fn body(&mut self, content: Bytes) -> Result<Option<Event>, Refusal> {
        let Phase::Body(left) = &mut self.phase else { return Err(Refusal::Packet) };
        if content.is_empty() {
            let is_whole = left.is_none_or(|left| left == 0);
            self.phase = Phase::Whole;
            return if is_whole { Ok(Some(Event::End)) } else { Err(Refusal::Packet) };
        }
        if let Some(left) = left {
            *left = left.checked_sub(content.len() as u64).ok_or(Refusal::Packet)?;
        }
        Ok(Some(Event::Body(content)))
    }
}

/// Takes one record off, with its padding.
fn take(input: &mut BytesMut) -> Result<Option<Record>, Refusal> {
    if input.first().is_some_and(|version| *version != 1) {
        return Err(Refusal::Packet);
    }
    let Some(&[_, kind, id_high, id_low, high, low, padding, _]) = input.first_chunk::<FIXED>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if input.len() < FIXED + length + usize::from(padding) {
        return Ok(None);
    }
    input.advance(FIXED);
    let content = input.split_to(length).freeze();
    input.advance(usize::from(padding));
    Ok(Some(Record { kind, id: u16::from_be_bytes([id_high, id_low]), content }))
}

/// Takes one pair off: two lengths of one or four bytes, then name and value.
fn split(rest: &[u8]) -> Option<Split<'_>> {
    let (name, rest) = length(rest)?;
    let (value, rest) = length(rest)?;
    let (name, rest) = rest.split_at_checked(name)?;
    let (value, rest) = rest.split_at_checked(value)?;
    Some((name, value, rest))
}

fn length(rest: &[u8]) -> Option<(usize, &[u8])> {
    match *rest {
        [short @ ..0x80, ref rest @ ..] => Some((usize::from(short), rest)),
        [a, b, c, d, ref rest @ ..] => Some((u32::from_be_bytes([a & 0x7f, b, c, d]) as usize, rest)),
        _ => None,
    }
}

/// The answer to a record that concerns no request. All that is asked for is whether we multiplex; we do not.
fn managed(record: &Record) -> Bytes {
    let mut out = BytesMut::new();
    if record.kind == kind::GET_VALUES {
        let name = b"FCGI_MPXS_CONNS";
        let mut content = BytesMut::new();
        content.put_slice(&[name.len() as u8, 1]);
        content.put_slice(name);
        content.put_u8(b'0');
        put_record(&mut out, kind::GET_VALUES_RESULT, 0, &content);
    } else {
        put_record(&mut out, kind::UNKNOWN_TYPE, 0, &[record.kind, 0, 0, 0, 0, 0, 0, 0]);
    }
    out.freeze()
}

/// Writes bytes of the answer: first its head for a gateway, then its body.
pub fn stdout(out: &mut BytesMut, id: u16, bytes: &[u8]) {
    put_stream(out, kind::STDOUT, id, bytes);
}

/// Writes text for the gateway's own log.
pub fn stderr(out: &mut BytesMut, id: u16, bytes: &[u8]) {
    put_stream(out, kind::STDERR, id, bytes);
}

/// Writes the end of an answer; `exit`: what a CGI program would have exited with.
pub fn end(out: &mut BytesMut, id: u16, exit: u32) {
    put_record(out, kind::STDOUT, id, b"");
    put_end(out, id, exit, REQUEST_COMPLETE);
}

/// Writes records; none for no bytes, because an empty one ends the stream.
fn put_stream(out: &mut BytesMut, kind: u8, id: u16, bytes: &[u8]) {
    for content in bytes.chunks(MAX_CONTENT) {
        put_record(out, kind, id, content);
    }
}

fn put_end(out: &mut BytesMut, id: u16, exit: u32, how: u8) {
    let [a, b, c, d] = exit.to_be_bytes();
    put_record(out, kind::END_REQUEST, id, &[a, b, c, d, how, 0, 0, 0]);
}

fn put_record(out: &mut BytesMut, kind: u8, id: u16, content: &[u8]) {
    out.reserve(FIXED + content.len());
    out.put_slice(&[1, kind]);
    out.put_u16(id);
    out.put_u16(content.len() as u16);
    out.put_u16(0);
    out.put_slice(content);
}
