//! The uwsgi protocol (<https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html>): one packet of variables, then the
//! body of `CONTENT_LENGTH` bytes. Its answer is one of HTTP/1.0, after which the connection closes.

use bytes::{Buf, BytesMut};

use super::vars::{Split, Vars};
use crate::appserver::http::Refusal;

/// Bytes before the variables: a modifier, their size (little-endian, so at most 64 KiB), another modifier.
const FIXED: usize = 4;
/// The modifier of requests for a WSGI application.
const WSGI: u8 = 0;

/// Takes the packet off the front of `buffer`; what follows it stays. `None`: it is not whole yet.
pub fn take(buffer: &mut BytesMut) -> Result<Option<Vars>, Refusal> {
    if buffer.first().is_some_and(|modifier| *modifier != WSGI) {
        return Err(Refusal::Packet);
    }
    let Some([_, low, high, _]) = buffer.first_chunk::<FIXED>() else { return Ok(None) };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    if buffer.len() < FIXED + length {
        return Ok(None);
    }
    buffer.advance(FIXED);
    Vars::read(buffer.split_to(length).freeze(), split).map(Some)
}

/// Takes one pair off: each part has its length, two bytes, before it.
fn split(rest: &[u8]) -> Option<Split<'_>> {
    let (name, rest) = part(rest)?;
    let (value, rest) = part(rest)?;
    Some((name, value, rest))
}

fn part(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))
}
