//! What can keep accounts from being looked at or changed; never what a person typed.

use std::fmt;

use crate::hbnb::{password, storage};

/// Why it could not be done.
#[derive(Debug)]
pub enum Error {
    /// The storage refused.
    Storage(storage::Error),
    /// A password could not be hashed.
    Password(password::Error),
    /// The system gave no random bytes.
    Random(getrandom::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Storage(cause) => cause.fmt(f),
            Error::Password(cause) => cause.fmt(f),
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

impl From<password::Error> for Error {
    fn from(cause: password::Error) -> Self {
        Error::Password(cause)
    }
}

impl From<getrandom::Error> for Error {
    fn from(cause: getrandom::Error) -> Self {
        Error::Random(cause)
    }
}
