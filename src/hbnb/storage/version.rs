//! Whether an SQLite database is still as it was, told without asking it: by the head of the index that all its readers and
//! writers share.
//!
//! In a database with a write-ahead log nobody can see a commit before these bytes are others, and the same ones never come
//! back: they count the commits, and hold a checksum of the log. <https://www.sqlite.org/walformat.html#the_wal_index_file_format>

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The head is there twice; of two that differ one is being written.
const HEAD: usize = 48;
/// Where it says that it means something.
const IS_SET: usize = 12;

/// Files that nobody looks at any more, but that connections may still use.
static LEFT: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A state of the database, seen by readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Device and number of the database's own file, which may be replaced.
    database: (u64, u64),
    /// Which of the files that were the index, counted from 1.
    file: u64,
    head: [u8; HEAD],
}

/// The index of one database.
#[derive(Debug)]
pub struct Versions {
    database: PathBuf,
    index: Mutex<Index>,
    trusted: AtomicU64,
}

/// The index's file, if it is there.
#[derive(Debug, Default)]
struct Index {
    file: Option<File>,
    count: u64,
}

impl Versions {
    /// Of the database in this file, which need not exist yet.
    pub fn of(database: &Path) -> Self {
        Self { database: database.into(), index: Mutex::default(), trusted: AtomicU64::new(0) }
    }

    /// What a reader that begins now will see; none while nobody has the database open, if it has no write-ahead log, or if it
    /// is not there.
    pub fn now(&self) -> Option<Version> {
        let database = fs::metadata(&self.database).map(|found| (found.dev(), found.ino())).ok()?;
        let mut index = self.index.lock().ok()?;
        if index.file.as_ref().is_none_or(is_gone) {
            index.file = open(&self.database).ok();
            index.count += 1;
        }
        let mut heads = [0; 2 * HEAD];
        index.file.as_ref()?.read_exact_at(&mut heads, 0).ok()?;
        let (head, copy) = heads.split_at(HEAD);
        let is_whole = head == copy && head[IS_SET] == 1;
        is_whole.then_some(Version { database, file: index.count, head: head.try_into().ok()? })
    }

    /// Whether the file that this version is from is known to be in use: an old one may have been left behind.
    pub fn is_trusted(&self, version: &Version) -> bool {
        self.trusted.load(Ordering::Relaxed) == version.file
    }

    /// The database has a write-ahead log, so that the file of this version is in use.
    pub fn trust(&self, version: &Version) {
        self.trusted.store(version.file, Ordering::Relaxed);
    }
}

impl Drop for Index {
    /// Whoever closes a file loses all of the process's locks on it, those of SQLite's connections too:
    /// <https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>. When nobody
    /// uses the file any more, SQLite deletes it.
    fn drop(&mut self) {
        if let Ok(mut left) = LEFT.lock() {
            left.extend(self.file.take());
            left.retain(|file| !is_gone(file));
        }
    }
}

/// Opened as SQLite does: to read it alone could show a lower layer of a file system.
fn open(database: &Path) -> io::Result<File> {
    let mut name = database.canonicalize()?.into_os_string();
    name.push("-shm");
    OpenOptions::new().read(true).write(true).open(name)
}

/// Whether the file was deleted.
fn is_gone(file: &File) -> bool {
    file.metadata().map_or(true, |found| found.nlink() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hbnb::storage::{Database, Storage};
    use sqlx::{Connection, Executor, SqliteConnection};

    async fn opened(path: &Path, mode: &str) -> SqliteConnection {
        let mut link =
            SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", path.display())).await.unwrap();
        link.execute(sqlx::AssertSqlSafe(format!("PRAGMA journal_mode = {mode}"))).await.unwrap();
        link.execute("CREATE TABLE IF NOT EXISTS t (n)").await.unwrap();
        link
    }

    async fn write(link: &mut SqliteConnection) {
        link.execute("INSERT INTO t VALUES (1)").await.unwrap();
    }

    #[tokio::test]
    async fn every_commit_makes_another_version_and_nothing_else_does() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let (mut one, mut other) = (opened(&path, "WAL").await, opened(&path, "WAL").await);
        let versions = Versions::of(&path);
        let mut seen = vec![versions.now().unwrap()];
        for _ in 0..100 {
            write(&mut one).await;
            seen.push(versions.now().unwrap());
            other.execute("SELECT COUNT(*) FROM t").await.unwrap();
            let mut begun = other.begin().await.unwrap();
            write(&mut begun).await;
            begun.rollback().await.unwrap();
            assert_eq!(versions.now(), seen.last().copied());
            // What is in the log becomes part of the file.
            other.execute("PRAGMA wal_checkpoint(FULL)").await.unwrap();
            assert_eq!(versions.now(), seen.last().copied());
        }
        for (at, version) in seen.iter().enumerate() {
            assert!(!seen[..at].contains(version), "version {at} was there before");
        }
    }

    #[tokio::test]
    async fn what_was_closed_by_all_has_another_version_when_it_is_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let versions = Versions::of(&path);
        assert_eq!(versions.now(), None);
        let link = opened(&path, "WAL").await;
        let first = versions.now().unwrap();
        link.close().await.unwrap();
        assert_eq!(versions.now(), None);
        let _link = opened(&path, "WAL").await;
        assert_ne!(versions.now().unwrap(), first);
    }

    #[tokio::test]
    async fn without_a_write_ahead_log_there_are_no_versions() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let _link = opened(&path, "DELETE").await;
        assert_eq!(Versions::of(&path).now(), None);
        // Left behind by somebody who crashed.
        std::fs::write(directory.path().join("a.db-shm"), [[1; HEAD]; 2].concat()).unwrap();
        assert!(Versions::of(&path).now().is_some());
        assert_eq!(Storage::open(&Database::Sqlite(path)).version().await, None);
    }
}
