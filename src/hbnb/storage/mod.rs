//! Where the rows are.
//!
//! Everything outside this room speaks in [`super::model`]'s values and in [`Error`]; the statements inside keep to what
//! SQLite and MySQL both understand (`?` for values, no `RETURNING`, no upserts). What belongs to one engine, opening it
//! and reading its errors, is in [`sqlite`].

pub mod error;
pub mod home;
pub mod load;
pub mod migration;
pub mod object;
pub mod search;
pub mod sqlite;
pub mod unload;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

use sqlx::SqlitePool;

pub use error::Error;

/// Which database, before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
}

impl Database {
    /// A database from what a person typed: a path, `sqlite:relative`, `sqlite://relative` or `sqlite:///absolute`.
    /// Other engines, SQLite's in-memory databases and options after `?` are errors.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let unusable = || Error::Address(text.to_string());
        let path = match text.split_once(':') {
            Some(("sqlite", rest)) => rest.strip_prefix("//").unwrap_or(rest),
            Some((_, rest)) if rest.starts_with("//") => return Err(unusable()),
            _ => text,
        };
        if path.is_empty() || path.contains(['?', '\0']) || path == ":memory:" {
            return Err(unusable());
        }
        Ok(Database::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Database::Sqlite(path) = self;
        write!(f, "{}", path.display())
    }
}

/// An opened database; clones share its connections. Each worker process opens its own.
#[derive(Clone, Debug)]
pub struct Storage {
    database: Database,
    pool: SqlitePool,
}

impl Storage {
    /// Prepares to use `database`; nothing is opened before the first question. Must be called inside a runtime.
    pub fn open(database: &Database) -> Self {
        Self { database: database.clone(), pool: sqlite::pool(database, sqlite::WhenAbsent::Fail) }
    }

    /// As [`Storage::open`], but a database that does not exist is created by the first question.
    pub fn create(database: &Database) -> Self {
        Self { database: database.clone(), pool: sqlite::pool(database, sqlite::WhenAbsent::Create) }
    }

    /// Which database this is.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Waits until every connection is closed, so that SQLite tidies up its write-ahead log.
    pub async fn close(self) {
        self.pool.close().await;
    }

    fn explain(&self, cause: sqlx::Error) -> Error {
        sqlite::explain(&self.database, cause)
    }
}

/// Tells the operator, on standard error, why a request could not be answered; clients are never told.
pub fn complain(cause: &Error) {
    let fix = cause.fix().map(|fix| format!(" (fix: {fix})")).unwrap_or_default();
    // When nobody listens any more, there is nobody to tell.
    let _ = writeln!(io::stderr(), "hbnb: {cause}{fix}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_path_or_an_sqlite_address() {
        let path = |text| Database::parse(text).map(|d| d.to_string()).map_err(|e| e.to_string());
        assert_eq!(path("a/b.db"), Ok("a/b.db".into()));
        assert_eq!(path("sqlite:b.db"), Ok("b.db".into()));
        assert_eq!(path("sqlite://b.db"), Ok("b.db".into()));
        assert_eq!(path("sqlite:///a/b.db"), Ok("/a/b.db".into()));
        for wrong in ["mysql://u:p@h/d", "sqlite::memory:", "sqlite:a?mode=ro", ""] {
            assert_eq!(
                path(wrong),
                Err("the database's address is not a path and not `sqlite:PATH`".into()),
                "{wrong}"
            );
        }
    }
}
