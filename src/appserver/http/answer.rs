//! The head of an answer as bytes, from what an application said of it.

use std::fmt::{self, Write};

use axum::http::StatusCode;
use bytes::BytesMut;

use super::line::is_token;
use super::number;
use super::plan::{Body, Plan};

/// The whole answer to a client that waits before it sends its body.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// The last chunk of a body in chunks.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// What an answer says of us.
const SERVER: &[u8] = b"Server: appserver\r\n";
/// Room for a usual head.
const USUAL: usize = 512;
/// What concerns one connection only, which is not the application's.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
];

/// A name and a value, as an application gave them.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// What makes an application's answer one that cannot be sent; the client gets 500.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The status is not three digits, a space and a reason.
    Status(String),
    /// The name of a field is no token.
    Name(String),
    /// The value of the named field has control characters.
    Value(String),
    /// A field `Status`, which a gateway would take for the answer's own.
    StatusField,
    /// `Content-Length` is no number, or is told twice and differently.
    Length,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(text) => write!(f, "the status {text:?} is not like `200 OK`"),
            Self::Name(name) => write!(f, "the header name {name:?} is not a token"),
            Self::Value(name) => write!(f, "the value of the header `{name}` has control characters"),
            Self::StatusField => f.write_str("`Status` is not a header of an answer"),
            Self::Length => f.write_str("`Content-Length` is not one number"),
        }
    }
}

impl std::error::Error for Fault {}

/// Whether a header concerns one connection only.
pub fn is_hop_by_hop(name: &[u8]) -> bool {
    HOP_BY_HOP.into_iter().any(|hop| name.eq_ignore_ascii_case(hop.as_bytes()))
}

/// The code of a status such as `200 OK`; the reason may be empty or absent.
pub fn status(text: &[u8]) -> Result<u16, Fault> {
    match text {
        [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..]
            if rest.is_empty() || (rest[0] == b' ' && is_value(rest)) =>
        {
            Ok([a, b, c].iter().fold(0, |sum, digit| sum * 10 + u16::from(**digit - b'0')))
        }
        _ => Err(Fault::Status(lossy(text))),
    }
}

/// Refuses a status that is none, and one that only announces the answer: nothing would follow it.
fn check(status: &[u8]) -> Result<(), Fault> {
    if self::status(status)? < 200 { Err(Fault::Status(lossy(status))) } else { Ok(()) }
}

/// What the application itself tells as `Content-Length`.
pub fn length<'a>(fields: impl IntoIterator<Item = Field<'a>>) -> Result<Option<u64>, Fault> {
    let mut told = None;
    for (name, value) in fields {
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = number::parse(value.trim_ascii()).ok_or(Fault::Length)?;
            if told.replace(length).is_some_and(|other| other != length) {
                return Err(Fault::Length);
            }
        }
    }
    Ok(told)
}

/// Writes a head for HTTP/1.x. The status is kept as it is; what `plan` decides comes from it alone; a `Date` or
/// `Server` of the application stays. After an error `out` is as it was.
pub fn head<'a>(
    out: &mut BytesMut,
    status: &[u8],
    fields: impl IntoIterator<Item = Field<'a>>,
    plan: &Plan,
    date: &str,
) -> Result<(), Fault> {
    check(status)?;
    let before = out.len();
    out.reserve(USUAL);
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status);
    out.extend_from_slice(if status.len() == 3 { b" \r\n" } else { b"\r\n" });
    let own = put_fields(out, fields).inspect_err(|_| out.truncate(before))?;
    if !own.has_server {
        out.extend_from_slice(SERVER);
    }
    if !own.has_date {
        put(out, b"Date", date.as_bytes());
    }
    put_length(out, plan);
    if plan.body == Body::Chunked {
        put(out, b"Transfer-Encoding", b"chunked");
    }
    if let Some(connection) = plan.connection() {
        put(out, b"Connection", connection.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Writes a head for a gateway (CGI, RFC 3875, 6.3), which frames the body by itself.
pub fn cgi<'a>(
    out: &mut BytesMut,
    status: &[u8],
    fields: impl IntoIterator<Item = Field<'a>>,
    plan: &Plan,
) -> Result<(), Fault> {
    check(status)?;
    let before = out.len();
    put(out, b"Status", status);
    put_fields(out, fields).inspect_err(|_| out.truncate(before))?;
    put_length(out, plan);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Writes `103 Early Hints`, which comes before the answer's own head. HTTP/1.0 must not get it.
pub fn early_hints<'a>(out: &mut BytesMut, fields: impl IntoIterator<Item = Field<'a>>) -> Result<(), Fault> {
    let before = out.len();
    out.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\n");
    put_fields(out, fields).inspect_err(|_| out.truncate(before))?;
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Writes the line before a chunk of `size` bytes; a CRLF follows the chunk. No bytes are no chunk: they would end
/// the body.
pub fn chunk_size(out: &mut BytesMut, size: usize) {
    // Writing into memory cannot fail.
    let _ = write!(out, "{size:x}\r\n");
}

/// A status with its registered reason.
pub fn line(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    format!("{status} {}", reason.unwrap_or_default())
}

/// What an application said itself.
#[derive(Default)]
struct Own {
    has_date: bool,
    has_server: bool,
}

/// Writes what is the application's to say.
fn put_fields<'a>(out: &mut BytesMut, fields: impl IntoIterator<Item = Field<'a>>) -> Result<Own, Fault> {
    let mut own = Own::default();
    for (name, value) in fields {
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return Err(Fault::Name(lossy(name)));
        }
        if !is_value(value) {
            return Err(Fault::Value(lossy(name)));
        }
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match name.len() {
            6 if is("status") => return Err(Fault::StatusField),
            14 if is("content-length") => continue,
            _ if is_hop_by_hop(name) => continue,
            4 => own.has_date |= is("date"),
            6 => own.has_server |= is("server"),
            _ => {}
        }
        put(out, name, value);
    }
    Ok(own)
}

fn put_length(out: &mut BytesMut, plan: &Plan) {
    if let Some(length) = plan.length() {
        // Writing into memory cannot fail.
        let _ = write!(out, "Content-Length: {length}\r\n");
    }
}

fn put(out: &mut BytesMut, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// Whether a value has no control characters beside tabs. Without an early exit, so that many bytes are looked at
/// at once.
fn is_value(value: &[u8]) -> bool {
    value.iter().fold(true, |good, &byte| good & ((byte >= b' ' && byte != 0x7f) || byte == b'\t'))
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
