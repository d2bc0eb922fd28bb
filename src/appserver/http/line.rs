//! The request line (RFC 9112, 3).

use memchr::memchr;

use super::refusal::Refusal;
use super::search::Rules;

/// Bytes of ` HTTP/1.1`.
const VERSION: usize = 9;

/// A version of HTTP that we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
}

impl Version {
    /// As a request line says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

/// A request line in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// A token.
    pub method: &'a [u8],
    /// As sent: no space, no control character, no `#`.
    pub target: &'a [u8],
    /// The version.
    pub version: Version,
}

/// Reads a line without its CRLF.
pub fn parse<'a>(line: &'a [u8], rules: &Rules) -> Result<Line<'a>, Refusal> {
    let space = memchr(b' ', line).ok_or(Refusal::RequestLine)?;
    let (method, rest) = (&line[..space], &line[space + 1..]);
    check_method(method, rules)?;
    let at = rest.len().checked_sub(VERSION).ok_or(Refusal::RequestLine)?;
    let (target, version) = (&rest[..at], version(&rest[at..], rules)?);
    if target.is_empty() || target.contains(&b' ') {
        return Err(Refusal::RequestLine);
    }
    // Without an early exit, so that many bytes are looked at at once.
    let is_bad = target.iter().fold(false, |bad, &byte| bad | (byte < b' ' || byte == 0x7f || byte == b'#'));
    if is_bad { Err(Refusal::Target) } else { Ok(Line { method, target, version }) }
}

fn check_method(method: &[u8], rules: &Rules) -> Result<(), Refusal> {
    let is_usual = |byte: &u8| !byte.is_ascii_lowercase() && *byte != b'#';
    let is_allowed = rules.permit_unconventional_method
        || ((3..=20).contains(&method.len()) && method.iter().all(is_usual));
    if !method.is_empty() && is_allowed && method.iter().all(|byte| is_token(*byte)) {
        Ok(())
    } else {
        Err(Refusal::Method)
    }
}

fn version(text: &[u8], rules: &Rules) -> Result<Version, Refusal> {
    match text {
        b" HTTP/1.1" => Ok(Version::Http11),
        b" HTTP/1.0" => Ok(Version::Http10),
        [b' ', b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => {
            match rules.permit_unconventional_version {
                true if (*major, *minor) >= (b'1', b'1') => Ok(Version::Http11),
                true => Ok(Version::Http10),
                false => Err(Refusal::Version),
            }
        }
        _ => Err(Refusal::RequestLine),
    }
}

/// Whether a byte may stand in a token (RFC 9110, 5.6.2).
pub fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
    )
}
