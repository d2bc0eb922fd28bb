//! Logging in and out, and who is logged in.

use std::net::IpAddr;

use jiff::Timestamp;

use super::session::LIFETIME;
use super::throttle::Wait;
use super::{Accounts, Address, Error, Key, Session};
use crate::hbnb::password::{Lane, Rounds};
use crate::hbnb::storage::account::Candidate;
use crate::hbnb::storage::session::Person;

/// What became of somebody who wants to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogIn {
    /// It is the user with this id.
    User(String),
    /// No account has this address and password; which of the two it was is nobody's business.
    Nobody,
    /// Too many tried.
    Later(Wait),
}

impl Accounts {
    /// Whose address and password these are. A password that is still kept as in old data is kept better from now on.
    pub async fn log_in(
        &self,
        key: &Key,
        address: &Address,
        password: String,
        client: Option<IpAddr>,
    ) -> Result<LogIn, Error> {
        let attempt = match self.attempt(key, &address.folded, client).await? {
            Ok(attempt) => attempt,
            Err(wait) => return Ok(LogIn::Later(wait)),
        };
        let candidates = self.storage.candidates(&address.folded).await?;
        let kept = candidates.iter().map(|candidate| candidate.kept.clone()).collect();
        let found = Rounds::Several.fitting(password.clone(), kept).await?;
        let Some(candidate) = found.and_then(|at| candidates.into_iter().nth(at)) else {
            return Ok(LogIn::Nobody);
        };
        self.keep_better(&candidate, password).await?;
        self.succeeded(&attempt).await?;
        Ok(LogIn::User(candidate.id))
    }

    async fn keep_better(&self, candidate: &Candidate, password: String) -> Result<(), Error> {
        if self.passwords.improves(&candidate.kept) {
            let better = self.passwords.written(password, Lane::Site).await?;
            self.storage.replace_password(&candidate.id, &candidate.kept, &better).await?;
        }
        Ok(())
    }

    /// A new session in which `user` is logged in; the one before, which somebody may have planted or seen, is over.
    pub async fn begin(&self, user: &str, before: &Session) -> Result<Session, Error> {
        let now = Timestamp::now().as_second();
        let session = Session::new()?;
        self.storage.end_session(&before.digest()).await?;
        self.storage.forget_sessions(now).await?;
        self.storage.begin_session(&session.digest(), user, now + LIFETIME).await?;
        Ok(session)
    }

    /// Who is logged in with this session.
    pub async fn person(&self, session: &Session) -> Result<Option<Person>, Error> {
        Ok(self.storage.person(&session.digest(), Timestamp::now().as_second()).await?)
    }

    /// Logs out.
    pub async fn log_out(&self, session: &Session) -> Result<(), Error> {
        Ok(self.storage.end_session(&session.digest()).await?)
    }
}
