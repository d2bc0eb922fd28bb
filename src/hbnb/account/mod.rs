//! Accounts of the site: who signs up, logs in, stays logged in, and who tries too often.
//!
//! Read in this order: [`address`] (whom an email names), [`key`] and [`session`] (what a browser keeps), [`throttle`],
//! [`sign_up`] and [`log_in`]. Nothing here knows pages. All processes share what the database holds: sessions, counts of
//! attempts and, unless `$HBNB_SECRET` is set, the key.

pub mod address;
pub mod error;
pub mod key;
pub mod log_in;
pub mod session;
pub mod sign_up;
pub mod throttle;

pub use address::Address;
pub use error::Error;
pub use key::Key;
pub use session::Session;

use super::password::Passwords;
use super::settings::Settings;
use super::storage::Storage;
use crate::base::secret::Secret;

/// Everyone's accounts; clones share the database's connections.
#[derive(Clone)]
pub struct Accounts {
    storage: Storage,
    passwords: Passwords,
    secret: Option<Secret>,
}

impl Accounts {
    /// The accounts in a storage.
    pub fn new(storage: Storage, settings: &Settings) -> Self {
        Self { storage, passwords: settings.passwords, secret: settings.secret.clone() }
    }

    /// The key with which everything of the site is signed. It is asked for each time: a database that was made anew has
    /// another one.
    pub async fn key(&self) -> Result<Key, Error> {
        Key::of(&self.storage, self.secret.as_ref()).await
    }
}
