//! SQL as words, numbers, quoted texts and marks.
//!
//! Comments are left out, except that what MySQL executes of them (`/*!40101 SET NAMES utf8 */`) is read like everything
//! else. <https://dev.mysql.com/doc/refman/8.4/en/comments.html>

use std::io::Read;

use memchr::{memchr, memchr2};

use crate::hbnb::dump::bytes::Bytes;
use crate::hbnb::dump::fault::{Fail, Fault};

/// No column of ours holds a longer value, however it is escaped.
const LONGEST: usize = 1 << 20;
/// MariaDB hides a command of its client in a comment for a server that will never be.
const NEVER: u32 = 999_999;
/// How the first comment of a program's dump begins, if the program also writes a last one.
const HEADS: [&[u8]; 3] = [b"-- MySQL dump ", b"-- MariaDB dump ", b"-- hbnb dump"];
/// How the last comment begins.
const TAIL: &[u8] = b"-- Dump completed";

/// A piece of SQL; what it consists of is in [`Tokens::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A keyword or a name without quotes.
    Word,
    /// What begins with a digit, or with a point before a digit.
    Number,
    /// A name in backticks.
    Name,
    /// A text in single or double quotes, its escapes resolved.
    Text,
    /// Any other character.
    Mark(u8),
    /// The end of the file.
    End,
}

/// Whether long values are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Texts are kept; too long a one is an error.
    Keep,
    /// Texts are passed over, however long.
    Drop,
}

/// Reads tokens, one after the other.
pub struct Tokens<R> {
    bytes: Bytes<R>,
    text: Vec<u8>,
    line: u64,
    conditional: bool,
    promised: bool,
}

impl<R: Read> Tokens<R> {
    /// The tokens of `bytes`.
    pub fn new(bytes: Bytes<R>) -> Self {
        Self { bytes, text: Vec::new(), line: 1, conditional: false, promised: false }
    }

    /// What the last token consists of: quotes and escapes are gone.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Lets the last token stand for something else than it was written as.
    pub fn replace(&mut self, text: Vec<u8>) {
        self.text = text;
    }

    /// The line in which the last token begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether the program that wrote this said hello and has not yet said that it is done.
    pub fn is_promised(&self) -> bool {
        self.promised
    }

    /// The next token.
    pub fn next(&mut self, care: Care) -> Result<Token, Fail> {
        self.text.clear();
        let first = self.skip_blank()?;
        self.line = self.bytes.line();
        let Some(first) = first else { return Ok(Token::End) };
        let point = first == b'.' && self.bytes.peek(1)?.is_some_and(|b| b.is_ascii_digit());
        match first {
            b'\'' | b'"' => self.quoted(first, care).map(|()| Token::Text),
            b'`' => self.quoted(first, Care::Keep).map(|()| Token::Name),
            b'0'..=b'9' => self.number().map(|()| Token::Number),
            b'.' if point => self.number().map(|()| Token::Number),
            first if is_word(first) => self.word().map(|()| Token::Word),
            mark => {
                self.text.push(mark);
                self.bytes.skip(1);
                Ok(Token::Mark(mark))
            }
        }
    }

    /// The next byte of all, blank or not.
    pub fn peek(&mut self) -> Result<Option<u8>, Fail> {
        Ok(self.bytes.peek(0)?)
    }

    /// The rest of the line, for the commands of MySQL's own client, which know no quotes.
    pub fn rest_of_line(&mut self) -> Result<&[u8], Fail> {
        self.text.clear();
        self.until_newline()?;
        Ok(self.text.trim_ascii())
    }

    fn skip_blank(&mut self) -> Result<Option<u8>, Fail> {
        loop {
            let Some(first) = self.bytes.peek(0)? else {
                return if self.conditional { self.fault(Fault::Unclosed("comment")) } else { Ok(None) };
            };
            match first {
                b' ' | b'\n' | b'\r' | b'\t' | 0x0b | 0x0c => self.bytes.skip(1),
                b'#' => self.line_comment()?,
                b'-' if self.bytes.peek(1)? == Some(b'-') && self.is_blank_at(2)? => self.line_comment()?,
                b'/' if self.bytes.peek(1)? == Some(b'*') => self.comment()?,
                b'*' if self.conditional && self.bytes.peek(1)? == Some(b'/') => {
                    self.conditional = false;
                    self.bytes.skip(2);
                }
                _ => return Ok(Some(first)),
            }
        }
    }

    fn is_blank_at(&mut self, ahead: usize) -> Result<bool, Fail> {
        Ok(self.bytes.peek(ahead)?.is_none_or(|b| b <= b' '))
    }

