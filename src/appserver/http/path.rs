//! Paths as applications see them: decoded, and divided where the application is mounted.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// Decodes a path, once. What is no escape (`%zz`) stays as it is.
pub fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    percent_decode(raw).into()
}

/// Divides a decoded path into the prefix where the application is mounted and the rest: `SCRIPT_NAME` and
/// `PATH_INFO`. Prefixes match whole segments, the longest one wins; `/` and the empty one match every path. A slash
/// at the end of a prefix means nothing. `None`: no prefix matches, the answer is 404. What `..` leads out of a prefix is
/// not below it: proxies, which resolve `..` before they look, would ask somebody else.
pub fn mount<'a>(path: &'a [u8], prefixes: &[String]) -> Option<(&'a [u8], &'a [u8])> {
    let lengths = prefixes.iter().filter_map(|prefix| {
        let prefix = prefix.trim_end_matches('/');
        let rest = path.strip_prefix(prefix.as_bytes())?;
        let is_below = matches!(rest, [] | [b'/', ..]) && !leaves(rest);
        (prefix.is_empty() || is_below).then_some(prefix.len())
    });
    lengths.max().map(|length| path.split_at(length))
}

/// Whether a path leaves the place where it begins.
fn leaves(path: &[u8]) -> bool {
    let mut depth = 0_i32;
    path.split(|byte| *byte == b'/').any(|segment| {
        match segment {
            b"" | b"." => {}
            b".." => depth -= 1,
            _ => depth += 1,
        }
        depth < 0
    })
}

/// What of a raw path stands behind its first `count` decoded bytes.
pub fn behind(raw: &[u8], count: usize) -> &[u8] {
    let mut rest = raw;
    for _ in 0..count {
        let is_escape = matches!(rest, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
        rest = rest.get(if is_escape { 3 } else { 1 }..).unwrap_or_default();
    }
    rest
}

/// Bytes that stand for themselves in a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path that [`decode`] makes `path` of.
pub fn encode(path: &[u8]) -> String {
    percent_encode(path, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_once_and_wrong_escapes_stay() {
        let read = |raw: &str| decode(raw.as_bytes()).into_owned();
        assert_eq!(read("/a%20b+c"), b"/a b+c");
        assert_eq!(read("/%2541"), b"/%41");
        assert_eq!(read("/%zz%4"), b"/%zz%4");
        assert_eq!(read("/%ff%00"), b"/\xff\0");
    }

    #[test]
    fn an_application_is_mounted_on_whole_segments() {
        let at = |path: &str, prefixes: &[&str]| {
            let prefixes: Vec<String> = prefixes.iter().map(|prefix| prefix.to_string()).collect();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            mount(path.as_bytes(), &prefixes).map(|(script, info)| (text(script), text(info)))
        };
        let parts = |script: &str, info: &str| Some((script.to_string(), info.to_string()));
        assert_eq!(at("/app", &["/app"]), parts("/app", ""));
        assert_eq!(at("/app/", &["/app"]), parts("/app", "/"));
        assert_eq!(at("/app/x", &["/app/"]), parts("/app", "/x"));
        assert_eq!(at("/apple", &["/app"]), None);
        assert_eq!(at("/x/app", &["/app"]), None);
        assert_eq!(at("/app/v2/x", &["/app", "/app/v2", "/"]), parts("/app/v2", "/x"));
        assert_eq!(at("/other", &["/app", "/"]), parts("", "/other"));
        assert_eq!(at("*", &[""]), parts("", "*"));
        assert_eq!(at("*", &["/app"]), None);
        assert_eq!(at("/", &[]), None);
        assert_eq!(at("/app/a/../.", &["/app"]), parts("/app", "/a/../."));
        for outside in ["/app/..", "/app/a/../..", "/app//../x", "/app/a/../../app/x", "/app/./../x"] {
            assert_eq!(at(outside, &["/app"]), None, "{outside}");
            assert_eq!(at(outside, &["/app", "/"]), parts("", outside));
        }
        assert_eq!(at("/app/v2/../x", &["/app", "/app/v2"]), parts("/app", "/v2/../x"));
    }

    #[test]
    fn what_stands_behind_a_prefix_stays_as_it_was_sent() {
        let rest = |raw: &str, count| String::from_utf8(behind(raw.as_bytes(), count).to_vec()).unwrap();
        assert_eq!(rest("/a%20b/c%2fd", 4), "/c%2fd");
        assert_eq!(rest("/%zz/%4", 4), "/%4");
        assert_eq!((rest("/a", 2), rest("/a", 9)), (String::new(), String::new()));
    }

    #[test]
    fn an_encoded_path_is_decoded_to_itself() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(encode(&all).as_bytes()).into_owned(), all);
        assert_eq!(encode(b"/a-b.c_d~/\xff ?"), "/a-b.c_d~/%FF%20%3F");
    }
}
