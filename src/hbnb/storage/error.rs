//! What can go wrong with the storage, as facts.

use std::fmt;

use sqlx::migrate::MigrateError;

use super::Database;

/// Why the storage did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// The address names no database we can use. Not repeated: it may hold a password.
    Address,
    /// The database does not exist.
    Absent(Database),
    /// The database exists but cannot be opened, or not by us.
    Closed(Database, String),
    /// The server does not answer.
    Gone(Database, String),
    /// The database lacks tables.
    Unmigrated(Database),
    /// Somebody else held the database for too long, or every connection was taken.
    Busy(Database),
    /// There is no room for more.
    Full(Database),
    /// A row of this id exists already.
    Exists,
    /// The row that this one belongs to does not exist (any more), or one that belongs to it still does.
    NoParent,
    /// A value does not fit its column, as the server says.
    Unfit(String),
    /// A migration failed.
    Migration(Database, MigrateError),
    /// Anything else.
    Failed(Database, sqlx::Error),
}

impl Error {
    /// Whether waiting, or an operator, can mend it: the request itself was fine.
    pub fn is_unavailable(&self) -> bool {
        use Error::{Absent, Busy, Closed, Full, Gone, Unmigrated};
        matches!(self, Absent(_) | Busy(_) | Closed(..) | Full(_) | Gone(..) | Unmigrated(_))
    }

    /// Whether what the user typed is wrong.
    pub fn is_input(&self) -> bool {
        matches!(self, Error::Address)
    }

    /// What to type to mend it, if that is known.
    pub fn fix(&self) -> Option<String> {
        use Database::{MySql, Sqlite};
        match self {
            Error::Address => {
                Some("use `sqlite:///absolute/path.db` or `mysql://USER:PASSWORD@HOST:PORT/DATABASE`".into())
            }
            Error::Absent(database @ Sqlite(_)) | Error::Unmigrated(database @ Sqlite(_)) => {
                Some(format!("hbnb migrate --database {database}"))
            }
            // Its address has a password, which is not shown.
            Error::Unmigrated(MySql(_)) => Some("hbnb migrate, with the same variables".into()),
            Error::Absent(MySql(server)) => Some(format!(
                "CREATE DATABASE `{}`, or correct HBNB_MYSQL_DB (or DATABASE_URL)",
                server.database
            )),
            Error::Closed(Sqlite(_), _) => {
                Some("create its directory, or name a file that you may write to".into())
            }
            Error::Closed(MySql(_), _) => Some(
                "correct HBNB_MYSQL_USER and HBNB_MYSQL_PWD (or DATABASE_URL), or grant the account the database"
                    .into(),
            ),
            Error::Gone(..) => {
                Some("start the database server, or correct HBNB_MYSQL_HOST (or DATABASE_URL)".into())
            }
            Error::Busy(_) => Some("run the same command again".into()),
            Error::Full(_) => Some("make room on its disk".into()),
            Error::Migration(_, MigrateError::VersionMissing(_)) => Some("use the newer hbnb".into()),
            Error::Exists
            | Error::NoParent
            | Error::Unfit(_)
            | Error::Migration(..)
            | Error::Failed(..) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Address => write!(
                f,
                "the database's address is neither a path nor `sqlite:PATH` nor \
                 `mysql://USER:PASSWORD@HOST/DATABASE`"
            ),
            Error::Absent(database) => write!(f, "database `{database}` does not exist"),
            Error::Closed(database, cause) => write!(f, "database `{database}` cannot be opened: {cause}"),
            Error::Gone(database, cause) => write!(f, "database `{database}` does not answer: {cause}"),
            Error::Unmigrated(database) => write!(f, "database `{database}` lacks tables"),
            Error::Busy(database) => write!(f, "database `{database}` is busy"),
            Error::Full(database) => write!(f, "database `{database}` has no room for more"),
            Error::Exists => write!(f, "a row of this id exists already"),
            Error::NoParent => write!(f, "the row that this one belongs to does not exist"),
            Error::Unfit(cause) => write!(f, "a value does not fit its column: {cause}"),
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
