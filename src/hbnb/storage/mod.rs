//! Where the rows are.
//!
//! Everything outside this room speaks in [`super::model`]'s values and in [`Error`]; the statements inside keep to what
//! SQLite and MySQL both understand (`?` for values, no `RETURNING`, no upserts). [`engine`] makes one of the two; what
//! belongs to one alone, opening it and reading its errors, is in [`sqlite`] and [`mysql`].

pub mod account;
pub mod attempt;
pub mod booking;
pub mod cascade;
pub mod engine;
pub mod error;
mod estimate;
pub mod find;
pub mod home;
pub mod link;
pub mod listing;
pub mod load;
pub mod migration;
pub mod mysql;
pub mod object;
pub mod picture;
pub mod place;
pub mod review;
pub mod search;
pub mod server;
pub mod session;
pub mod sqlite;
pub mod statement;
pub mod takeover;
pub mod unload;
pub mod version;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use engine::{PATIENCE, Pool, Row, Work, is_lost};
pub use error::Error;
pub use server::Server;
use sqlite::Connections;
use statement::Statement;
use version::{Version, Versions};

/// After how many seconds who was told that the database is not available may ask again.
pub const RETRY_SECONDS: &str = "5";
/// The first pause after somebody else held what we need; each further one is longer.
const PAUSE: Duration = Duration::from_millis(5);

/// Which database, before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// One of a MySQL or MariaDB server.
    MySql(Box<Server>),
}

impl Database {
    /// A database from what a person typed: a path, `sqlite:relative`, `sqlite://relative`, `sqlite:///absolute`, or a
    /// server's address as [`Server::parse`] takes it. Other engines, SQLite's in-memory databases and its options after
    /// `?` are errors.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if Server::is_meant(text) {
            return Ok(Database::MySql(Box::new(Server::parse(text)?)));
        }
        let path = match text.split_once(':') {
            Some(("sqlite", rest)) => rest.strip_prefix("//").unwrap_or(rest),
            Some((_, rest)) if rest.starts_with("//") => return Err(Error::Address),
            _ => text,
        };
        if path.is_empty() || path.contains(['?', '\0']) || path == ":memory:" {
            return Err(Error::Address);
        }
        Ok(Database::Sqlite(PathBuf::from(path)))
    }
}

/// For people; without a password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Sqlite(path) => write!(f, "{}", path.display()),
            Database::MySql(server) => server.fmt(f),
        }
    }
}

/// An opened database; clones share its connections. Each worker process opens its own.
#[derive(Clone, Debug)]
pub struct Storage {
    database: Database,
    pool: Pool,
    versions: Option<Arc<Versions>>,
}

impl Storage {
    /// Prepares to use `database`; nothing is opened before the first question. Must be called inside a runtime.
    pub fn open(database: &Database) -> Self {
        Self::with(database, sqlite::WhenAbsent::Fail)
    }

    /// As [`Storage::open`], but a file that does not exist is created by the first question.
    pub fn create(database: &Database) -> Self {
        Self::with(database, sqlite::WhenAbsent::Create)
    }

    fn with(database: &Database, absent: sqlite::WhenAbsent) -> Self {
        let (pool, versions) = match database {
            Database::Sqlite(path) => {
                (Pool::Sqlite(Connections::new(path, absent)), Some(Versions::of(path)))
            }
            Database::MySql(server) => (Pool::MySql(mysql::pool(server)), None),
        };
        Self { database: database.clone(), pool, versions: versions.map(Arc::new) }
    }

    /// Which database this is.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What whoever asks now will see: for as long as it is the same, every question has the same answer. None if that
    /// cannot be told.
    pub async fn version(&self) -> Option<Version> {
        let versions = self.versions.as_ref()?;
        let version = versions.now()?;
        if !versions.is_trusted(&version) {
            let mode = Statement::new("PRAGMA journal_mode");
            if self.fetch_one(&mode, |row| row.word(0)).await.ok()? != "wal" {
                return None;
            }
            versions.trust(&version);
        }
        Some(version)
    }

