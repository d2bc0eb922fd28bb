//! What a Python worker prints, line by line, where that is for the error log.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::ioctl_fionbio;
use rustix::pipe::{PipeFlags, pipe_with};

/// A line that grows longer is cut here.
const LONGEST: usize = 64 * 1024;

/// The reading end of a pipe, and the line that is not complete yet.
pub struct Output {
    pipe: Option<File>,
    part: Vec<u8>,
}

impl Output {
    /// A pipe: our end, and the one to print to, which waits if we are slow. Errors are those of the system.
    pub fn pipe() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
        ioctl_fionbio(&ours, true)?;
        Ok((Self { pipe: Some(ours.into()), part: Vec::new() }, theirs))
    }

    /// Becomes readable when something was printed; none when nobody can print any more.
    pub fn ear(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// The lines since the last call; at the end, what is left without an end of line as well.
    pub fn lines(&mut self) -> Vec<String> {
        let mut chunk = [0; 4096];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut chunk) {
                Ok(0) => self.pipe = None,
                Ok(length) => self.part.extend_from_slice(&chunk[..length]),
                Err(_) => break,
            }
        }
        let whole = match self.part.iter().rposition(|byte| *byte == b'\n') {
            _ if self.pipe.is_none() || self.part.len() > LONGEST => self.part.len(),
            Some(end) => end + 1,
            None => 0,
        };
        let text: Vec<u8> = self.part.drain(..whole).collect();
        String::from_utf8_lossy(&text).lines().map(str::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_line_is_told_when_it_is_complete_and_the_rest_at_the_end() {
        let (mut output, print) = Output::pipe().unwrap();
        let mut print = File::from(print);
        let mut told = |text: &str| {
            print.write_all(text.as_bytes()).unwrap();
            output.lines()
        };
        assert_eq!(told("one\ntw"), ["one"]);
        assert_eq!(told("o"), Vec::<String>::new());
        assert_eq!(told("\n\nthree"), ["two", ""]);
        drop(print);
        assert_eq!((output.lines(), output.ear().is_none()), (vec!["three".to_string()], true));
    }
}
