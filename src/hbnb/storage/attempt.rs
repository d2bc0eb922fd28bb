//! How often something was tried lately; all processes count together.

use super::statement::Statement;
use super::{Error, Storage};

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many times, this one included.
    pub count: i64,
    /// When the first of them was, in seconds since 1970.
    pub begun_at: i64,
}

impl Storage {
    /// Counts one more attempt of `subject` at the moment `now`. A count that began at `expired` or earlier begins anew.
    pub async fn count_attempt(&self, subject: &str, now: i64, expired: i64) -> Result<Count, Error> {
        let fresh = Statement::new("INSERT INTO attempts (subject, begun_at, count) VALUES (?, ?, 0)");
        match self.execute(&fresh.with(subject).with(now)).await {
            // Whoever adds a row takes away those that count for nothing; if somebody else does at this moment, all is well.
            Ok(_) => match self.forget_attempts(expired).await {
                Ok(()) | Err(Error::Busy(_)) => {}
                Err(cause) => return Err(cause),
            },
            Err(Error::Exists) => {}
            Err(cause) => return Err(cause),
        }
        self.in_turn(|| self.counted(subject, now, expired)).await
    }

    async fn counted(&self, subject: &str, now: i64, expired: i64) -> Result<Count, Error> {
        let explained = |cause| self.explain(cause);
        let mut all = self.begin().await?;
        // MySQL sets the columns one after the other: the moment must be last.
        let more = Statement::new(
            "UPDATE attempts SET count = CASE WHEN begun_at <= ? THEN 1 ELSE count + 1 END, \
             begun_at = CASE WHEN begun_at <= ? THEN ? ELSE begun_at END WHERE subject = ?",
        );
        let more = more.with(expired).with(expired).with(now).with(subject);
        all.session().execute(&more).await.map_err(explained)?;
        let seen = Statement::new("SELECT count, begun_at FROM attempts WHERE subject = ?").with(subject);
        let rows = all.session().fetch(&seen).await.map_err(explained)?;
        let read = rows.map(|row| {
            let (count, begun_at) =
                (row.integer(0)?.unwrap_or_default(), row.integer(1)?.unwrap_or_default());
            Ok(Count { count, begun_at })
        });
        all.commit().await.map_err(explained)?;
        Ok(read.map_err(explained)?.pop().unwrap_or(Count { count: 1, begun_at: now }))
    }

    /// One attempt of `subject` less.
    pub async fn uncount_attempt(&self, subject: &str) -> Result<(), Error> {
        let less = Statement::new("UPDATE attempts SET count = count - 1 WHERE subject = ? AND count > 0");
        self.execute(&less.with(subject)).await.map(drop)
    }

    /// No attempt of `subject` counts any more.
    pub async fn forget_attempts_of(&self, subject: &str) -> Result<(), Error> {
        self.execute(&Statement::new("DELETE FROM attempts WHERE subject = ?").with(subject)).await.map(drop)
    }

    async fn forget_attempts(&self, expired: i64) -> Result<(), Error> {
        let statement = Statement::new("DELETE FROM attempts WHERE begun_at <= ?").with(expired);
        self.execute(&statement).await.map(drop)
    }
}
