//! A request's body, read whole before anybody works on it: short ones in memory, long ones in a file without a name.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use bytes::{Bytes, BytesMut};

/// What is longer lies in a file.
pub const IN_MEMORY: usize = 64 * 1024;

/// A whole body.
#[derive(Debug)]
pub enum Body {
    /// Short.
    Memory(Bytes),
    /// Long: the file, at its start, and its length.
    File(File, u64),
}

impl Body {
    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }
}

/// A body that arrives.
pub struct Gathering<'a> {
    folder: &'a Path,
    memory: BytesMut,
    file: Option<(File, u64)>,
}

impl<'a> Gathering<'a> {
    /// Nothing yet; if it gets long, its file lies in `folder`.
    pub fn new(folder: &'a Path) -> Self {
        Self { folder, memory: BytesMut::new(), file: None }
    }

    /// Adds what came. Errors are those of the disk.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.memory.len() + bytes.len() <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        if self.file.is_none() {
            self.file = Some((tempfile::tempfile_in(self.folder)?, 0));
        }
        let Some((file, length)) = &mut self.file else { return Ok(()) };
        for part in [&self.memory[..], bytes] {
            file.write_all(part)?;
            *length += part.len() as u64;
        }
        self.memory.clear();
        Ok(())
    }

    /// All came. Errors are those of the disk.
    pub fn end(self) -> io::Result<Body> {
        match self.file {
            None => Ok(Body::Memory(self.memory.freeze())),
            Some((mut file, length)) => {
                file.seek(SeekFrom::Start(0))?;
                Ok(Body::File(file, length))
            }
        }
    }
}
