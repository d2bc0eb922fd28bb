//! Contents the desk has sent, by digest, until a step has put them in place.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::write::GzDecoder;
use sha2::{Digest, Sha256};

use crate::resource::fault::Fault;

/// Where contents wait; readable by root only.
const DIR: &str = "/var/lib/deployer/blob";

/// A run that never came back for what it sent will not come any more.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

/// Where the content with this digest lies.
pub fn path(digest: &str) -> PathBuf {
    Path::new(DIR).join(digest)
}

/// Takes `length` compressed bytes, unpacks them while they arrive, and keeps them if the digest is right.
///
/// All of them are read also when they cannot be kept, so that the conversation can go on.
pub fn take(from: &mut impl Read, length: usize, digest: &str) -> Result<(), Fault> {
    let mut from = from.take(length as u64);
    let taken = keep(&mut from, digest);
    let rest = io::copy(&mut from, &mut io::sink());
    taken.and_then(|()| rest.map(drop).map_err(|error| Fault::io("receive", digest, &error)))
}

fn keep(from: &mut impl Read, digest: &str) -> Result<(), Fault> {
    // Two runs may send the same content at once.
    let beside = path(&format!("{digest}.{}", std::process::id()));
    let fault = |error: io::Error| Fault::io("write", &path(digest).display().to_string(), &error);
    fs::create_dir_all(DIR).map_err(fault)?;
    let out = Hashing { file: File::create(&beside).map_err(fault)?, hash: Sha256::new() };
    let mut unpack = GzDecoder::new(out);
    let copied = io::copy(from, &mut unpack).and_then(|_| unpack.finish());
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

/// Removes what waits under these digests, and what no living run can still want.
pub fn clear(digests: &[&str]) {
    for entry in fs::read_dir(DIR).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let sender = name.split_once('.').map(|(_, process)| process);
        let is_dead = sender.is_some_and(|process| !Path::new("/proc").join(process).exists());
        if digests.contains(&name.as_str()) || is_dead || is_old(&entry) {
            drop(fs::remove_file(entry.path()));
        }
    }
    // Only when it is empty.
    drop(fs::remove_dir(DIR));
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|meta| meta.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > FORGOTTEN))
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
