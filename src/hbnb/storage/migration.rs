//! The steps that lead from an empty database to the present tables; they are in the binary.

use std::time::{Duration, Instant};

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr, Sqlite, SqliteConnection, Transaction};
use tokio::time::sleep;

use super::sqlite::PATIENCE;
use super::{Error, Storage};

/// Number, name and text of each step. What was released is never changed: a later wish is a further step.
const STEPS: [(i64, &str, &str); 1] = [(1, "tables", include_str!("migrations/0001_tables.sql"))];

/// Between two attempts to begin.
const PAUSE: Duration = Duration::from_millis(10);

fn migrator() -> Migrator {
    let step = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, AssertSqlSafe(sql).into_sql_str(), false)
    };
    Migrator::with_migrations(STEPS.into_iter().map(step).collect())
}

/// The names of the steps, in order.
pub fn names() -> Vec<String> {
    STEPS.into_iter().map(|(version, name, _)| format!("{version:04}_{name}")).collect()
}

impl Storage {
    /// The steps that the database still lacks, in order; changes nothing. Errors: [`Error::Absent`] if there is no
    /// database, and a step that this binary does not know.
    pub async fn pending(&self) -> Result<Vec<String>, Error> {
        let mut connection = self.pool.acquire().await.map_err(|e| self.explain(e))?;
        self.lacking(&mut connection, &migrator()).await
    }

    async fn lacking(
        &self,
        connection: &mut SqliteConnection,
        migrator: &Migrator,
    ) -> Result<Vec<String>, Error> {
        let listed = connection.list_applied_migrations(&migrator.table_name).await;
        let applied: Vec<i64> = match listed.map_err(|e| self.unmigrated(e)) {
            Ok(applied) => applied.into_iter().map(|step| step.version).collect(),
            Err(Error::Unmigrated(_)) => Vec::new(),
            Err(other) => return Err(other),
        };
        if let Some(newer) = applied.iter().find(|version| !migrator.version_exists(**version)) {
            return Err(Error::Migration(self.database.clone(), MigrateError::VersionMissing(*newer)));
        }
        let missing = STEPS.iter().zip(names()).filter(|((version, ..), _)| !applied.contains(version));
        Ok(missing.map(|(_, name)| name).collect())
    }

    /// Takes the steps that are pending, all or none, and says which; who comes at the same time waits and finds nothing
    /// pending. Errors: those of the database.
    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        let migrator = migrator();
        let mut all = self.begin().await?;
        let pending = self.lacking(&mut all, &migrator).await?;
        migrator.run(&mut *all).await.map_err(|e| self.unmigrated(e))?;
        all.commit().await.map_err(|e| self.explain(e))?;
        Ok(pending)
    }

    /// A transaction that may write. SQLite does not wait by itself while another process turns a new file into one with a
    /// write-ahead log, so we do. <https://sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode>
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        let begun = Instant::now();
        loop {
            match self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.explain(e)) {
                Err(Error::Busy(_)) if begun.elapsed() < PATIENCE => sleep(PAUSE).await,
                other => return other,
            }
        }
    }

    fn unmigrated(&self, cause: MigrateError) -> Error {
        match cause {
            MigrateError::Execute(cause) => self.explain(cause),
            other => Error::Migration(self.database.clone(), other),
        }
    }
}
