//! Passwords of people: how they are written down, and whether one fits what was written.

use std::fmt::{self, Write};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use md5::{Digest, Md5};
use sha2::Sha256;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// What is kept for somebody who shall not log in: it has the look of a hash, and no text has it.
pub const NOBODYS: &str = "$argon2id$none";
/// What was kept for the same before; nobody's password in clear.
const NOBODYS_ONCE: &str = "!";

/// How hashes of Argon2id begin.
const ARGON2: &str = "$argon2id$";
/// Hashes made at once in one process: each takes 19 MiB and a processor for some hundredths of a second.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// How many of these are the API's. It asks nobody who he is: however many ask there, who logs in to the site waits for one
/// of them.
static OF_THE_API: Semaphore = Semaphore::const_new(1);
/// How long a client waits for its turn before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
/// The fewest hashes that are compared with a password of an address that several rows may have.
const FEWEST: usize = 3;
/// The most of them; anybody can add rows of an address over the API.
const MOST: usize = 10;

/// Why a password could not be hashed or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The turn did not come while a client waits; it may come again.
    Busy,
    /// The system could not.
    Failed(password_hash::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Busy => {
                write!(f, "no password could be hashed in {} seconds: too many wait", PATIENCE.as_secs())
            }
            Error::Failed(cause) => write!(f, "a password could not be hashed: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

/// Who waits for a password to be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// A person at the site, where attempts are counted.
    Site,
    /// A program at the API.
    Api,
}

/// Where work keeps nobody else waiting; others come when it is dropped.
type Turn = [Option<SemaphorePermit<'static>>; 2];

impl Lane {
    async fn turn(self, patience: Duration) -> Result<Turn, Error> {
        let turn = async {
            let own = if self == Lane::Api { OF_THE_API.acquire().await.ok() } else { None };
            [own, AT_ONCE.acquire().await.ok()]
        };
        timeout(patience, turn).await.map_err(|_| Error::Busy)
    }

    /// Does the work when it is its turn, which lasts as long as the work, even if the client has gone.
    async fn done<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.turn(PATIENCE).await?;
        let done = spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Error::Failed(password_hash::Error::Crypto))?.map_err(Error::Failed)
    }
}

/// How passwords are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passwords {
    /// Argon2id with a salt of its own, as `$argon2id$v=19$…`.
    Argon2id,
    /// The MD5 digest in hexadecimal digits, for programs of the old application that compare it. Quick to guess.
    Md5,
}

impl Passwords {
    /// What is stored for the password `clear`.
    pub async fn written(self, clear: String, lane: Lane) -> Result<String, Error> {
        match self {
            Passwords::Md5 => Ok(hex(&Md5::digest(clear))),
            Passwords::Argon2id => {
                let hashing = move || Argon2::default().hash_password(clear.as_bytes());
                Ok(lane.done(hashing).await?.to_string())
            }
        }
    }
}

impl Passwords {
    /// Whether a password that fits `kept` should be written anew: what old data holds is clear, or quick to guess.
    pub fn improves(self, kept: &str) -> bool {
        self == Passwords::Argon2id && !kept.starts_with(ARGON2)
    }
}

/// How many hashes of Argon2id are computed to see whether a password fits: always as many, unless one fits, so that the
/// time does not tell whether there was any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// For one who is known.
    One,
    /// For an address that several rows of old data may have; where more rows have one, more.
    Several,
}

impl Rounds {
    /// Which of the forms in `kept` is one of the password `clear`; what old data holds is looked at first, and of hashes the
    /// first ten.
    pub async fn fitting(self, clear: String, kept: Vec<String>) -> Result<Option<usize>, Error> {
        let (fewest, most) = match self {
            Rounds::One => (1, 1),
            Rounds::Several => (FEWEST, MOST),
        };
        Lane::Site.done(move || fitting(&clear, &kept, fewest, most)).await
    }
}

