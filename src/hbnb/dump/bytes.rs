//! The bytes of a text of any length: a few are looked at ahead, lines are counted.

use std::io::{self, Read};

use memchr::memchr_iter;

/// What is read at once; the whole memory that a text needs.
const ROOM: usize = 64 * 1024;

/// A text that is read once, from the beginning to the end.
pub struct Bytes<R> {
    input: R,
    room: Box<[u8]>,
    from: usize,
    to: usize,
    line: u64,
}

impl<R: Read> Bytes<R> {
    /// The text of `input`.
    pub fn new(input: R) -> Self {
        Self { input, room: vec![0; ROOM].into_boxed_slice(), from: 0, to: 0, line: 1 }
    }

    /// The line of the next byte, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The byte that comes after `ahead` (a small number) others; none beyond the end.
    pub fn peek(&mut self, ahead: usize) -> io::Result<Option<u8>> {
        while self.to - self.from <= ahead {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(Some(self.room[self.from + ahead]))
    }

    /// What is at hand: at least one byte, unless the text has ended.
    pub fn run(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to {
            self.fill()?;
        }
        Ok(&self.room[self.from..self.to])
    }

    /// Leaves out the next `count` bytes; not more than were seen.
    pub fn skip(&mut self, count: usize) {
        let end = (self.from + count).min(self.to);
        self.line += memchr_iter(b'\n', &self.room[self.from..end]).count() as u64;
        self.from = end;
    }

    /// Reads more behind what is at hand; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.from > 0 {
            self.room.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        loop {
            match self.input.read(&mut self.room[self.to..]) {
                Ok(count) => {
                    self.to += count;
                    return Ok(count > 0);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
    }
}
