//! What is special about SQLite: how it is opened, and what its errors mean.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Database, Error};

/// Connections of one process; each has a thread, and a worker process serves one request's statement after the other.
const MAX_CONNECTIONS: u32 = 4;
/// How long a writer waits for another one, and a request for a free connection.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// So many bytes of the file are read where the system keeps them, instead of being copied page by page.
const MAPPED: &str = "268435456";
/// SQLite's own number for "unable to open database file".
const CANNOT_OPEN: &str = "14";
/// SQLite's own numbers for "database is locked", plain and while a snapshot is outdated.
const LOCKED: [&str; 3] = ["5", "261", "517"];
/// SQLite's own numbers for "database or disk is full", in the file and in the index of the write-ahead log.
const FULL: [&str; 2] = ["13", "4874"];

/// What to do about a file that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenAbsent {
    /// Make it, and let readers and the writer not wait for each other (write-ahead log).
    Create,
    /// Say so.
    Fail,
}

/// Connections to the file, opened when first needed: foreign keys are kept, and a commit survives the process but not
/// necessarily a power cut.
pub fn pool(path: &Path, absent: WhenAbsent) -> SqlitePool {
    let file = SqliteConnectOptions::new().filename(path);
    let file = match absent {
        // The journal's mode is written into the file once; asking whether something is there must not write.
        WhenAbsent::Create => file.create_if_missing(true).journal_mode(SqliteJournalMode::Wal),
        WhenAbsent::Fail => file.create_if_missing(false),
    };
    let file = file.synchronous(SqliteSynchronous::Normal).foreign_keys(true).busy_timeout(PATIENCE);
    let file = file.pragma("mmap_size", MAPPED);
    SqlitePoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        // A file does not go away like a network peer does.
        .test_before_acquire(false)
        .connect_lazy_with(file)
}

/// What an error of the driver means to the application.
pub fn explain(path: &Path, cause: sqlx::Error) -> Error {
    let database = Database::Sqlite(path.into());
    if let sqlx::Error::PoolTimedOut = cause {
        return Error::Busy(database);
    }
    let Some(said) = cause.as_database_error() else { return Error::Failed(database, cause) };
    let code = said.code().unwrap_or_default();
    if said.is_unique_violation() {
        return Error::Exists;
    }
    if said.is_foreign_key_violation() {
        return Error::NoParent;
    }
    if LOCKED.contains(&code.as_ref()) {
        return Error::Busy(database);
    }
    if FULL.contains(&code.as_ref()) {
        return Error::Full(database);
    }
    if code == CANNOT_OPEN {
        // A file in a directory that does not exist cannot be made by a migration either: that is `Closed`.
        let nearby = path.parent().is_none_or(|parent| parent.as_os_str().is_empty() || parent.is_dir());
        return match path.exists() {
            false if nearby => Error::Absent(database),
            _ => Error::Closed(database, said.message().to_string()),
        };
    }
    if said.message().starts_with("no such table") || said.message().starts_with("no such column") {
        return Error::Unmigrated(database);
    }
    Error::Failed(database, cause)
}
