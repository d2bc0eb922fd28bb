//! What is special about SQLite: how it is opened, and what its errors mean.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};

use super::{Database, Error};

/// Connections of one process that read; each has a thread, and a worker process serves one request's statement after the
/// other.
const MAX_READERS: u32 = 4;
/// How long a writer waits for another one, and a request for a free connection.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// So many bytes of the file are read where the system keeps them, instead of being copied page by page.
const MAPPED: &str = "268435456";

// The families of SQLite's numbers: <https://www.sqlite.org/rescode.html>.
const BUSY: u32 = 5;
const READ_ONLY: u32 = 8;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
/// No room for the index of the write-ahead log.
const INDEX_FULL: u32 = 4874;

/// What to do about a file that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenAbsent {
    /// Make it, and let readers and the writer not wait for each other (write-ahead log).
    Create,
    /// Say so.
    Fail,
}

/// Connections of one process to a file. SQLite lets one write at a time, so those who want to wait for the one connection
/// that does; readers wait for nobody.
#[derive(Clone, Debug)]
pub struct Connections {
    /// To ask.
    pub readers: SqlitePool,
    /// To write.
    pub writer: SqlitePool,
}

impl Connections {
    /// Opened when first needed: foreign keys are kept, and a commit survives the process but not necessarily a power cut.
    pub fn new(path: &Path, absent: WhenAbsent) -> Self {
        let file = SqliteConnectOptions::new().filename(path);
        let file = match absent {
            // The journal's mode is written into the file once; asking whether something is there must not write.
            WhenAbsent::Create => file.create_if_missing(true).journal_mode(SqliteJournalMode::Wal),
            WhenAbsent::Fail => file.create_if_missing(false),
        };
        let file = file.synchronous(SqliteSynchronous::Normal).foreign_keys(true).busy_timeout(PATIENCE);
        let file = file.pragma("mmap_size", MAPPED);
        let open = |most| pool(path, most).connect_lazy_with(file.clone());
        Self { readers: open(MAX_READERS), writer: open(1) }
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// At most so many connections, none of them to a file that is not there any more.
fn pool(path: &Path, most: u32) -> SqlitePoolOptions {
    let new = Arc::new(File::at(path));
    let used = new.clone();
    SqlitePoolOptions::new()
        .max_connections(most)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .after_connect(move |_, _| {
            new.is_since();
            Box::pin(async { Ok(()) })
        })
        .before_acquire(move |link, connection| {
            let is_same = used.is_since().is_some_and(|since| connection.age <= since.elapsed());
            // SQLite itself ends a transaction when the disk is full; the driver believes for ever that it goes on.
            let is_free = !link.is_in_transaction();
            Box::pin(async move { Ok(is_same && is_free) })
        })
}

/// The file at a path. Whoever has opened one that was removed or replaced since could go on reading and writing there, and
/// nobody would ever see it.
struct File {
    path: PathBuf,
    seen: Mutex<Option<Seen>>,
}

/// Which file it was when somebody looked last, and since when it is that one.
#[derive(Clone, Copy)]
struct Seen {
    id: (u64, u64),
    since: Instant,
}

impl File {
    fn at(path: &Path) -> Self {
        Self { path: path.into(), seen: Mutex::new(None) }
    }

    /// Since when the file that is there now is there; none if there is none.
    fn is_since(&self) -> Option<Instant> {
        let id = fs::metadata(&self.path).map(|found| (found.dev(), found.ino()));
        let mut seen = self.seen.lock().ok()?;
        *seen = match (*seen, id) {
            (Some(seen), Ok(id)) if seen.id == id => Some(seen),
            (_, Ok(id)) => Some(Seen { id, since: Instant::now() }),
            // It cannot be told, so nothing is known against it.
            (seen, Err(cause)) if cause.kind() != io::ErrorKind::NotFound => seen,
            (_, Err(_)) => None,
        };
        seen.map(|seen| seen.since)
    }
}

/// What an error of the driver means to the application.
pub fn explain(path: &Path, cause: sqlx::Error) -> Error {
    let database = Database::Sqlite(path.into());
    if let sqlx::Error::PoolTimedOut = cause {
        return Error::Busy(database);
    }
    let Some(said) = cause.as_database_error() else { return Error::Failed(database, cause) };
    if said.is_unique_violation() {
        return Error::Exists;
    }
    if said.is_foreign_key_violation() {
        return Error::NoParent;
    }
    let closed = |database| Error::Closed(database, said.message().to_string());
    // A file in a directory that does not exist cannot be made by a migration either.
    let nearby = path.parent().is_none_or(|parent| parent.as_os_str().is_empty() || parent.is_dir());
    let number: u32 = said.code().and_then(|code| code.parse().ok()).unwrap_or_default();
    match number & 0xFF {
        BUSY => return Error::Busy(database),
        FULL => return Error::Full(database),
        CANNOT_OPEN if !path.exists() && nearby => return Error::Absent(database),
        CANNOT_OPEN | READ_ONLY => return closed(database),
        _ if number == INDEX_FULL => return Error::Full(database),
        _ => {}
    }
    if said.message().starts_with("no such table") || said.message().starts_with("no such column") {
        return Error::Unmigrated(database);
    }
    Error::Failed(database, cause)
}
