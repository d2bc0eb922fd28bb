//! Pictures that hosts upload: read with care, written anew, and kept as files outside of what the proxy serves.
//!
//! A file is written under another name and renamed before its row is written, so that a row always has its files. A file
//! whose row is gone, perhaps with its place, is not shown any more.

mod encode;
pub mod limit;
pub mod problem;
pub mod size;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use uuid::Uuid;

pub use problem::Problem;
pub use size::Size;

/// So many pictures are decoded at once in one process; the next ones wait.
const AT_ONCE: usize = 1;
/// What the names of unfinished files end with.
const UNFINISHED: &str = "part";

/// The JPEG of one picture in each size.
type Sizes = [Vec<u8>; Size::ALL.len()];

/// Where a picture is to be had.
pub fn address(id: &str, size: Size) -> String {
    format!("/pictures/{id}{}", size.ending())
}

/// The pictures of a directory; clones wait for each other.
#[derive(Clone)]
pub struct Photos {
    directory: PathBuf,
    turns: Arc<Semaphore>,
}

impl Photos {
    /// Those in `directory`, which need not be there yet.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.into(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Keeps an upload as a picture with a new id, in each size, or not at all. Errors: what is wrong with it.
    pub async fn keep(&self, upload: Bytes) -> Result<String, Problem> {
        self.kept(move || encode::encode(&upload)).await
    }

    async fn kept(
        &self,
        encode: impl FnOnce() -> Result<Sizes, Problem> + Send + 'static,
    ) -> Result<String, Problem> {
        let turn = self.turns.clone().acquire_owned().await;
        let photos = self.clone();
        let work = spawn_blocking(move || {
            let made = encode();
            drop(turn);
            photos.write(&made?).map_err(Problem::Unkept)
        });
        // A decoder that panics met no picture; the binaries unwind, so that nobody else's request ends with it.
        work.await.unwrap_or(Err(Problem::Broken))
    }

    fn write(&self, made: &Sizes) -> io::Result<String> {
        fs::create_dir_all(&self.directory)?;
        let id = Uuid::new_v4().to_string();
        for (size, bytes) in Size::ALL.into_iter().zip(made) {
            let path = self.path(&id, size);
            let unfinished = path.with_extension(UNFINISHED);
            let written = write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &path));
            if let Err(cause) = written {
                let _ = fs::remove_file(unfinished);
                self.remove(&id);
                return Err(cause);
            }
        }
        Ok(id)
    }

    /// Takes the files of a picture away, as far as they are there.
    pub fn remove(&self, id: &str) {
        for size in Size::ALL {
            let _ = fs::remove_file(self.path(id, size));
        }
    }

    /// The same for many, where nobody waits.
    pub async fn remove_all(&self, ids: Vec<String>) {
        if ids.is_empty() {
            return;
        }
        let photos = self.clone();
        let _ = spawn_blocking(move || ids.iter().for_each(|id| photos.remove(id))).await;
    }

    /// The JPEG of a picture, if it is there.
    pub async fn read(&self, id: &str, size: Size) -> Option<Vec<u8>> {
        tokio::fs::read(self.path(id, size)).await.ok()
    }

    fn path(&self, id: &str, size: Size) -> PathBuf {
        self.directory.join(format!("{id}{}", size.ending()))
    }
}

/// The id and size in the name that an [`address`] ends with; none unless we could have made it.
pub fn named(name: &str) -> Option<(String, Size)> {
    let size = Size::ALL.into_iter().rev().find(|size| name.ends_with(size.ending()))?;
    let id = name.strip_suffix(size.ending())?;
    let known = Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id);
    known.then(|| (id.to_string(), size))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_decoder_that_panics_is_a_broken_picture_and_the_next_one_has_its_turn() {
        let directory = tempfile::tempdir().unwrap();
        let photos = Photos::new(directory.path());
        for _ in 0..2 {
            let kept = photos.kept(|| panic!("index out of bounds")).await;
            assert!(matches!(kept, Err(Problem::Broken)), "{kept:?}");
        }
        let id = photos.kept(|| Ok(Size::ALL.map(|_| b"picture".to_vec()))).await.unwrap();
        assert_eq!(photos.read(&id, Size::Small).await.as_deref(), Some(&b"picture"[..]));
    }

    #[test]
    fn no_profile_makes_a_panic_the_end_of_the_process() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(!manifest.lines().any(|line| line.starts_with("panic")), "{manifest}");
    }
}
