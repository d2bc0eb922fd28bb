//! What can keep accounts from being looked at or changed; never what a person typed.

use std::fmt;

use argon2::password_hash;

use crate::hbnb::storage;

/// Why it could not be done.
#[derive(Debug)]
pub enum Error {
    /// The storage refused.
    Storage(storage::Error),
    /// A password could not be hashed.
    Hash(password_hash::Error),
    /// The system gave no random bytes.
    Random(getrandom::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Storage(cause) => cause.fmt(f),
            Error::Hash(cause) => write!(f, "a password could not be hashed: {cause}"),
            Error::Random(cause) => write!(f, "the system gives no random bytes: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<storage::Error> for Error {
    fn from(cause: storage::Error) -> Self {
        Error::Storage(cause)
    }
}

impl From<password_hash::Error> for Error {
    fn from(cause: password_hash::Error) -> Self {
        Error::Hash(cause)
    }
}

impl From<getrandom::Error> for Error {
    fn from(cause: getrandom::Error) -> Self {
        Error::Random(cause)
    }
}
