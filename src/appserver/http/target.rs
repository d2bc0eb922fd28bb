//! What a request asks for (RFC 9112, 3.2).

use memchr::memchr;

use super::host;
use super::refusal::Refusal;

/// A target in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The host and port of an absolute form: it counts instead of the field `Host`.
    pub authority: Option<&'a [u8]>,
    /// As sent, without its query; empty stands for `/`.
    pub path: &'a [u8],
    /// What follows the first `?`; empty if nothing does.
    pub query: &'a [u8],
}

/// Reads the target of a request of `method`. The path begins with `/`, or is `*` for OPTIONS.
pub fn parse<'a>(method: &[u8], target: &'a [u8]) -> Result<Target<'a>, Refusal> {
    if method == b"CONNECT" {
        return Err(Refusal::Tunnel);
    }
    if target[0] == b'/' {
        return Ok(divide(target, None));
    }
    if target == b"*" && method == b"OPTIONS" {
        return Ok(Target { authority: None, path: target, query: b"" });
    }
    let rest = after_scheme(target).ok_or(Refusal::Target)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    if !host::is_valid(&rest[..end]) {
        return Err(Refusal::Target);
    }
    Ok(divide(&rest[end..], Some(&rest[..end])))
}

fn divide<'a>(target: &'a [u8], authority: Option<&'a [u8]>) -> Target<'a> {
    match memchr(b'?', target) {
        Some(mark) => Target { authority, path: &target[..mark], query: &target[mark + 1..] },
        None => Target { authority, path: target, query: b"" },
    }
}

fn after_scheme(target: &[u8]) -> Option<&[u8]> {
    [&b"http://"[..], b"https://"].into_iter().find_map(|scheme| {
        let (typed, rest) = target.split_at_checked(scheme.len())?;
        typed.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}
