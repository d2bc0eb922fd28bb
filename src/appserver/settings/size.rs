//! Numbers that people write in a form of their own: sizes and file modes.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, text};

/// The largest file mode, and the largest mask.
const MAX_MODE: u32 = 0o777;
/// The suffixes of sizes, each by how many bits it shifts; the longer ones first.
const SUFFIXES: [(&str, u32); 10] = [
    ("KIB", 10),
    ("MIB", 20),
    ("GIB", 30),
    ("KB", 10),
    ("MB", 20),
    ("GB", 30),
    ("K", 10),
    ("M", 20),
    ("G", 30),
    ("B", 0),
];

/// A size in bytes; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes(pub u64);

impl Value for Bytes {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let typed = text(given)?.to_ascii_uppercase();
        let suffix = SUFFIXES.iter().find(|(suffix, _)| typed.ends_with(suffix));
        let (suffix, bits) = suffix.copied().unwrap_or(("", 0));
        let count = typed[..typed.len() - suffix.len()].trim().parse::<u64>().ok();
        match count.and_then(|count| count.checked_mul(1 << bits)) {
            Some(bytes) => *self = Self(bytes),
            None => return Misfit::wanted("a size like `512MB`, `2GB` or a number of bytes"),
        }
        Ok(())
    }

    fn show(&self) -> String {
        let named = [("GB", 30), ("MB", 20), ("KB", 10)];
        match named.into_iter().find(|(_, bits)| self.0 > 0 && self.0.trailing_zeros() >= *bits) {
            Some((name, bits)) => format!("{}{name}", self.0 >> bits),
            None => self.0.to_string(),
        }
    }
}

/// A file mode, or a mask of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode(pub u32);

impl Value for Mode {
    /// A text is octal and says so by its first zero; a number (of a Python file) is what it is.
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let mode = match given {
            Json::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            _ => {
                let typed = text(given)?.to_ascii_lowercase();
                let digits = typed.strip_prefix('0').map(|rest| rest.strip_prefix('o').unwrap_or(rest));
                match digits {
                    Some("") => Some(0),
                    Some(digits) => u32::from_str_radix(digits, 8).ok(),
                    None => None,
                }
            }
        };
        match mode.filter(|mode| *mode <= MAX_MODE) {
            Some(mode) => *self = Self(mode),
            None => return Misfit::wanted("an octal number with a leading zero, from 0 to 0777, like 027"),
        }
        Ok(())
    }

    fn show(&self) -> String {
        match self.0 {
            0 => "0".into(),
            mode => format!("0{mode:o}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(given: impl Into<Json>) -> Option<u64> {
        let mut bytes = Bytes(0);
        bytes.read(&given.into(), &(0..=0)).ok().map(|()| bytes.0)
    }

    fn mode(given: impl Into<Json>) -> Option<u32> {
        let mut mode = Mode(0);
        mode.read(&given.into(), &(0..=0)).ok().map(|()| mode.0)
    }

    #[test]
    fn a_size_has_a_suffix_or_is_bytes() {
        assert_eq!(
            ["512MB", "2 GiB", "1k", "77", "10b"].map(bytes),
            [Some(512 << 20), Some(2 << 30), Some(1024), Some(77), Some(10)]
        );
        assert_eq!(bytes(1048576), Some(1 << 20));
        assert_eq!(["", "MB", "1.5GB", "-1", "99999999999GB"].map(bytes), [None; 5]);
        assert_eq!([0, 1000, 1 << 20, 3 << 30].map(|n| Bytes(n).show()), ["0", "1000", "1MB", "3GB"]);
    }

    #[test]
    fn a_mode_is_octal_by_its_leading_zero_and_a_number_is_what_it_is() {
        assert_eq!(["0", "027", "0o700", "0777"].map(mode), [Some(0), Some(0o27), Some(0o700), Some(0o777)]);
        assert_eq!(["27", "0888", "01000", "", "-1"].map(mode), [None; 5]);
        assert_eq!([mode(23), mode(512)], [Some(0o27), None]);
    }
}
