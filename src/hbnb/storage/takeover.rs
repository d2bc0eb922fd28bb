//! How a database of MySQL or MariaDB gets our tables, and how one is taken over that has those of the older generations.
//!
//! Those were made by SQLAlchemy with the server's default character set, often latin1, and without `ON DELETE CASCADE`.
//! Rows, names and types stay. Their text becomes UTF-8 that is compared byte by byte, as in SQLite: every character fits,
//! and `A` is another id than `a`. Programs that speak latin1 to the server still can, for it translates. Columns of keys
//! cannot be changed while a key is on them, so the keys go and come back, now with the cascade. Where tables that are not
//! ours have keys to ours, all stays as it is.

use std::collections::BTreeSet;

use sqlx::{ConnectOptions, Connection, Executor};

use super::engine::{Pool, Session};
use super::migration::{Start, TABLES, migrator};
use super::statement::Statement;
use super::{Database, Error, Storage, mysql};
use crate::hbnb::model::{Access, Class, Column, Kind};

/// How long one who migrates waits for another one, in seconds.
const PATIENCE: i64 = 60;
/// Byte by byte, trailing spaces included: MariaDB's name for it, MySQL's, and what both have but without the spaces.
const COLLATIONS: [&str; 3] = ["utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin"];
/// Which column of which table names a row of which other one.
const KEYS: [(&str, &str, &str); 11] = [
    ("cities", "state_id", "states"),
    ("places", "city_id", "cities"),
    ("places", "user_id", "users"),
    ("place_amenity", "place_id", "places"),
    ("place_amenity", "amenity_id", "amenities"),
    ("reviews", "place_id", "places"),
    ("reviews", "user_id", "users"),
    ("bookings", "place_id", "places"),
    ("bookings", "user_id", "users"),
    ("booked_nights", "booking_id", "bookings"),
    ("pictures", "place_id", "places"),
];
/// What our own tables have beside their keys, and older ones may lack: table, name, columns.
const INDEXES: [(&str, &str, &str); 3] = [
    ("users", "users_by_email", "email"),
    ("places", "places_by_name", "name, id"),
    ("places", "places_by_price", "price_by_night, max_guest, id"),
];

