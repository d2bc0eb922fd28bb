//! What can go wrong with the storage, as facts.

use std::fmt;

use sqlx::migrate::MigrateError;

use super::Database;

/// Why the storage did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// The address names no database we can use. Not repeated: it may hold a password.
    Address(String),
    /// The database does not exist.
    Absent(Database),
    /// The database exists but cannot be opened.
    Closed(Database, String),
    /// The database lacks tables.
    Unmigrated(Database),
    /// Somebody else held the database for too long, or every connection was taken.
    Busy(Database),
    /// A row of this id exists already.
    Exists,
    /// The row that this one belongs to does not exist (any more).
    NoParent,
    /// A migration failed.
    Migration(Database, MigrateError),
    /// Anything else.
    Failed(Database, sqlx::Error),
}

impl Error {
    /// Whether waiting, or an operator, can mend it: the request itself was fine.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Error::Absent(_) | Error::Closed(..) | Error::Unmigrated(_) | Error::Busy(_))
    }

    /// Whether what the user typed is wrong.
    pub fn is_input(&self) -> bool {
        matches!(self, Error::Address(_))
    }

    /// What to type to mend it, if that is known.
    pub fn fix(&self) -> Option<String> {
        match self {
            Error::Address(_) => Some("use `sqlite:///absolute/path.db`".into()),
            Error::Absent(database) | Error::Unmigrated(database) => {
                Some(format!("hbnb migrate --database {database}"))
            }
            Error::Closed(..) => Some("create its directory, or name a file that you may write to".into()),
            Error::Busy(_) => Some("run the same command again".into()),
            Error::Migration(_, MigrateError::VersionMissing(_)) => Some("use the newer hbnb".into()),
            Error::Exists | Error::NoParent | Error::Migration(..) | Error::Failed(..) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Address(_) => write!(f, "the database's address is not a path and not `sqlite:PATH`"),
            Error::Absent(database) => write!(f, "database `{database}` does not exist"),
            Error::Closed(database, cause) => write!(f, "database `{database}` cannot be opened: {cause}"),
            Error::Unmigrated(database) => write!(f, "database `{database}` lacks tables"),
            Error::Busy(database) => write!(f, "database `{database}` is busy"),
            Error::Exists => write!(f, "a row of this id exists already"),
            Error::NoParent => write!(f, "the row that this one belongs to does not exist"),
            Error::Migration(database, MigrateError::VersionMissing(version)) => {
                write!(
                    f,
                    "database `{database}` was migrated by a newer hbnb: migration {version} is unknown"
                )
            }
            Error::Migration(database, cause) => {
                write!(f, "database `{database}` could not be migrated: {cause}")
            }
            Error::Failed(database, cause) => write!(f, "database `{database}` failed: {cause}"),
        }
    }
}

impl std::error::Error for Error {}
