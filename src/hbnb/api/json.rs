//! JSON as the old clients know it: compact, keys sorted, ASCII only, one newline at the end.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Writes what is not plain ASCII as `\uXXXX`, pairs of them beyond the first plane.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let plain = |c: char| (' '..='~').contains(&c);
        let mut rest = fragment;
        while let Some(at) = rest.find(|c| !plain(c)) {
            let (before, other) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let Some(first) = other.chars().next() else { break };
            for unit in first.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &other[first.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

/// The text of `value` for a client.
pub fn text(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to memory cannot fail, and our values have only text keys.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut out, Ascii));
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ascii_is_escaped_as_python_does() {
        let said = String::from_utf8(text(&"é\u{7f}\n\"\\/ 😀.")).unwrap();
        assert_eq!(said, "\"\\u00e9\\u007f\\n\\\"\\\\/ \\ud83d\\ude00.\"\n");
    }
}