/// The columns of the database that are keys to other tables.
const FROM_KEYS: &str = "FROM information_schema.KEY_COLUMN_USAGE \
     WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL";

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
        self.run(session.again(), "SET foreign_key_checks = 0".into()).await?;
        if start == Start::Empty {
            self.clear(session.again()).await?;
        }
        let pending = self.lacking(session.again()).await?;
        if !pending.is_empty() {
            let there = self.words(session.again(), &tables()).await?;
            if there.contains("_sqlx_migrations") {
                // A step that did not come to its end is taken again.
                self.run(session.again(), "DELETE FROM _sqlx_migrations WHERE success = 0".into()).await?;
            }
            self.unify(session.again(), &there).await?;
            if let Session::MySql(link) = session.again() {
                migrator(&self.pool).run(link).await.map_err(|e| self.unmigrated(e))?;
            }
        }
        self.complete(session).await?;
        Ok(pending)
    }

    /// Only one at a time; `GET_LOCK` says 1 to it.
    async fn lock(&self, session: Session<'_>) -> Result<(), Error> {
        let statement =
            Statement::new("SELECT GET_LOCK(LEFT(CONCAT('hbnb ', DATABASE()), 64), ?)").with(PATIENCE);
        let rows = session.fetch(&statement).await.and_then(|rows| rows.map(|row| row.integer(0)));
        match rows.map_err(|e| self.explain(e))?.first() {
            Some(Some(1)) => Ok(()),
            _ => Err(Error::Busy(self.database.clone())),
        }
    }

    /// New tables, and those of ours that are there, get one way to hold and compare text.
    async fn unify(&self, mut session: Session<'_>, there: &BTreeSet<String>) -> Result<(), Error> {
        let Database::MySql(server) = &self.database else { return Ok(()) };
        let database = server.database.replace('`', "``");
        let mut strangers =
            Statement::new(format!("SELECT TABLE_NAME {FROM_KEYS} AND REFERENCED_TABLE_NAME IN "));
        strangers.list(TABLES).push(" AND TABLE_NAME NOT IN ").list(TABLES);
        if !self.words(session.again(), &strangers).await?.is_empty() {
            // Then they stay as they are, and new ones become like them: a key must compare like what it names.
            let manner = Statement::new(
                "SELECT CONCAT('CHARACTER SET ', CHARACTER_SET_NAME, ' COLLATE ', COLLATION_NAME) \
                 FROM information_schema.COLUMNS \
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'places' AND COLUMN_NAME = 'id'",
            );
            for manner in self.words(session.again(), &manner).await? {
                self.run(session.again(), format!("ALTER DATABASE `{database}` {manner}")).await?;
            }
            return Ok(());
        }
        let mut known = Statement::new(
            "SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN ",
        );
        known.list(COLLATIONS);
        let known = self.words(session.again(), &known).await?;
        let best = COLLATIONS.into_iter().find(|name| known.contains(*name)).unwrap_or("utf8mb4_bin");
        let manner = format!("CHARACTER SET utf8mb4 COLLATE {best}");
        self.run(session.again(), format!("ALTER DATABASE `{database}` {manner}")).await?;

        let others = Statement::new(
            "SELECT DISTINCT TABLE_NAME FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME <> ? AND TABLE_NAME <> '_sqlx_migrations'",
        );
        let others = self.words(session.again(), &others.with(best)).await?;
        let others: Vec<_> = there.intersection(&others).collect();
        if others.is_empty() {
            return Ok(());
        }
        let words = "SELECT CONCAT('ALTER TABLE ', TABLE_NAME, ' DROP FOREIGN KEY `', CONSTRAINT_NAME, '`')";
        let mut keys = Statement::new(format!("{words} {FROM_KEYS} AND TABLE_NAME IN "));
        keys.list(TABLES);
        for drop in self.words(session.again(), &keys).await? {
            self.run(session.again(), drop).await?;
        }
        for table in others {
            self.run(session.again(), format!("ALTER TABLE {table} CONVERT TO {manner}")).await?;
        }
        Ok(())
    }

    /// Columns, keys and indexes that are not there.
    async fn complete(&self, mut session: Session<'_>) -> Result<(), Error> {
        let columns = Statement::new(
            "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = DATABASE()",
        );
        let columns = self.words(session.again(), &columns).await?;
        for class in Class::ALL {
            for column in class.columns() {
                if !columns.contains(&format!("{}.{}", class.table(), column.name)) {
                    let add = format!("ALTER TABLE {} ADD COLUMN {}", class.table(), declared(column));
                    self.run(session.again(), add).await?;
                }
            }
        }
        let keys = Statement::new(format!("SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) {FROM_KEYS}"));
        let keys = self.words(session.again(), &keys).await?;
        for (table, column, parent) in KEYS {
            if !keys.contains(&format!("{table}.{column}")) {
                let key = format!("FOREIGN KEY ({column}) REFERENCES {parent} (id) ON DELETE CASCADE");
                self.run(session.again(), format!("ALTER TABLE {table} ADD {key}")).await?;
            }
        }
        let indexes = Statement::new(
            "SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()",
        );
        let indexes = self.words(session.again(), &indexes).await?;
        for (table, name, columns) in INDEXES {
            if !indexes.contains(name) {
                self.run(session.again(), format!("CREATE INDEX {name} ON {table} ({columns})")).await?;
            }
        }
        Ok(())
    }

    async fn run(&self, session: Session<'_>, text: String) -> Result<(), Error> {
        session.execute(&Statement::new(text)).await.map(drop).map_err(|e| self.explain(e))
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

/// A column for rows that have been there without it.
fn declared(column: &Column) -> String {
    let name = column.name;
    match (column.kind, column.access) {
        (Kind::Text(longest), Access::Optional) => format!("{name} VARCHAR({longest})"),
        (Kind::Text(longest), _) => format!("{name} VARCHAR({longest}) NOT NULL DEFAULT ''"),
        (Kind::Integer, _) => format!("{name} INT NOT NULL DEFAULT 0"),
        (Kind::Real, _) => format!("{name} FLOAT"),
        (Kind::Moment, _) => format!("{name} DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)"),
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
