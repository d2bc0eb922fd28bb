//! Accounts: which address belongs to whom, and what passwords are kept as.

use super::engine::Row;
use super::object::insert_many;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::{Class, Values};

/// Rows of one address that are looked at; old data has some, but nobody needs more.
const CANDIDATES: i64 = 100;

/// A row of a person who may be meant by an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The user's id.
    pub id: String,
    /// The password as it is kept.
    pub kept: String,
}

/// What became of a wish for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedUp {
    /// There is one now.
    Newly,
    /// The address belongs to somebody; nothing was changed.
    Taken,
}

impl Storage {
    /// Who may be meant by an address: its account first, then rows without one whose email is the same but for capitals,
    /// oldest first. `folded` is the address without capitals.
    pub async fn candidates(&self, folded: &str) -> Result<Vec<Candidate>, Error> {
        let account = Statement::new(
            "SELECT u.id, u.password, a.address FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.address = ?",
        );
        let account = account.with(folded);
        // Every row is looked at: about 40 ms of 100 000 people, as much as a hash of the password.
        let (like, pattern) = match folded.is_ascii() {
            true => ("=", folded.to_string()),
            // For SQLite only ASCII has capitals: any letter will do for others, and for what has a meaning in a pattern.
            false => {
                let is_plain = |c: char| c.is_ascii() && !['%', '\\'].contains(&c);
                ("LIKE", folded.chars().map(|c| if is_plain(c) { c } else { '_' }).collect())
            }
        };
        let mut other = Statement::new("SELECT id, password, email FROM users WHERE LOWER(email) ");
        other.push(like).push(" ").value(&pattern);
        other.push(" AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = users.id) ");
        other.push("ORDER BY created_at, id LIMIT ").value(CANDIDATES);
        let mut found = Vec::new();
        for statement in [account, other] {
            let read = |row: Row<'_>| Ok((Candidate { id: row.word(0)?, kept: row.word(1)? }, row.word(2)?));
            found.extend(self.fetch(&statement, read).await?);
        }
        // MySQL compares without accents, too.
        Ok(found.into_iter().filter(|(_, said)| said.to_lowercase() == folded).map(|(who, _)| who).collect())
    }

    /// Adds `user` and gives it the address, unless that belongs to somebody: to an account, which the database decides also
    /// between two who come at once, or to a row of the old data.
    pub async fn sign_up(&self, folded: &str, user: &Values) -> Result<SignedUp, Error> {
        if !self.candidates(folded).await?.is_empty() {
            return Ok(SignedUp::Taken);
        }
        match self.in_time(self.signed_up(folded, user)).await {
            Err(Error::Exists) => Ok(SignedUp::Taken),
            done => done,
        }
    }

    async fn signed_up(&self, folded: &str, user: &Values) -> Result<SignedUp, Error> {
        let explained = |cause| self.explain(cause);
        let said = |name: &str| user.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let mut all = self.begin().await?;
        insert_many(all.session(), Class::User, &[user]).await.map_err(explained)?;
        let account = Statement::new("INSERT INTO accounts (address, user_id) VALUES (?, ?)");
        all.session().execute(&account.with(folded).with(said("id"))).await.map_err(explained)?;
        all.commit().await.map_err(explained)?;
        Ok(SignedUp::Newly)
    }

    /// What the password of a user is kept as.
    pub async fn kept_password(&self, user: &str) -> Result<Option<String>, Error> {
        let statement = Statement::new("SELECT password FROM users WHERE id = ?").with(user);
        Ok(self.fetch(&statement, |row| row.word(0)).await?.pop())
    }

    /// Whether the user has an account of the site.
    pub async fn has_account(&self, user: &str) -> Result<bool, Error> {
        let statement = Statement::new("SELECT COUNT(*) FROM accounts WHERE user_id = ?").with(user);
        Ok(self.fetch_one(&statement, |row| row.integer(0)).await? > Some(0))
    }

    /// Keeps a password in another form, unless somebody changed it meanwhile; says whether it did.
    pub async fn replace_password(&self, user: &str, kept: &str, new: &str) -> Result<bool, Error> {
        Ok(self.execute(&replacing(user, kept, new)).await? == 1)
    }

    /// The same, and from then on nobody is logged in as this user; both or neither.
    pub async fn change_password(&self, user: &str, kept: &str, new: &str) -> Result<bool, Error> {
        self.in_turn(|| async {
            let explained = |cause| self.explain(cause);
            let mut all = self.begin().await?;
            if all.session().execute(&replacing(user, kept, new)).await.map_err(explained)? != 1 {
                return Ok(false);
            }
            let sessions = Statement::new("DELETE FROM sessions WHERE user_id = ?").with(user);
            all.session().execute(&sessions).await.map_err(explained)?;
            all.commit().await.map_err(explained)?;
            Ok(true)
        })
        .await
    }
}

fn replacing(user: &str, kept: &str, new: &str) -> Statement {
    let words = "UPDATE users SET password = ? WHERE id = ? AND password = ?";
    Statement::new(words).with(new).with(user).with(kept)
}
