//! Addresses of our own site, for links and redirects: nobody is led elsewhere by a link to us.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest, in bytes.
const MAX: usize = 2000;

/// The text, if it is the path of a page of ours. A second slash, or a backslash, would begin the name of another host; what
/// browsers skip, like tabs, could hide one.
pub fn path(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (plain && !rest.starts_with('/') && text.len() <= MAX).then_some(text)
}

/// `page` with the address where to go afterwards, if there is one.
pub fn with_next(page: &str, next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{page}?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC)),
        None => page.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_ours_leads_on() {
        for right in ["/", "/account", "/places/1?from=2026-01-01&to=2026-01-03", "/a//b"] {
            assert_eq!(path(right), Some(right));
        }
        let long = format!("/{}", "a".repeat(MAX));
        for wrong in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: a=b",
            "/é",
            "/ /evil",
            &long,
        ] {
            assert_eq!(path(wrong), None, "{wrong:?}");
        }
    }
}
