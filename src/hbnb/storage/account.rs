//! Accounts: which address belongs to whom, and what passwords are kept as.

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
    /// Who may be meant by an address: the account of `folded` first, then rows without one, oldest first, whose email is
    /// `typed` or `folded`.
    pub async fn candidates(&self, typed: &str, folded: &str) -> Result<Vec<Candidate>, Error> {
        let mut statement = Statement::new(
            "SELECT u.id AS id, u.password, 0 AS later, u.created_at AS created_at FROM accounts a JOIN users u ON u.id = a.user_id \
             WHERE a.address = ",
        );
        statement
            .value(folded)
            .push(" UNION ALL SELECT id, password, 1 AS later, created_at FROM users WHERE email IN ");
        statement
            .list([typed, folded])
            .push(" AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = users.id) ");
        statement.push("ORDER BY later, created_at, id LIMIT ").value(CANDIDATES);
        self.fetch(&statement, |row| Ok(Candidate { id: row.word(0)?, kept: row.word(1)? })).await
    }

    /// Adds `user` and gives it the address, unless that belongs to somebody: to an account, which the database decides also
    /// between two who come at once, or to a row of the old data.
    pub async fn sign_up(&self, folded: &str, user: &Values) -> Result<SignedUp, Error> {
        match self.signed_up(folded, user).await {
            Err(Error::Exists) => Ok(SignedUp::Taken),
            done => done,
        }
    }

    async fn signed_up(&self, folded: &str, user: &Values) -> Result<SignedUp, Error> {
        let explained = |cause| self.explain(cause);
        let said = |name: &str| user.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let mut all = self.begin().await?;
        let mut known = Statement::new("SELECT COUNT(*) FROM users WHERE email IN ");
        known.list([said("email"), folded]);
        let known = all.session().fetch(&known).await.and_then(|rows| rows.map(|row| row.integer(0)));
        if known.map_err(explained)?.first() > Some(&Some(0)) {
            return Ok(SignedUp::Taken);
        }
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

    /// Keeps a password in another form, unless somebody changed it meanwhile; says whether it did.
    pub async fn replace_password(&self, user: &str, kept: &str, new: &str) -> Result<bool, Error> {
        let words = "UPDATE users SET password = ? WHERE id = ? AND password = ?";
        Ok(self.execute(&Statement::new(words).with(new).with(user).with(kept)).await? == 1)
    }
}
