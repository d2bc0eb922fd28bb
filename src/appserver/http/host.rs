//! A host as a request names it: a name or an address, and perhaps a port (RFC 9110, 7.2).

use std::net::Ipv6Addr;

use memchr::memchr;

use super::number;

/// Whether `text` is one. An empty one is not: nothing could be told from it.
pub fn is_valid(text: &[u8]) -> bool {
    if let Some(inside) = text.strip_prefix(b"[") {
        let Some(end) = memchr(b']', inside) else { return false };
        let after = &inside[end + 1..];
        return is_address(&inside[..end])
            && (after.is_empty() || after.strip_prefix(b":").is_some_and(is_port));
    }
    match memchr(b':', text) {
        Some(colon) => is_name(&text[..colon]) && is_port(&text[colon + 1..]),
        None => is_name(text),
    }
}

fn is_address(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

fn is_name(name: &[u8]) -> bool {
    let is_plain = |byte: &u8| {
        matches!(
            byte,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'$'..=b'.' | b';' | b'=' | b'_' | b'~'
        )
    };
    !name.is_empty() && name.iter().all(is_plain) && are_escapes(name)
}

/// Whether every `%` begins an escape.
fn are_escapes(name: &[u8]) -> bool {
    let mut parts = name.split(|byte| *byte == b'%').skip(1);
    parts.all(|part| part.len() >= 2 && part[..2].iter().all(u8::is_ascii_hexdigit))
}

/// Whether it is a port; an empty one is the scheme's own.
fn is_port(port: &[u8]) -> bool {
    port.is_empty() || number::parse(port).is_some_and(|port| port <= u64::from(u16::MAX))
}
