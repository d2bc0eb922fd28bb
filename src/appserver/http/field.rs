//! What the fields of a request say about its body, its host and its connection (RFC 9112, 6).

use std::mem::replace;

use httparse::{Error, Header, Status};

use super::host;
use super::line::Version;
use super::number;
use super::refusal::Refusal;

/// How the end of a request's body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// By its number of bytes.
    Length(u64),
    /// It says so itself.
    Chunked,
}

/// Reads fields into `room`, which must have enough of it. All `lines` are known to end with CRLF, and the last one to
/// be empty: httparse would take a bare LF.
pub fn read<'a, 'b>(lines: &'a [u8], room: &'b mut [Header<'a>]) -> Result<&'b [Header<'a>], Refusal> {
    match httparse::parse_headers(lines, room) {
        Ok(Status::Complete((_, headers))) => Ok(headers),
        Err(Error::TooManyHeaders) => Err(Refusal::TooManyFields),
        Err(Error::HeaderValue) => Err(Refusal::FieldValue),
        Err(Error::HeaderName) if is_folded(lines) => Err(Refusal::Folded),
        Err(Error::HeaderName) => Err(Refusal::FieldName),
        Ok(Status::Partial) | Err(_) => Err(Refusal::LineEnd),
    }
}

fn is_folded(lines: &[u8]) -> bool {
    lines.split(|byte| *byte == b'\n').any(|line| matches!(line, [b' ' | b'\t', ..]))
}

/// What was read of the fields so far, and in the end of all of them.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// The value of `Host`.
    pub host: Option<&'a [u8]>,
    length: Option<u64>,
    is_chunked: bool,
    has_coding: bool,
    has_type: bool,
    is_closing: bool,
    is_keeping: bool,
    is_expecting: bool,
    is_asking_more: bool,
}

impl<'a> Facts<'a> {
    /// Takes one field into account.
    pub fn note(&mut self, name: &str, value: &'a [u8]) -> Result<(), Refusal> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name.len() {
            4 if is("host") => {
                only(self.host.replace(value).is_none(), Refusal::HostTwice)?;
                only(host::is_valid(value), Refusal::HostInvalid)?;
            }
            6 if is("expect") => {
                self.is_expecting = true;
                self.is_asking_more |= !value.eq_ignore_ascii_case(b"100-continue");
            }
            10 if is("connection") => {
                for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                    self.is_closing |= option.eq_ignore_ascii_case(b"close");
                    self.is_keeping |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            12 if is("content-type") => only(!replace(&mut self.has_type, true), Refusal::TypeTwice)?,
            14 if is("content-length") => {
                let length = number::parse(value).ok_or(Refusal::LengthInvalid)?;
                only(self.length.replace(length).is_none(), Refusal::LengthTwice)?;
            }
            17 if is("transfer-encoding") => self.note_codings(value)?,
            _ => {}
        }
        Ok(())
    }

    fn note_codings(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.has_coding = true;
        for coding in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            only(!coding.is_empty(), Refusal::CodingInvalid)?;
            only(!self.is_chunked, Refusal::ChunkedNotLast)?;
            only(coding.eq_ignore_ascii_case(b"chunked"), Refusal::CodingUnknown)?;
            self.is_chunked = true;
        }
        Ok(())
    }

    /// How the body is framed.
    pub fn framing(&self, version: Version) -> Result<Framing, Refusal> {
        match self.length {
            Some(_) if self.has_coding => Err(Refusal::LengthAndCoding),
            None if self.has_coding && version == Version::Http10 => Err(Refusal::CodingTooNew),
            Some(length) => Ok(Framing::Length(length)),
            None if self.is_chunked => Ok(Framing::Chunked),
            None => Ok(Framing::None),
        }
    }

    /// Whether the client waits for a word before it sends its body. HTTP/1.0 has no such thing.
    pub fn expects_continue(&self, version: Version, framing: Framing) -> Result<bool, Refusal> {
        match version {
            Version::Http10 => Ok(false),
            Version::Http11 if self.is_asking_more => Err(Refusal::Expectation),
            Version::Http11 => {
                Ok(self.is_expecting && !matches!(framing, Framing::None | Framing::Length(0)))
            }
        }
    }

    /// Whether the client wants to go on with the connection.
    pub fn keeps_alive(&self, version: Version) -> bool {
        !self.is_closing && (version == Version::Http11 || self.is_keeping)
    }
}

/// Refuses all but what is right.
fn only(is_right: bool, refusal: Refusal) -> Result<(), Refusal> {
    if is_right { Ok(()) } else { Err(refusal) }
}
