//! Who is logged in, and the key that all processes share.

use serde::Serialize;

use super::statement::Statement;
use super::{Error, Storage};

/// A person who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The user's id.
    pub id: String,
    /// The address as it was written at sign-up.
    pub email: String,
    /// Empty if there is none.
    pub first_name: String,
    /// Empty if there is none.
    pub last_name: String,
}

impl Storage {
    /// From now on the session with this digest is `user`'s, until a moment in seconds since 1970.
    pub async fn begin_session(&self, digest: &str, user: &str, ends_at: i64) -> Result<(), Error> {
        let words = "INSERT INTO sessions (digest, user_id, ends_at) VALUES (?, ?, ?)";
        self.execute(&Statement::new(words).with(digest).with(user).with(ends_at)).await.map(drop)
    }

    /// Whose session this is at a moment, in seconds since 1970.
    pub async fn person(&self, digest: &str, now: i64) -> Result<Option<Person>, Error> {
        let words = "SELECT u.id, u.email, u.first_name, u.last_name FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.digest = ? AND s.ends_at > ?";
        let statement = Statement::new(words).with(digest).with(now);
        let people = self.fetch(&statement, |row| {
            Ok(Person {
                id: row.word(0)?,
                email: row.word(1)?,
                first_name: row.word(2)?,
                last_name: row.word(3)?,
            })
        });
        Ok(people.await?.pop())
    }

    /// This session is nobody's any more.
    pub async fn end_session(&self, digest: &str) -> Result<(), Error> {
        self.execute(&Statement::new("DELETE FROM sessions WHERE digest = ?").with(digest)).await.map(drop)
    }

    /// Takes away what ended before a moment, in seconds since 1970.
    pub async fn forget_sessions(&self, now: i64) -> Result<(), Error> {
        self.execute(&Statement::new("DELETE FROM sessions WHERE ends_at <= ?").with(now)).await.map(drop)
    }

    /// The key of this name, if it was made.
    pub async fn site_key(&self, name: &str) -> Result<Option<String>, Error> {
        let statement = Statement::new("SELECT value FROM site_keys WHERE name = ?").with(name);
        Ok(self.fetch(&statement, |row| row.word(0)).await?.pop())
    }

    /// The key of this name from now on: `made`, unless somebody was faster.
    pub async fn keep_site_key(&self, name: &str, made: &str) -> Result<String, Error> {
        let words = "INSERT INTO site_keys (name, value) VALUES (?, ?)";
        match self.execute(&Statement::new(words).with(name).with(made)).await {
            Ok(_) | Err(Error::Exists) => Ok(self.site_key(name).await?.unwrap_or_else(|| made.into())),
            Err(cause) => Err(cause),
        }
    }
}
