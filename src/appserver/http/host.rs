//! A host as a request names it: a name or an address, and perhaps a port (RFC 9110, 7.2).

use std::net::Ipv6Addr;

/// Whether `text` is one. An empty one is not: nothing could be told from it.
pub fn is_valid(text: &[u8]) -> bool {
    let (host, port) = match text {
        [b'[', rest @ ..] => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
            let is_address =
                str::from_utf8(&rest[..end]).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok());
            match &rest[end + 1..] {
                [] => return is_address,
                [b':', port @ ..] => return is_address && is_port(port),
                _ => return false,
            }
        }
        _ => match text.iter().position(|byte| *byte == b':') {
            Some(colon) => (&text[..colon], &text[colon + 1..]),
            None => (text, &b""[..]),
        },
    };
    is_name(host) && is_port(port)
}

fn is_name(mut name: &[u8]) -> bool {
    if name.is_empty() {
        return false;
    }
    loop {
        name = match name {
            [] => return true,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest,
            [byte, rest @ ..] if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte) => rest,
            _ => return false,
        };
    }
}

/// Whether it is a port; an empty one is the scheme's own.
fn is_port(port: &[u8]) -> bool {
    let digits = port.iter().all(u8::is_ascii_digit);
    port.is_empty() || (digits && str::from_utf8(port).is_ok_and(|port| port.parse::<u16>().is_ok()))
}
