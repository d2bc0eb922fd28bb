//! The variables of a request (CGI, RFC 3875, 4.1), as a gateway sent them.

use bytes::{Bytes, BytesMut};

use crate::appserver::http::span::Span;
use crate::appserver::http::{Asked, Head, Reader, Refusal, Rules, Version, line, number, path};

/// Variables that repeat, as headers, what has a variable of its own or concerns the gateway's side of the connection.
const NO_HEADERS: [&[u8]; 5] = [
    b"HTTP_CONTENT_LENGTH",
    b"HTTP_CONTENT_TYPE",
    b"HTTP_TRANSFER_ENCODING",
    b"HTTP_CONNECTION",
    // A program would take it for the variable of its environment that names a proxy (httpoxy).
    b"HTTP_PROXY",
];

/// Names and values in the order they came in, in the bytes they came in.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    bytes: Bytes,
    pairs: Vec<(Span, Span)>,
}

/// A name, its value, and what follows them.
pub type Split<'a> = (&'a [u8], &'a [u8], &'a [u8]);

impl Vars {
    /// Divides `bytes` into pairs. `split` takes one off the front of what it is given; `None` from it is refused.
    /// Names are visible ASCII.
    pub fn read(bytes: Bytes, split: fn(&[u8]) -> Option<Split<'_>>) -> Result<Self, Refusal> {
        let mut pairs = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (name, value, after) = split(rest).ok_or(Refusal::Packet)?;
            if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
                return Err(Refusal::Packet);
            }
            pairs.push((Span::of(&bytes, name), Span::of(&bytes, value)));
            rest = after;
        }
        Ok(Self { pairs, bytes })
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.pairs.iter().map(|(name, value)| (name.get(&self.bytes), value.get(&self.bytes)))
    }

    /// The value of a name; the last one, if there are more.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.pairs.iter().rev().find(|(other, _)| other.get(&self.bytes) == name.as_bytes());
        found.map(|(_, value)| value.get(&self.bytes))
    }

    /// The method, a token.
    pub fn method(&self) -> Result<&str, Refusal> {
        let method = self.get("REQUEST_METHOD").unwrap_or_default();
        if method.is_empty() || !method.iter().all(|byte| line::is_token(*byte)) {
            return Err(Refusal::Method);
        }
        str::from_utf8(method).map_err(|_| Refusal::Method)
    }

    /// What decides how the answer is framed: in chunks never, gateways do not take them.
    pub fn asked(&self) -> Asked {
        let is_head = self.get("REQUEST_METHOD") == Some(b"HEAD");
        Asked { is_head, version: Version::Http10, keeps_alive: false }
    }

    /// The number of bytes of the body, if it was told. One that is told twice is refused.
    pub fn length(&self) -> Result<Option<u64>, Refusal> {
        let mut told = self.iter().filter(|(name, _)| *name == b"CONTENT_LENGTH").map(|(_, value)| value);
        match (told.next(), told.next()) {
            (None | Some(b""), None) => Ok(None),
            (Some(value), None) => number::parse(value).map(Some).ok_or(Refusal::LengthInvalid),
            (_, Some(_)) => Err(Refusal::LengthTwice),
        }
    }

    /// Where the application is mounted, and the path below it: `SCRIPT_NAME` without a slash at its end, and
    /// `PATH_INFO`, which gateways send decoded. Nginx sends the whole path as `PATH_INFO`, prefix included, or as
    /// `SCRIPT_NAME` alone: both mean what was meant.
    pub fn path(&self) -> (&[u8], &[u8]) {
        let script = self.get("SCRIPT_NAME").unwrap_or_default();
        let Some(path) = self.get("PATH_INFO") else { return (b"", script) };
        let script = script.strip_suffix(b"/").unwrap_or(script);
        match path.strip_prefix(script) {
            Some(rest) if matches!(rest, [] | [b'/', ..]) => (script, rest),
            _ => (script, path),
        }
    }

    /// Those that tell of a header which an application may see.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.iter().filter(|(name, _)| name.starts_with(b"HTTP_") && !NO_HEADERS.contains(name))
    }

    /// The path and the query as sent: the gateway's word, or made of what it says of their parts.
    pub fn target(&self) -> Vec<u8> {
        if let Some(told) = self.get("REQUEST_URI").filter(|told| !told.is_empty()) {
            return told.to_vec();
        }
        let (script, rest) = self.path();
        let mut target = path::encode(&[script, rest].concat()).into_bytes();
        if target.is_empty() {
            target.push(b'/');
        }
        if let Some(query) = self.get("QUERY_STRING").filter(|query| !query.is_empty()) {
            target.push(b'?');
            target.extend_from_slice(query);
        }
        target
    }

    /// The request as a head of HTTP. What could not stand there is refused as if it had come by HTTP.
    pub fn head(&self, rules: &Rules) -> Result<Head, Refusal> {
        let mut text = BytesMut::with_capacity(2 * self.bytes.len());
        let target = self.target();
        if target.iter().any(|byte| *byte <= b' ') {
            return Err(Refusal::Target);
        }
        let is_old = self.get("SERVER_PROTOCOL") == Some(b"HTTP/1.0") || self.get("HTTP_HOST").is_none();
        let version = if is_old { Version::Http10 } else { Version::Http11 };
        for part in [self.method()?.as_bytes(), b" ", &target, b" ", version.as_str().as_bytes(), b"\r\n"] {
            text.extend_from_slice(part);
        }
        for (name, value) in self.headers() {
            put(&mut text, &name[5..], value)?;
        }
        if let Some(kind) = self.get("CONTENT_TYPE").filter(|kind| !kind.is_empty()) {
            put(&mut text, b"CONTENT_TYPE", kind)?;
        }
        if let Some(length) = self.length()? {
            put(&mut text, b"CONTENT_LENGTH", length.to_string().as_bytes())?;
        }
        text.extend_from_slice(b"\r\n");
        Head::take(&mut text, &mut Reader::default(), rules)?.ok_or(Refusal::LineEnd)
    }
}

/// Writes a header whose name is a variable's.
fn put(text: &mut BytesMut, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
    if name.is_empty() || !name.iter().all(|byte| line::is_token(*byte)) {
        return Err(Refusal::FieldName);
    }
    if value.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return Err(Refusal::FieldValue);
    }
    text.extend(name.iter().map(|byte| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }));
    for part in [&b": "[..], value, b"\r\n"] {
        text.extend_from_slice(part);
    }
    Ok(())
}
