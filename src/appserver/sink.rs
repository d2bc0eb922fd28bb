//! A file that lines are appended to, and that may be full for a while.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Where lines go.
pub struct Sink {
    file: File,
    /// Lines that could not be written since the last one that could.
    lost: usize,
    /// Whether a part of a line is the last thing that could.
    is_torn: bool,
}

/// What there is to tell of a file; each once.
#[derive(Debug)]
pub enum Change {
    /// Lines are lost from now on.
    Full(io::Error),
    /// Lines are written again; how many were lost.
    Room(usize),
}

impl Sink {
    /// Lines for an open descriptor.
    pub fn new(descriptor: OwnedFd) -> Self {
        Self { file: descriptor.into(), lost: 0, is_torn: false }
    }

    /// Writes whole lines, in one write if the file takes them. What it does not take is lost.
    pub fn write(&mut self, lines: &[u8]) -> Option<Change> {
        let was_full = self.lost > 0;
        let text = if self.is_torn { Cow::from([b"\n", lines].concat()) } else { lines.into() };
        let (written, result) = write(&mut self.file, &text);
        let taken = &text[..written];
        // The end of a torn line is none of ours.
        let left = &lines[written.saturating_sub(text.len() - lines.len())..];
        self.is_torn = taken.last().map_or(self.is_torn, |byte| *byte != b'\n');
        match result {
            Ok(()) => was_full.then(|| Change::Room(std::mem::take(&mut self.lost))),
            Err(error) => {
                self.lost += left.iter().filter(|byte| **byte == b'\n').count();
                (!was_full).then_some(Change::Full(error))
            }
        }
    }

    /// Goes on in another file.
    pub fn replace(&mut self, descriptor: OwnedFd) {
        self.file = descriptor.into();
        self.is_torn = false;
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// How many bytes were written, and why no more.
fn write(file: &mut File, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return (written, Err(ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
    use std::io::Read;

    #[test]
    fn what_is_full_is_told_once_and_a_torn_line_is_ended_before_the_next() {
        let (ours, theirs) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).unwrap();
        let size = fcntl_setpipe_size(&theirs, 4096).unwrap();
        let mut read = File::from(ours);
        let mut sink = Sink::new(theirs.as_fd().try_clone_to_owned().unwrap());
        assert!(sink.write(&[&vec![b'x'; size - 4][..], b"\n"].concat()).is_none());
        let torn = [&vec![b'y'; size][..], b"\nz\n"].concat();
        assert!(matches!(sink.write(&torn), Some(Change::Full(_))));
        assert!(sink.write(b"lost\n").is_none());
        let mut bytes = vec![0; size];
        read.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes[size - 4..], *b"\nyyy");
        assert!(matches!(sink.write(b"new\n"), Some(Change::Room(3))));
        let length = read.read(&mut bytes).unwrap();
        assert_eq!(bytes[..length], *b"\nnew\n");
    }
}
