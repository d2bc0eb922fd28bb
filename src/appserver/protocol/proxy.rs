//! The PROXY protocol, version 1 and 2 (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use memchr::memchr;

use crate::appserver::http::Refusal;

/// What a header of version 2 begins with.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// What a header of version 1 begins with.
const WORD: &[u8] = b"PROXY ";
/// Longest line of version 1, CRLF included; the protocol's own limit.
const MAX_LINE: usize = 107;
/// Bytes of version 2 before its addresses.
const FIXED: usize = 16;
/// Longest rest of version 2: addresses are at most 216 bytes, what follows them is not needed here.
const MAX_REST: usize = 4096;

/// Which versions are spoken. A connection without a header is refused: who does not send one is not the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The line of text only.
    V1,
    /// The binary one only.
    V2,
    /// Either.
    Auto,
}

/// Who the connection is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The peer itself: the proxy's own check, or a client whose address cannot be told.
    Peer,
    /// A client of the proxy.
    Client {
        /// Its address.
        from: SocketAddr,
        /// The address it connected to.
        to: SocketAddr,
    },
}

/// Reads the header at the front of `bytes`: the source and the header's length. `None`: it is not whole yet.
pub fn parse(bytes: &[u8], mode: Mode) -> Result<Option<(Source, usize)>, Refusal> {
    let begins = |mark: &[u8]| bytes.iter().zip(mark).all(|(byte, other)| byte == other);
    let is_text = mode != Mode::V2 && begins(WORD);
    let is_binary = mode != Mode::V1 && begins(SIGNATURE);
    match (is_text, is_binary) {
        (false, false) => Err(Refusal::Proxy),
        (true, true) => Ok(None),
        (true, false) => text(bytes),
        (false, true) => binary(bytes),
    }
}

fn text(bytes: &[u8]) -> Result<Option<(Source, usize)>, Refusal> {
    let seen = &bytes[..bytes.len().min(MAX_LINE)];
    let Some(end) = memchr(b'\n', seen) else {
        return if bytes.len() < MAX_LINE { Ok(None) } else { Err(Refusal::Proxy) };
    };
    let line = seen[WORD.len()..end].strip_suffix(b"\r").ok_or(Refusal::Proxy)?;
    let source = source(str::from_utf8(line).map_err(|_| Refusal::Proxy)?).ok_or(Refusal::Proxy)?;
    Ok(Some((source, end + 1)))
}

/// Reads a line after its first word.
fn source(line: &str) -> Option<Source> {
    let mut words = line.split(' ');
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(Source::Peer);
    }
    let mut address = || -> Option<IpAddr> {
        let word = words.next()?;
        match family {
            "TCP4" => word.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => word.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    };
    let (from, to) = (address()?, address()?);
    let mut port = || -> Option<u16> {
        let word = words.next()?;
        let is_plain =
            word.bytes().all(|byte| byte.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
        if is_plain { word.parse().ok() } else { None }
    };
    let (from, to) = (SocketAddr::new(from, port()?), SocketAddr::new(to, port()?));
    words.next().is_none().then_some(Source::Client { from, to })
}

fn binary(bytes: &[u8]) -> Result<Option<(Source, usize)>, Refusal> {
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > MAX_REST {
        return Err(Refusal::Proxy);
    }
    let Some(rest) = rest.get(..length) else { return Ok(None) };
    let source = match (fixed[12], fixed[13]) {
        // Whatever stands there for the proxy's own connections means nothing.
        (0x20, _) => Some(Source::Peer),
        (0x21, 0x11) => client::<4>(rest),
        (0x21, 0x21) => client::<16>(rest),
        // Not told, datagrams, or a socket file at the proxy.
        (0x21, 0x00 | 0x12 | 0x22 | 0x31 | 0x32) => Some(Source::Peer),
        _ => None,
    };
    Ok(Some((source.ok_or(Refusal::Proxy)?, FIXED + length)))
}

/// Two addresses of `N` bytes, then two ports.
fn client<const N: usize>(rest: &[u8]) -> Option<Source>
where
    IpAddr: From<[u8; N]>,
{
    let (from, rest) = rest.split_first_chunk::<N>()?;
    let (to, rest) = rest.split_first_chunk::<N>()?;
    let ports = rest.first_chunk::<4>()?;
    let port = |at: usize| u16::from_be_bytes([ports[at], ports[at + 1]]);
    Some(Source::Client {
        from: SocketAddr::new(IpAddr::from(*from), port(0)),
        to: SocketAddr::new(IpAddr::from(*to), port(2)),
    })
}
