//! The two engines as one: connections, transactions and rows of either.
//!
//! Drivers differ in their types only, so each thing here is one of two ([`Either`]); statements are written once. The
//! driver that sqlx has for "any" engine knows no moments of MySQL and copies every value.

use std::time::Duration;

use sqlx::mysql::MySqlRow;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, MySql, MySqlConnection, MySqlPool, Row as _, Sqlite, SqliteConnection};

use super::sqlite::Connections;
use super::statement::Statement;

/// Something of SQLite, or its sibling of MySQL.
#[derive(Clone, Debug)]
pub enum Either<S, M> {
    /// SQLite's.
    Sqlite(S),
    /// MySQL's or MariaDB's.
    MySql(M),
}

/// Connections.
pub type Pool = Either<Connections, MySqlPool>;
/// A connection of the pool, which goes back by itself.
pub type Link = Either<PoolConnection<Sqlite>, PoolConnection<MySql>>;
/// A transaction; it is rolled back unless it is committed.
pub type Work = Either<sqlx::Transaction<'static, Sqlite>, sqlx::Transaction<'static, MySql>>;
/// What statements are given to.
pub type Session<'c> = Either<&'c mut SqliteConnection, &'c mut MySqlConnection>;
/// What a question is answered.
pub type Rows = Either<Vec<SqliteRow>, Vec<MySqlRow>>;
/// One row of it.
pub type Row<'r> = Either<&'r SqliteRow, &'r MySqlRow>;

impl Pool {
    /// Any connection; it may have died while nobody used it.
    pub async fn link(&self) -> Result<Link, sqlx::Error> {
        Ok(match self {
            Pool::Sqlite(file) => Link::Sqlite(file.readers.acquire().await?),
            Pool::MySql(pool) => Link::MySql(pool.acquire().await?),
        })
    }

    /// A connection that lived a moment ago; the dead ones that are met are closed.
    pub async fn living_link(&self) -> Result<Link, sqlx::Error> {
        loop {
            let mut link = self.link().await?;
            let Link::MySql(other) = &mut link else { return Ok(link) };
            match other.ping().await {
                Ok(()) => return Ok(link),
                Err(_) => other.close_on_drop(),
            }
        }
    }

    /// A connection that may write and lived a moment ago.
    pub async fn writing_link(&self) -> Result<Link, sqlx::Error> {
        match self {
            Pool::Sqlite(file) => Ok(Link::Sqlite(file.writer.acquire().await?)),
            Pool::MySql(_) => self.living_link().await,
        }
    }

    /// A transaction that may write. It says so at once: two that begin as readers could not both become writers of SQLite.
    pub async fn begin(&self) -> Result<Work, sqlx::Error> {
        let pool = match self {
            Pool::Sqlite(file) => return Ok(Work::Sqlite(file.writer.begin_with("BEGIN IMMEDIATE").await?)),
            Pool::MySql(pool) => pool,
        };
        loop {
            // What could not begin has done nothing, so the next connection may.
            match pool.begin().await {
                Err(cause) if is_lost(&cause) && pool.size() > 0 => {}
                begun => return Ok(Work::MySql(begun?)),
            }
        }
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        match self {
            Pool::Sqlite(file) => file.close().await,
            Pool::MySql(pool) => pool.close().await,
        }
    }
}

impl Link {
    /// To ask something.
    pub fn session(&mut self) -> Session<'_> {
        match self {
            Link::Sqlite(link) => Session::Sqlite(link),
            Link::MySql(link) => Session::MySql(link),
        }
    }

    /// It is closed instead of being used again.
    pub fn discard(mut self) {
        match &mut self {
            Link::Sqlite(link) => link.close_on_drop(),
            Link::MySql(link) => link.close_on_drop(),
        }
    }
}

impl Work {
    /// To ask something within the transaction.
    pub fn session(&mut self) -> Session<'_> {
        match self {
            Work::Sqlite(work) => Session::Sqlite(work),
            Work::MySql(work) => Session::MySql(work),
        }
    }

    /// Makes it last.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Work::Sqlite(work) => work.commit().await,
            Work::MySql(work) => work.commit().await,
        }
    }
}

impl Session<'_> {
    /// The same, to ask more than once.
    pub fn again(&mut self) -> Session<'_> {
        match self {
            Session::Sqlite(link) => Session::Sqlite(link),
            Session::MySql(link) => Session::MySql(link),
        }
    }

    /// Every row of the answer.
    pub async fn fetch(self, statement: &Statement) -> Result<Rows, sqlx::Error> {
        Ok(match self {
            Session::Sqlite(link) => Rows::Sqlite(statement.query().fetch_all(link).await?),
            Session::MySql(link) => Rows::MySql(statement.query().fetch_all(link).await?),
        })
    }

    /// How many rows were changed (on either engine also those that already were as wished).
    pub async fn execute(self, statement: &Statement) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Session::Sqlite(link) => statement.query().execute(link).await?.rows_affected(),
            Session::MySql(link) => statement.query().execute(link).await?.rows_affected(),
        })
    }
}

impl Rows {
    /// Each row as `read` makes it.
    pub fn map<T>(&self, read: impl Fn(Row<'_>) -> Result<T, sqlx::Error>) -> Result<Vec<T>, sqlx::Error> {
        match self {
            Rows::Sqlite(rows) => rows.iter().map(|row| read(Row::Sqlite(row))).collect(),
            Rows::MySql(rows) => rows.iter().map(|row| read(Row::MySql(row))).collect(),
        }
    }
}

impl<'r> Row<'r> {
    /// The text of column `at`, which counts from 0.
    pub fn text(&self, at: usize) -> Result<Option<&'r str>, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(at),
            Row::MySql(row) => row.try_get(at),
        }
    }

    /// The text of a column that is never null.
    pub fn word(&self, at: usize) -> Result<String, sqlx::Error> {
        Ok(self.text(at)?.unwrap_or_default().to_string())
    }

    /// The whole number of column `at`.
    pub fn integer(&self, at: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(at),
            Row::MySql(row) => row.try_get(at),
        }
    }

    /// The number of column `at`; of MySQL's FLOAT, which holds seven digits, the shortest number that it is.
    pub fn real(&self, at: usize) -> Result<Option<f64>, sqlx::Error> {
        let Row::MySql(row) = self else {
            let Row::Sqlite(row) = self else { return Ok(None) };
            return row.try_get(at);
        };
        let number: Option<f64> = row.try_get(at)?;
        let shortest = |number: f64| (number as f32).to_string().parse().unwrap_or(number);
        let single = sqlx::TypeInfo::name(sqlx::Column::type_info(&row.columns()[at])) == "FLOAT";
        Ok(if single { number.map(shortest) } else { number })
    }
}

/// Whether the connection is gone rather than the statement wrong.
pub fn is_lost(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        // The server shuts down; it closed the connection; an idle one was closed (MySQL 8).
        sqlx::Error::Database(said) => {
            super::mysql::number(said.as_ref()).is_some_and(|number| [1053, 1927, 4031].contains(&number))
        }
        _ => false,
    }
}

/// How long a whole question may take before the client is told to come again.
pub const PATIENCE: Duration = Duration::from_secs(6);
