//! The steps that lead from an empty database to the present tables; they are in the binary.
//!
//! A step only adds: what older programs read and write stays, until a later release takes away what nobody uses any more.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use tokio::time::sleep;

use super::engine::{Pool, Session, Work};
use super::sqlite::PATIENCE;
use super::statement::Statement;
use super::{Error, Storage};

/// A step; the engines' words differ only where they must. What was released is never changed: a later wish is a further
/// step. MySQL keeps no tables back until all are made, so its words can be said twice (`IF NOT EXISTS`).
struct Step {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    mysql: &'static str,
}

/// A step from the two files that begin with `$files`.
macro_rules! step {
    ($version:literal, $name:literal, $files:literal) => {
        Step {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("migrations/", $files, ".sql")),
            mysql: include_str!(concat!("migrations/", $files, ".mysql.sql")),
        }
    };
}

const STEPS: [Step; 5] = [
    step!(1, "tables", "0001_tables"),
    step!(2, "accounts", "0002_accounts"),
    step!(3, "bookings", "0003_bookings"),
    step!(4, "pictures", "0004_pictures"),
    step!(5, "covering", "0005_covering"),
];

/// Every table that the steps make, those that name others first, and last the one of what was applied.
pub const TABLES: [&str; 15] = [
    "pictures",
    "booked_nights",
    "bookings",
    "site_keys",
    "attempts",
    "sessions",
    "accounts",
    "place_amenity",
    "reviews",
    "places",
    "amenities",
    "users",
    "cities",
    "states",
    "_sqlx_migrations",
];

/// Between two attempts to begin.
const PAUSE: Duration = Duration::from_millis(10);

/// What is to become of rows that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// They stay.
    AsIs,
    /// Our tables are dropped before they are made again.
    Empty,
}

impl Start {
    /// As `$HBNB_ENV` says: `test` starts empty, as the course's tests do.
    pub fn of(environment: Option<OsString>) -> Self {
        if environment.is_some_and(|value| value == "test") { Start::Empty } else { Start::AsIs }
    }
}

/// The numbers of the steps that came to their end.
async fn applied(link: &mut impl Migrate, table: &str) -> Result<Vec<i64>, MigrateError> {
    let begun = link.list_applied_migrations(table).await?;
    let broken = link.dirty_version(table).await?;
    Ok(begun.into_iter().map(|step| step.version).filter(|version| Some(*version) != broken).collect())
}

/// The names of the steps, in order.
pub fn names() -> Vec<String> {
    STEPS.iter().map(|step| format!("{:04}_{}", step.version, step.name)).collect()
}

/// The steps in an engine's words; whoever runs them sees to it that nobody else does.
pub(super) fn migrator(words: &Pool) -> Migrator {
    let step = |step: &Step| {
        let text = if matches!(words, Pool::Sqlite(_)) { step.sqlite } else { step.mysql };
        let text = AssertSqlSafe(text).into_sql_str();
        Migration::new(step.version, step.name.into(), MigrationType::Simple, text, false)
    };
    let mut migrator = Migrator::with_migrations(STEPS.iter().map(step).collect());
    migrator.set_locking(false);
    migrator
}

impl Storage {
    /// The steps that the database still lacks, in order; changes nothing. Errors: [`Error::Absent`] if there is no
    /// database, and a step that this binary does not know.
    pub async fn pending(&self) -> Result<Vec<String>, Error> {
        let mut link = self.pool.living_link().await.map_err(|e| self.explain(e))?;
        self.lacking(link.session()).await
    }

    pub(super) async fn lacking(&self, session: Session<'_>) -> Result<Vec<String>, Error> {
        let migrator = migrator(&self.pool);
        let listed = match session {
            Session::Sqlite(link) => applied(link, &migrator.table_name).await,
            Session::MySql(link) => applied(link, &migrator.table_name).await,
        };
        let applied = match listed.map_err(|e| self.unmigrated(e)) {
            Ok(applied) => applied,
            Err(Error::Unmigrated(_)) => Vec::new(),
            Err(other) => return Err(other),
        };
        if let Some(newer) = applied.iter().find(|version| !migrator.version_exists(**version)) {
            return Err(Error::Migration(self.database.clone(), MigrateError::VersionMissing(*newer)));
        }
        let missing = STEPS.iter().zip(names()).filter(|(step, _)| !applied.contains(&step.version));
        Ok(missing.map(|(_, name)| name).collect())
    }

    /// Takes the steps that are pending and says which; who comes at the same time waits and finds nothing pending. SQLite
    /// takes all or none; MySQL, where one failed, goes on from there the next time, and a database that holds tables of
    /// the application's older generations is taken over with its rows. Errors: those of the database.
    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        self.migrate_from(Start::AsIs).await
    }

    /// As [`Storage::migrate`], from a start of one's choice.
    pub async fn migrate_from(&self, start: Start) -> Result<Vec<String>, Error> {
        let Pool::Sqlite(_) = self.pool else { return self.take_over(start).await };
        let mut all = self.begin_patiently().await?;
        if start == Start::Empty {
            self.clear(all.session()).await?;
        }
        let pending = self.lacking(all.session()).await?;
        if let Session::Sqlite(link) = all.session() {
            migrator(&self.pool).run(link).await.map_err(|e| self.unmigrated(e))?;
        }
        all.commit().await.map_err(|e| self.explain(e))?;
        Ok(pending)
    }

    /// Drops our tables, and no others.
    pub(super) async fn clear(&self, mut session: Session<'_>) -> Result<(), Error> {
        for table in TABLES {
            let statement = Statement::new(format!("DROP TABLE IF EXISTS {table}"));
            session.again().execute(&statement).await.map_err(|e| self.explain(e))?;
        }
        Ok(())
    }

    /// SQLite does not wait by itself while another process turns a new file into one with a write-ahead log, so we do.
    /// <https://sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode>
    async fn begin_patiently(&self) -> Result<Work, Error> {
        let begun = Instant::now();
        loop {
            match self.begin().await {
                Err(Error::Busy(_)) if begun.elapsed() < PATIENCE => sleep(PAUSE).await,
                other => return other,
            }
        }
    }

    pub(super) fn unmigrated(&self, cause: MigrateError) -> Error {
        match cause {
            MigrateError::Execute(cause) => self.explain(cause),
            other => Error::Migration(self.database.clone(), other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hbnb::storage::Database;

    #[tokio::test]
    async fn every_table_that_the_steps_make_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::create(&Database::Sqlite(directory.path().join("a.db")));
        storage.migrate().await.unwrap();
        let made = Statement::new("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
        let mut known = TABLES.map(str::to_string);
        known.sort();
        assert_eq!(storage.fetch(&made, |row| row.word(0)).await.unwrap(), known);
    }
}
