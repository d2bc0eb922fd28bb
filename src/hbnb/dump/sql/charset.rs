//! The encodings of a dump's texts.

use crate::hbnb::dump::fault::Fault;

/// How texts are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Nothing was said: UTF-8 unless the table says latin1 and the bytes are not UTF-8.
    Unsaid,
    /// `utf8`, `utf8mb3`, `utf8mb4`, `ascii`.
    Utf8,
    /// `latin1`: MySQL means Windows' code page 1252.
    Latin1,
}

/// What 0x80 to 0x9f are in `latin1`; the five that code page 1252 leaves open are control characters, as in MySQL.
/// <https://dev.mysql.com/doc/refman/8.4/en/charset-we-sets.html>
const LATIN1: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Charset {
    /// The encoding of this name in SQL; upper and lower case are the same.
    pub fn parse(name: &str) -> Result<Self, Fault> {
        match name.to_ascii_lowercase().as_str() {
            "utf8" | "utf8mb3" | "utf8mb4" | "ascii" => Ok(Charset::Utf8),
            "latin1" => Ok(Charset::Latin1),
            "binary" | "default" => Ok(Charset::Unsaid),
            _ => Err(Fault::Charset(name.to_string())),
        }
    }

    /// `bytes` as text; `table` is what the table says of itself. None if they are none.
    pub fn decode(self, bytes: &[u8], table: Charset) -> Option<String> {
        match (self, std::str::from_utf8(bytes)) {
            (Charset::Latin1, _) => Some(latin1(bytes)),
            (_, Ok(text)) => Some(text.to_string()),
            (Charset::Unsaid, Err(_)) if table == Charset::Latin1 => Some(latin1(bytes)),
            (_, Err(_)) => None,
        }
    }
}

fn latin1(bytes: &[u8]) -> String {
    let meant = |byte: &u8| match byte {
        0x80..=0x9f => LATIN1[usize::from(byte - 0x80)],
        other => char::from(*other),
    };
    bytes.iter().map(meant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin1_is_what_mysql_calls_so() {
        let euro = Charset::Latin1.decode(b"caf\xe9 5 \x80 \x81", Charset::Unsaid);
        assert_eq!(euro.as_deref(), Some("café 5 € \u{81}"));
    }

    #[test]
    fn an_unsaid_encoding_is_utf8_unless_the_table_and_the_bytes_say_latin1() {
        let read = |bytes: &[u8], table| Charset::Unsaid.decode(bytes, table);
        assert_eq!(read("é".as_bytes(), Charset::Latin1).as_deref(), Some("é"));
        assert_eq!(read(b"\xe9", Charset::Latin1).as_deref(), Some("é"));
        assert_eq!(read(b"\xe9", Charset::Utf8), None);
    }

    #[test]
    fn another_encoding_is_refused() {
        assert_eq!(Charset::parse("UTF8MB4"), Ok(Charset::Utf8));
        assert_eq!(Charset::parse("cp1251"), Err(Fault::Charset("cp1251".into())));
    }
}
