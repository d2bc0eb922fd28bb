//! What goes to hosts: programs found beside this one, and code; named by digest, packed once a run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::base::diagnostic::Diagnostic;
use crate::resource::app::release::Payload;
use crate::resource::stamp::digest;

/// One program or archive for the hosts.
#[derive(Debug)]
pub struct Binary {
    /// Name, digest and size.
    pub payload: Payload,
    content: Content,
    packed: Mutex<Option<Arc<Vec<u8>>>>,
}

#[derive(Debug)]
enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Binary {
    /// Bytes that are called by their digest, between `start` and `end`: `source-9f86d081884c.tar`.
    pub fn of_bytes(start: &str, end: &str, bytes: Vec<u8>) -> Self {
        let digest = digest(&bytes);
        let name = format!("{start}-{}{end}", &digest[..12]);
        let payload = Payload { name, digest, size: bytes.len() as u64 };
        Self { payload, content: Content::Bytes(bytes), packed: Mutex::default() }
    }

    /// Reads and hashes the program `name` in `dir`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn find(dir: &Path, name: &str) -> Result<Self, Diagnostic> {
        let path = dir.join(name);
        let bytes = std::fs::read(&path).map_err(|error| {
            Diagnostic::error(format!(
                "the program `{name}` for the hosts cannot be read: {}: {error}",
                path.display()
            ))
            .fix("cargo build --release")
        })?;
        let payload = Payload { name: name.to_string(), digest: digest(&bytes), size: bytes.len() as u64 };
        Ok(Self { payload, content: Content::File(path), packed: Mutex::default() })
    }

    /// Its content, gzip-compressed; made once and shared by all hosts.
    pub fn packed(&self) -> std::io::Result<Arc<Vec<u8>>> {
        let mut packed = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(packed) = &*packed {
            return Ok(Arc::clone(packed));
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
        match &self.content {
            Content::File(path) => encoder.write_all(&std::fs::read(path)?)?,
            Content::Bytes(bytes) => encoder.write_all(bytes)?,
        }
        Ok(Arc::clone(packed.insert(Arc::new(encoder.finish()?))))
    }
}

/// What releases can be made of.
const PROGRAMS: [&str; 2] = ["appserver", "hbnb"];

/// Fast: a run waits for it, and the last percents cost seconds.
const LEVEL: u32 = 3;

/// Everything that can be sent: the agent (this very program) and what releases are made of.
#[derive(Debug)]
pub struct Binaries {
    /// This program.
    pub agent: Binary,
    /// `appserver` and `hbnb`, and the code of applications.
    pub programs: Vec<Arc<Binary>>,
}

impl Binaries {
    /// Finds them beside the running program.
    ///
    /// # Errors
    /// One is missing.
    pub fn beside_me() -> Result<Self, Diagnostic> {
        let me = std::env::current_exe()
            .map_err(|error| Diagnostic::error(format!("cannot find my own program file: {error}")))?;
        let dir = me.parent().unwrap_or(Path::new("."));
        let name = me.file_name().unwrap_or_default().to_string_lossy();
        let programs = PROGRAMS.into_iter().map(|name| Binary::find(dir, name).map(Arc::new));
        Ok(Self { agent: Binary::find(dir, &name)?, programs: programs.collect::<Result<_, _>>()? })
    }

    /// The program or code with this digest.
    pub fn with_digest(&self, digest: &str) -> Option<&Binary> {
        self.programs.iter().find(|b| b.payload.digest == digest).map(Arc::as_ref)
    }
}

/// The programs without their content, for plans that go nowhere (`check`, `render`).
pub fn unread() -> Vec<Payload> {
    PROGRAMS.map(|name| Payload { name: name.to_string(), digest: String::new(), size: 0 }).to_vec()
}

/// What a release of these programs is called: the first 12 digits of the digest of their digests and of the commands
/// that complete it.
pub fn release_id(payloads: &[Payload], prepare: &[Vec<String>]) -> String {
    let programs = payloads.iter().map(|p| format!("{} {}\n", p.digest, p.name));
    let commands = prepare.iter().map(|words| words.join("\0") + "\n");
    digest(programs.chain(commands).collect::<String>().as_bytes())[..12].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_programs_make_the_same_release() {
        let one = |digest: &str| vec![Payload { name: "a".into(), digest: digest.into(), size: 1 }];
        let id = |digest: &str, word: &str| release_id(&one(digest), &[vec!["ln".into(), word.into()]]);
        assert_eq!(id("d", "x"), id("d", "x"));
        assert_ne!(id("d", "x"), id("e", "x"));
        assert_ne!(id("d", "x"), id("d", "y"));
    }

    #[test]
    fn a_program_is_packed_once() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("hbnb"), "text").unwrap();
        let binary = Binary::find(dir.path(), "hbnb").unwrap();
        let packed = binary.packed().unwrap();
        std::fs::remove_file(dir.path().join("hbnb")).unwrap();
        assert!(Arc::ptr_eq(&packed, &binary.packed().unwrap()));
    }

    #[test]
    fn a_missing_program_names_the_build_command() {
        let error = Binary::find(Path::new("/nonexistent"), "appserver").unwrap_err();
        assert_eq!(error.fix, Some("cargo build --release".into()));
    }
}
