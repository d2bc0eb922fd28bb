//! How a database of MySQL or MariaDB gets our tables, and how one is taken over that has those of the older generations.
//!
//! Those were made by SQLAlchemy with the server's default character set, often latin1, and without `ON DELETE CASCADE`.
//! Rows, names and types stay. Their text becomes UTF-8 that is compared byte by byte, as in SQLite: every character fits,
//! and `A` is another id than `a`. Programs that speak latin1 to the server still can, for it translates.

use std::collections::BTreeSet;

use sqlx::{ConnectOptions, Connection, Executor};

use super::engine::{Pool, Session};
use super::migration::{Start, TABLES, migrator};
use super::statement::Statement;
use super::{Database, Error, Storage, mysql};

/// How long one who migrates waits for another one, in seconds.
const PATIENCE: i64 = 60;
/// Byte by byte, trailing spaces included: MariaDB's name for it, MySQL's, and what both have but without the spaces.
const COLLATIONS: [&str; 3] = ["utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin"];
/// What our own tables have beside their keys, and older ones may lack: table, name, columns.
const INDEXES: [(&str, &str, &str); 2] =
    [("users", "users_by_email", "email"), ("places", "places_by_name", "name, id")];

impl Storage {
    pub(super) async fn take_over(&self, start: Start) -> Result<Vec<String>, Error> {
        let found = self.pool.living_link().await.map_err(|e| self.explain(e));
        let mut link = match found {
            Err(Error::Absent(_)) => {
                self.create_database().await?;
                self.pool.living_link().await.map_err(|e| self.explain(e))?
            }
            found => found?,
        };
        self.lock(link.session()).await?;
        let done = self.steps(link.session(), start).await;
        // The lock goes with the connection, and so does what was set for it.
        link.discard();
        done
    }

    async fn steps(&self, mut session: Session<'_>, start: Start) -> Result<Vec<String>, Error> {
        let explained = |e| self.explain(e);
        session.again().execute(&Statement::new("SET foreign_key_checks = 0")).await.map_err(explained)?;
        if start == Start::Empty {
            self.clear(session.again()).await?;
        }
        let pending = self.lacking(session.again()).await?;
        if pending.is_empty() {
            return Ok(pending);
        }
        let there = self.words(session.again(), &tables()).await?;
        if there.contains("_sqlx_migrations") {
            // A step that did not come to its end is taken again.
            let again = Statement::new("DELETE FROM _sqlx_migrations WHERE success = 0");
            session.again().execute(&again).await.map_err(explained)?;
        }
        self.unify(session.again(), &there).await?;
        if let Session::MySql(link) = session.again() {
            migrator(&self.pool).run(link).await.map_err(|e| self.unmigrated(e))?;
        }
        self.index(session).await?;
        Ok(pending)
    }

    /// Only one at a time; `GET_LOCK` says 1 to it.
    async fn lock(&self, session: Session<'_>) -> Result<(), Error> {
        let statement =
            Statement::new("SELECT GET_LOCK(CONCAT('hbnb migrate ', DATABASE()), ?)").with(PATIENCE);
        let rows = session.fetch(&statement).await.and_then(|rows| rows.map(|row| row.integer(0)));
        match rows.map_err(|e| self.explain(e))?.first() {
            Some(Some(1)) => Ok(()),
            _ => Err(Error::Busy(self.database.clone())),
        }
    }

    /// New tables, and those of ours that are there, get one way to hold and compare text.
    async fn unify(&self, mut session: Session<'_>, there: &BTreeSet<String>) -> Result<(), Error> {
        let Database::MySql(server) = &self.database else { return Ok(()) };
        let explained = |e| self.explain(e);
        let mut known = Statement::new(
            "SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN ",
        );
        known.list(COLLATIONS);
        let known = self.words(session.again(), &known).await?;
        let best = COLLATIONS.into_iter().find(|name| known.contains(*name)).unwrap_or("utf8mb4_bin");
        let manner = format!("CHARACTER SET utf8mb4 COLLATE {best}");
        let database = server.database.replace('`', "``");
        let default = Statement::new(format!("ALTER DATABASE `{database}` {manner}"));
        session.again().execute(&default).await.map_err(explained)?;

        let others = Statement::new(
            "SELECT DISTINCT TABLE_NAME FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME <> ?",
        );
        let others = self.words(session.again(), &others.with(best)).await?;
        for table in there.intersection(&others).filter(|table| !table.starts_with('_')) {
            let convert = Statement::new(format!("ALTER TABLE {table} CONVERT TO {manner}"));
            session.again().execute(&convert).await.map_err(explained)?;
        }
        Ok(())
    }

    async fn index(&self, mut session: Session<'_>) -> Result<(), Error> {
        let known = Statement::new(
            "SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()",
        );
        let known = self.words(session.again(), &known).await?;
        for (table, name, columns) in INDEXES.into_iter().filter(|(_, name, _)| !known.contains(*name)) {
            let create = Statement::new(format!("CREATE INDEX {name} ON {table} ({columns})"));
            session.again().execute(&create).await.map_err(|e| self.explain(e))?;
        }
        Ok(())
    }

    async fn words(&self, session: Session<'_>, statement: &Statement) -> Result<BTreeSet<String>, Error> {
        let rows = session.fetch(statement).await.and_then(|rows| rows.map(|row| row.word(0)));
        Ok(rows.map_err(|e| self.explain(e))?.into_iter().collect())
    }

    async fn create_database(&self) -> Result<(), Error> {
        let (Database::MySql(server), Pool::MySql(_)) = (&self.database, &self.pool) else { return Ok(()) };
        let create = format!("CREATE DATABASE IF NOT EXISTS `{}`", server.database.replace('`', "``"));
        let created = async {
            let mut link = mysql::options(server).connect().await?;
            link.execute(sqlx::AssertSqlSafe(create)).await?;
            link.close().await
        };
        match created.await.map_err(|e| self.explain(e)) {
            // An account that may not create it is told that it is not there.
            Err(Error::Closed(..)) => Err(Error::Absent(self.database.clone())),
            done => done,
        }
    }
}

/// Which of our tables are there.
fn tables() -> Statement {
    let words =
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ";
    let mut statement = Statement::new(words);
    statement.list(TABLES);
    statement
}