    fn line_comment(&mut self) -> Result<(), Fail> {
        self.until_newline()?;
        if HEADS.iter().any(|head| self.text.starts_with(head)) {
            self.promised = true;
        } else if self.text.starts_with(TAIL) {
            self.promised = false;
        }
        self.text.clear();
        Ok(())
    }

    /// Moves to the end of the line; the beginning of what was passed is in `text`.
    fn until_newline(&mut self) -> Result<(), Fail> {
        loop {
            let run = self.bytes.run()?;
            let end = memchr(b'\n', run);
            let count = end.unwrap_or(run.len());
            let wanted = count.min(TAIL.len().max(32).saturating_sub(self.text.len()));
            self.text.extend_from_slice(&run[..wanted]);
            self.bytes.skip(count);
            if end.is_some() || count == 0 {
                return Ok(());
            }
        }
    }

    /// Enters a comment that MySQL executes; passes over any other.
    fn comment(&mut self) -> Result<(), Fail> {
        self.line = self.bytes.line();
        let mark = self.bytes.peek(2)?;
        let length = match mark {
            Some(b'!') => 3,
            Some(b'M') if self.bytes.peek(3)? == Some(b'!') => 4,
            _ => return self.plain_comment(),
        };
        let mut digits = 0;
        let mut version = 0;
        while let Some(digit @ b'0'..=b'9') = self.bytes.peek(length + digits)? {
            if digits == 6 {
                break;
            }
            version = version * 10 + u32::from(digit - b'0');
            digits += 1;
        }
        if version >= NEVER {
            return self.plain_comment();
        }
        self.bytes.skip(length + digits);
        self.conditional = true;
        Ok(())
    }

    fn plain_comment(&mut self) -> Result<(), Fail> {
        self.bytes.skip(2);
        loop {
            match memchr(b'*', self.bytes.run()?) {
                Some(at) => self.bytes.skip(at),
                None => {
                    let count = self.bytes.run()?.len();
                    if count == 0 {
                        return self.fault(Fault::Unclosed("comment"));
                    }
                    self.bytes.skip(count);
                    continue;
                }
            }
            if self.bytes.peek(1)? == Some(b'/') {
                self.bytes.skip(2);
                return Ok(());
            }
            self.bytes.skip(1);
        }
    }

    fn quoted(&mut self, quote: u8, care: Care) -> Result<(), Fail> {
        self.bytes.skip(1);
        loop {
            let run = self.bytes.run()?;
            let found = if quote == b'`' { memchr(quote, run) } else { memchr2(quote, b'\\', run) };
            let count = found.unwrap_or(run.len());
            if run.is_empty() {
                return self.fault(Fault::Unclosed("quoted text"));
            }
            let met = found.map(|at| run[at]);
            if care == Care::Keep {
                self.text.extend_from_slice(&run[..count]);
            }
            self.bytes.skip(count);
            if self.text.len() > LONGEST {
                return self.fault(Fault::Long);
            }
            match met {
                Some(b'\\') => self.escape(care)?,
                Some(_) if self.bytes.peek(1)? == Some(quote) => {
                    self.push(quote, care);
                    self.bytes.skip(2);
                }
                Some(_) => {
                    self.bytes.skip(1);
                    return Ok(());
                }
                None => {}
            }
        }
    }

    /// <https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>
    fn escape(&mut self, care: Care) -> Result<(), Fail> {
        let Some(escaped) = self.bytes.peek(1)? else {
            return self.fault(Fault::Unclosed("quoted text"));
        };
        self.bytes.skip(2);
        let meant = match escaped {
            b'0' => 0,
            b'b' => 8,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'Z' => 26,
            b'%' | b'_' => {
                self.push(b'\\', care);
                escaped
            }
            other => other,
        };
        self.push(meant, care);
        Ok(())
    }

    fn push(&mut self, byte: u8, care: Care) {
        if care == Care::Keep {
            self.text.push(byte);
        }
    }

    fn word(&mut self) -> Result<(), Fail> {
        while let Some(byte) = self.bytes.peek(0)?.filter(|byte| is_word(*byte)) {
            self.take(byte)?;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fail> {
        while let Some(byte) = self.bytes.peek(0)? {
            let exponent = matches!(byte, b'+' | b'-')
                && matches!(self.text.last(), Some(b'e' | b'E'))
                && !self.text.starts_with(b"0x");
            if !(is_word(byte) || byte == b'.' || exponent) {
                break;
            }
            self.take(byte)?;
        }
        Ok(())
    }

    fn take(&mut self, byte: u8) -> Result<(), Fail> {
        if self.text.len() > LONGEST {
            return self.fault(Fault::Long);
        }
        self.text.push(byte);
        self.bytes.skip(1);
        Ok(())
    }

    fn fault<T>(&self, fault: Fault) -> Result<T, Fail> {
        Err(Fail::At(self.line, fault))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@') || byte >= 0x80
}
