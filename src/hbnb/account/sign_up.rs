//! New accounts.

use super::{Accounts, Address, Error};
use crate::hbnb::model::{Class, now};
use crate::hbnb::password::{Lane, Rounds};

/// Who wants an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The address, which becomes the account's.
    pub address: Address,
    /// At most 128 characters.
    pub first_name: String,
    /// At most 128 characters, or nothing.
    pub last_name: String,
}

impl Accounts {
    /// Makes an account, unless the address belongs to somebody. Neither the answer nor the time tells which: otherwise
    /// anybody could ask here who has an account, which logging in does not tell either.
    pub async fn sign_up(&self, wish: Wish, password: String) -> Result<(), Error> {
        let kept = self.passwords.written(password, Lane::Site).await?;
        let moment = now();
        let user = [
            ("id", uuid::Uuid::new_v4().to_string()),
            ("created_at", moment.clone()),
            ("updated_at", moment),
            ("email", wish.address.typed),
            ("password", kept),
            ("first_name", wish.first_name),
            ("last_name", wish.last_name),
        ];
        let user = user.into_iter().map(|(name, text)| (name, text.into())).collect();
        self.storage.sign_up(&wish.address.folded, &user).await?;
        Ok(())
    }

    /// Changes a person's names.
    pub async fn rename(&self, user: &str, first_name: &str, last_name: &str) -> Result<(), Error> {
        let changes = [
            ("first_name", first_name.to_string()),
            ("last_name", last_name.to_string()),
            ("updated_at", now()),
        ];
        let changes = changes.into_iter().map(|(name, text)| (name, text.into())).collect();
        self.storage.update(Class::User, user, &changes).await?;
        Ok(())
    }

    /// Changes a person's password if `present` is the one that holds; says whether it did. Whoever was logged in as this
    /// person is not any more.
    pub async fn change_password(&self, user: &str, present: String, new: String) -> Result<bool, Error> {
        let Some(kept) = self.storage.kept_password(user).await? else { return Ok(false) };
        if Rounds::One.fitting(present, vec![kept.clone()]).await?.is_none() {
            return Ok(false);
        }
        let written = self.passwords.written(new, Lane::Site).await?;
        Ok(self.storage.change_password(user, &kept, &written).await?)
    }
}
