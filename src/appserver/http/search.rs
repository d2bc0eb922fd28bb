//! Where a head ends, found without looking at a byte twice, and the limits that hold before it is whole.

use memchr::memchr;

use super::refusal::Refusal;

/// No head is larger, whatever the other limits are: it is held in memory as a whole.
const MAX_HEAD_BYTES: usize = 1024 * 1024;
/// Most fields that can be asked for.
const MAX_FIELDS: usize = 32768;

/// What a client may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Bytes of a request line without its CRLF; 0: what fits into a head of 1 MiB.
    pub line: usize,
    /// Fields of a head, at most 32768; 0: 32768.
    pub fields: usize,
    /// Bytes of a field's line without its CRLF; 0: what fits into a head of 1 MiB.
    pub field_bytes: usize,
    /// Allows any token as a method, also lower-case, short and long ones.
    pub permit_unconventional_method: bool,
    /// Allows any `HTTP/digit.digit`; from 1.1 on it is taken for 1.1.
    pub permit_unconventional_version: bool,
    /// Turns methods into upper case before anything looks at them.
    pub casefold_method: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            line: 4094,
            fields: 100,
            field_bytes: 8190,
            permit_unconventional_method: false,
            permit_unconventional_version: false,
            casefold_method: false,
        }
    }
}

/// How far a head was searched. It belongs to one buffer whose front only the search's owner takes away.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Bytes that need not be looked at again.
    seen: usize,
    /// Where the line begins that is not whole yet.
    line: usize,
    /// Whole lines so far.
    lines: usize,
    /// Length of the request line.
    first: usize,
}

/// A head that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Bytes up to and with its empty line.
    pub length: usize,
    /// Bytes of its request line without CRLF.
    pub line: usize,
    /// How many fields it has.
    pub fields: usize,
}

impl Search {
    /// Goes on in `buffer`, which begins with the request line. An empty first line is none of its business.
    pub fn go_on(&mut self, buffer: &[u8], rules: &Rules) -> Result<Option<Found>, Refusal> {
        while let Some(at) = memchr(b'\n', &buffer[self.seen..]) {
            let end = self.seen + at;
            let raw = &buffer[self.line..end];
            let line = raw.strip_suffix(b"\r");
            self.check(line.unwrap_or(raw).len(), end, rules)?;
            if line.ok_or(Refusal::LineEnd)?.is_empty() && self.lines > 0 {
                return Ok(Some(Found { length: end + 1, line: self.first, fields: self.lines - 1 }));
            }
            if self.lines == 0 {
                self.first = raw.len() - 1;
            } else if self.lines > limit(rules.fields, MAX_FIELDS) {
                return Err(Refusal::TooManyFields);
            }
            self.lines += 1;
            self.seen = end + 1;
            self.line = self.seen;
        }
        self.seen = buffer.len();
        let raw = &buffer[self.line..];
        self.check(raw.strip_suffix(b"\r").unwrap_or(raw).len(), buffer.len(), rules)?;
        Ok(None)
    }

    fn check(&self, length: usize, end: usize, rules: &Rules) -> Result<(), Refusal> {
        if self.lines == 0 && length > limit(rules.line, MAX_HEAD_BYTES) {
            Err(Refusal::LineTooLong)
        } else if self.lines > 0 && length > limit(rules.field_bytes, MAX_HEAD_BYTES) {
            Err(Refusal::FieldTooLong)
        } else if end > MAX_HEAD_BYTES {
            Err(Refusal::HeadTooLarge)
        } else {
            Ok(())
        }
    }
}

/// What is asked for, within what there can be; 0 asks for all of it.
fn limit(asked: usize, most: usize) -> usize {
    if asked == 0 { most } else { asked.min(most) }
}