    /// Waits until every connection is closed, so that SQLite tidies up its write-ahead log.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Every row of the answer, as `read` makes it. A connection that had died is not noticed: it is asked again. The
    /// kilobytes that the driver needs meanwhile are on the heap, here and below: within the futures of whoever waits for an
    /// answer they would be copied from one to the next, whether a database is asked in the end or not.
    async fn fetch<T>(
        &self,
        statement: &Statement,
        read: impl Fn(Row<'_>) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, Error> {
        let rows = self.bounded(Box::pin(async {
            let mut link = self.pool.link().await?;
            match link.session().fetch(statement).await {
                Err(cause) if is_lost(&cause) => {
                    link.discard();
                    self.pool.living_link().await?.session().fetch(statement).await
                }
                answered => answered,
            }
        }));
        rows.await?.map(read).map_err(|e| self.explain(e))
    }

    /// The one row of the answer, as `read` makes it.
    async fn fetch_one<T>(
        &self,
        statement: &Statement,
        read: impl Fn(Row<'_>) -> Result<T, sqlx::Error>,
    ) -> Result<T, Error> {
        self.fetch(statement, read).await?.pop().ok_or_else(|| self.explain(sqlx::Error::RowNotFound))
    }

    /// How many rows the statement changed. It is sent once, over a connection that lived a moment ago.
    async fn execute(&self, statement: &Statement) -> Result<u64, Error> {
        let done = async { self.pool.writing_link().await?.session().execute(statement).await };
        self.bounded(Box::pin(done)).await
    }

    async fn begin(&self) -> Result<Work, Error> {
        self.pool.begin().await.map_err(|e| self.explain(e))
    }

    /// The same, but whoever takes longer than a client waits is [`Error::Busy`].
    async fn bounded<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
        self.in_time(async { work.await.map_err(|e| self.explain(e)) }).await
    }

    /// The same for work that explains its own errors. What was begun and not committed is rolled back.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(Error::Busy(self.database.clone())))
    }

    /// Tries again, for as long as a client waits, while somebody else holds what we need: SQLite's one writer, a lock, or
    /// the other end of a deadlock.
    async fn in_turn<T, F: Future<Output = Result<T, Error>>>(
        &self,
        once: impl Fn() -> F,
    ) -> Result<T, Error> {
        self.in_time(async {
            for pauses in 1.. {
                match Box::pin(once()).await {
                    Err(Error::Busy(_)) => sleep(PAUSE * pauses).await,
                    done => return done,
                }
            }
            Err(Error::Busy(self.database.clone()))
        })
        .await
    }

    fn explain(&self, cause: sqlx::Error) -> Error {
        match &self.database {
            Database::Sqlite(path) => sqlite::explain(path, cause),
            Database::MySql(_) => mysql::explain(&self.database, cause),
        }
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
    fn a_database_is_a_path_or_an_address() {
        let path = |text| Database::parse(text).map(|d| d.to_string()).map_err(|e| e.to_string());
        assert_eq!(path("a/b.db"), Ok("a/b.db".into()));
        assert_eq!(path("sqlite:b.db"), Ok("b.db".into()));
        assert_eq!(path("sqlite://b.db"), Ok("b.db".into()));
        assert_eq!(path("sqlite:///a/b.db"), Ok("/a/b.db".into()));
        assert_eq!(path("mysql://u:p@h/d"), Ok("mysql://u@h/d".into()));
        for wrong in ["postgres://u:p@h/d", "mysql://u:p@h", "sqlite::memory:", "sqlite:a?mode=ro", ""] {
            assert_eq!(
                path(wrong),
                Err("the database's address is neither a path nor `sqlite:PATH` nor `mysql://USER:PASSWORD@HOST/DATABASE`".into()),
                "{wrong}"
            );
        }
    }
}
