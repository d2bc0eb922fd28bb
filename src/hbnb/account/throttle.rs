//! Who guesses passwords, or makes accounts by the dozen, is soon told to wait; all processes count alike, in the database.
//!
//! An attempt counts before it is made, so that a hundred at the same time are no way round, and counts no more once it
//! succeeded. Both limits hold for addresses that nobody has, too: waiting tells nothing.

use std::net::{IpAddr, Ipv6Addr};

use jiff::Timestamp;

use super::key::{Key, Purpose};
use super::{Accounts, Error};

/// Within how many seconds attempts count together.
const WINDOW: i64 = 15 * 60;
/// Attempts at one account.
const PER_ACCOUNT: i64 = 10;
/// Attempts from one network, and sign-ups; a whole class may stand behind one address.
const PER_NETWORK: i64 = 30;

/// An attempt that may be made.
pub struct Attempt {
    network: Option<String>,
    account: String,
}

/// Why an attempt may not be made: so many seconds to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub i64);

impl Accounts {
    /// Counts an attempt at the account of a folded address by who asks, as far as that is known.
    pub async fn attempt(
        &self,
        key: &Key,
        folded: &str,
        client: Option<IpAddr>,
    ) -> Result<Result<Attempt, Wait>, Error> {
        // The table names neither people nor addresses.
        let network =
            client.map(|client| key.signature(Purpose::Attempt, &format!("from {}", network(client))));
        let account = key.signature(Purpose::Attempt, &format!("at {folded}"));
        let both = [(network.as_ref(), PER_NETWORK), (Some(&account), PER_ACCOUNT)];
        for (subject, most) in both.into_iter().filter_map(|(subject, most)| Some((subject?, most))) {
            if let Some(wait) = self.counted(subject, most).await? {
                return Ok(Err(wait));
            }
        }
        Ok(Ok(Attempt { network, account }))
    }

    /// Counts a sign-up by who asks, as far as that is known; says how long to wait if there were too many.
    pub async fn may_sign_up(&self, key: &Key, client: Option<IpAddr>) -> Result<Option<Wait>, Error> {
        let Some(client) = client else { return Ok(None) };
        let subject = key.signature(Purpose::Attempt, &format!("sign-up from {}", network(client)));
        self.counted(&subject, PER_NETWORK).await
    }

    async fn counted(&self, subject: &str, most: i64) -> Result<Option<Wait>, Error> {
        let now = Timestamp::now().as_second();
        let counted = self.storage.count_attempt(subject, now, now - WINDOW).await?;
        Ok((counted.count > most).then(|| Wait((counted.begun_at + WINDOW - now).max(1))))
    }

    /// The attempt was no guess. Others at the account are forgiven; not those from the network, where somebody could log in
    /// to an account of his own between guesses.
    pub async fn succeeded(&self, attempt: &Attempt) -> Result<(), Error> {
        self.storage.forget_attempts_of(&attempt.account).await?;
        if let Some(network) = &attempt.network {
            self.storage.uncount_attempt(network).await?;
        }
        Ok(())
    }
}

/// The address, or the /64 that one subscriber of IPv6 has.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_is_one_address_or_a_whole_64() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
