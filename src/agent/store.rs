//! Contents the desk has sent, by digest, until a step has put them in place.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzDecoder;
use sha2::{Digest, Sha256};

use crate::resource::fault::Fault;

/// Where contents wait; readable by root only.
const DIR: &str = "/var/lib/deployer/blob";

/// Where the content with this digest lies.
pub fn path(digest: &str) -> PathBuf {
    Path::new(DIR).join(digest)
}

/// Whether it is already here.
pub fn has(digest: &str) -> bool {
    path(digest).exists()
}

/// Takes `length` compressed bytes, unpacks them while they arrive, and keeps them if the digest is right.
pub fn take(from: &mut impl Read, length: usize, digest: &str) -> Result<(), Fault> {
    let beside = path(&format!("{digest}.part"));
    let fault = |error: io::Error| Fault::io("write", &beside.display().to_string(), &error);
    fs::create_dir_all(DIR).map_err(fault)?;
    let out = Hashing { file: File::create(&beside).map_err(fault)?, hash: Sha256::new() };
    let mut unpack = GzDecoder::new(out);
    let copied = io::copy(&mut from.take(length as u64), &mut unpack).and_then(|_| unpack.finish());
    let out = copied.map_err(|error| {
        // A full disk must not stay full because of us.
        drop(fs::remove_file(&beside));
        fault(error)
    })?;
    let seen: String = out.hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    if seen != digest {
        drop(fs::remove_file(&beside));
        return Err(Fault::new(format!("content {digest} arrived damaged (as {seen})")));
    }
    fs::rename(&beside, path(digest)).map_err(fault)
}

/// Removes everything that waits.
pub fn clear() {
    drop(fs::remove_dir_all(DIR));
}

/// Writes and hashes in one go.
struct Hashing {
    file: File,
    hash: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
