//! The file that is imported: what it is called, what it is, and its bytes.

use std::fs::File;
use std::io::{self, Cursor, Read, stdin};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;

use super::error::Error;
use super::progress;

/// So many bytes tell what a file is.
const HEAD: u64 = 4096;
/// How a compressed file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A dump of `mysqldump`.
    Sql,
    /// A `file.json`.
    Json,
}

/// A file, opened.
pub struct Source {
    /// What it is called in complaints.
    pub name: String,
    /// What it holds.
    pub format: Format,
    /// Its text, unpacked.
    pub text: Box<dyn Read + Send>,
    /// How far it is read.
    pub bar: ProgressBar,
}

/// Opens a file, packed by gzip or not; `-` is standard input. Whether it is SQL or JSON shows in its beginning.
pub fn open(path: &Path) -> Result<Source, Error> {
    let (name, file, length): (String, Box<dyn Read + Send>, _) = if path == Path::new("-") {
        ("standard input".into(), Box::new(stdin()), None)
    } else {
        let cannot = |cause| Error::Open(path.to_path_buf(), cause);
        let file = File::open(path).map_err(cannot)?;
        let about = file.metadata().map_err(cannot)?;
        if about.is_dir() {
            return Err(cannot(io::ErrorKind::IsADirectory.into()));
        }
        (path.display().to_string(), Box::new(file), Some(about.len()))
    };
    let bar = progress::bytes(length);
    let cannot = |cause| Error::Read(name.clone(), cause);
    let (head, mut text) = ahead(Box::new(bar.wrap_read(file))).map_err(cannot)?;
    let mut head = head;
    if head.starts_with(&GZIP) {
        (head, text) = ahead(Box::new(MultiGzDecoder::new(text))).map_err(cannot)?;
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(Error::Wide(name));
    }
    if head.starts_with("\u{feff}".as_bytes()) {
        text.read_exact(&mut [0; 3]).map_err(cannot)?;
        head.drain(..3);
    }
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    let format = if matches!(first, Some(b'{' | b'[')) { Format::Json } else { Format::Sql };
    Ok(Source { name, format, text, bar })
}

/// The beginning of a text, and the whole text.
fn ahead(mut text: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut head = Vec::new();
    text.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(text))))
}