fn fitting(
    clear: &str,
    kept: &[String],
    fewest: usize,
    most: usize,
) -> Result<Option<usize>, password_hash::Error> {
    let is_argon2 = |text: &str| text.starts_with(ARGON2);
    if let Some(at) = kept.iter().position(|text| !is_argon2(text) && fits_old(clear, text)) {
        return Ok(Some(at));
    }
    // What is no whole hash costs no time, and so is none of those that are counted.
    let hash = |text| PasswordHash::new(text).ok().filter(|hash| is_argon2(text) && hash.hash.is_some());
    let hashes = kept.iter().enumerate().filter_map(|(at, text)| Some((at, hash(text)?))).take(most);
    let mut left = fewest;
    for (at, hash) in hashes {
        left = left.saturating_sub(1);
        if Argon2::default().verify_password(clear.as_bytes(), &hash).is_ok() {
            return Ok(Some(at));
        }
    }
    for _ in 0..left {
        Argon2::default().hash_password(clear.as_bytes())?;
    }
    Ok(None)
}

/// Whether the password is kept as old data keeps it: as its MD5 in hexadecimal digits, or in clear. What looks like the
/// former is never taken for the latter: who saw it could log in with it.
fn fits_old(clear: &str, kept: &str) -> bool {
    let is_md5 = kept.len() == 32 && kept.bytes().all(|byte| byte.is_ascii_hexdigit());
    let said = if is_md5 { hex(&Md5::digest(clear)) } else { clear.to_string() };
    let kept = if is_md5 { kept.to_ascii_lowercase() } else { kept.to_string() };
    // Digests are compared: how soon they differ tells nothing about the password.
    !["", NOBODYS_ONCE].contains(&&*kept) && Sha256::digest(said) == Sha256::digest(kept)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_written_with_another_salt_each_time_and_can_be_checked() {
        let first = Passwords::Argon2id.written("secret".into(), Lane::Site).await.unwrap();
        let second = Passwords::Argon2id.written("secret".into(), Lane::Site).await.unwrap();
        assert_ne!(first, second);
        for written in [first, second] {
            assert!(written.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{written}");
            assert!(written.len() <= 128, "{written}");
            let hash = PasswordHash::new(&written).unwrap();
            assert!(Argon2::default().verify_password(b"secret", &hash).is_ok());
            assert!(Argon2::default().verify_password(b"Secret", &hash).is_err());
        }
    }

    #[tokio::test]
    async fn md5_is_written_as_the_old_programs_compare_it() {
        let written = Passwords::Md5.written("pwd".into(), Lane::Site).await.unwrap();
        assert_eq!(written, "9003d1df22eb4d3820015070385194c8");
    }

    #[tokio::test]
    async fn a_password_is_found_among_several_forms_and_a_digest_is_no_password() {
        let pwd = "9003d1df22eb4d3820015070385194c8";
        let strong = Passwords::Argon2id.written("strong".into(), Lane::Site).await.unwrap();
        let kept: Vec<String> = ["", "clear", pwd, &strong, "$argon2id$nonsense", NOBODYS, NOBODYS_ONCE]
            .map(str::to_string)
            .into();
        for (clear, wanted) in [
            ("clear", Some(1)),
            ("pwd", Some(2)),
            ("strong", Some(3)),
            ("Clear", None),
            ("", None),
            (NOBODYS, None),
            ("none", None),
            (NOBODYS_ONCE, None),
            (pwd, None),
            (&*strong, None),
        ] {
            let found = Rounds::Several.fitting(clear.into(), kept.clone()).await.unwrap();
            assert_eq!(found, wanted, "{clear}");
        }
        let improved = kept.iter().map(|kept| Passwords::Argon2id.improves(kept)).collect::<Vec<_>>();
        assert_eq!(improved, [true, true, true, false, false, false, true]);
        assert!(!Passwords::Md5.improves(pwd));
    }

    #[tokio::test]
    async fn whose_turn_does_not_come_is_told_so_and_people_of_the_site_do_not_wait_for_the_api() {
        let api = Lane::Api.turn(PATIENCE).await.unwrap();
        assert_eq!(Lane::Api.turn(Duration::ZERO).await.err(), Some(Error::Busy));
        let site = Lane::Site.turn(PATIENCE).await;
        assert!(site.is_ok());
        drop(api);
        assert!(Lane::Api.turn(PATIENCE).await.is_ok());
    }
}
