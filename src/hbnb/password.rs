//! Passwords of people: how they are written down, and whether one fits what was written.

use std::fmt::Write;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use md5::{Digest, Md5};
use sha2::Sha256;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How hashes of Argon2id begin.
const ARGON2: &str = "$argon2id$";
/// Hashes made at once in one process: each takes 19 MiB and a processor for some hundredths of a second.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// How passwords are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passwords {
    /// Argon2id with a salt of its own, as `$argon2id$v=19$…`.
    Argon2id,
    /// The MD5 digest in hexadecimal digits, for programs of the old application that compare it. Quick to guess.
    Md5,
}

impl Passwords {
    /// What is stored for the password `clear`. Errors: the system gave no random salt.
    pub async fn written(self, clear: String) -> Result<String, Error> {
        match self {
            Passwords::Md5 => Ok(hex(&Md5::digest(clear))),
            Passwords::Argon2id => {
                let _turn = AT_ONCE.acquire().await.map_err(|_| Error::Crypto)?;
                let hashing = spawn_blocking(move || Argon2::default().hash_password(clear.as_bytes()));
                Ok(hashing.await.map_err(|_| Error::Crypto)??.to_string())
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
    /// For an address that several rows of old data may have.
    Several,
}

impl Rounds {
    /// Which of the forms in `kept` is one of the password `clear`; what old data holds is looked at first. Errors: the
    /// system gave no random salt.
    pub async fn fitting(self, clear: String, kept: Vec<String>) -> Result<Option<usize>, Error> {
        let rounds = match self {
            Rounds::One => 1,
            Rounds::Several => 3,
        };
        let _turn = AT_ONCE.acquire().await.map_err(|_| Error::Crypto)?;
        spawn_blocking(move || fitting(&clear, &kept, rounds)).await.map_err(|_| Error::Crypto)?
    }
}

fn fitting(clear: &str, kept: &[String], rounds: usize) -> Result<Option<usize>, Error> {
    let is_argon2 = |text: &str| text.starts_with(ARGON2);
    if let Some(at) = kept.iter().position(|text| !is_argon2(text) && fits_old(clear, text)) {
        return Ok(Some(at));
    }
    let hashes = kept.iter().enumerate().filter(|(_, text)| is_argon2(text)).take(rounds);
    let mut left = rounds;
    for (at, text) in hashes {
        left -= 1;
        let fits = |hash: PasswordHash| Argon2::default().verify_password(clear.as_bytes(), &hash).is_ok();
        if PasswordHash::new(text).is_ok_and(fits) {
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
    !kept.is_empty() && Sha256::digest(said) == Sha256::digest(kept)
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
        let first = Passwords::Argon2id.written("secret".into()).await.unwrap();
        let second = Passwords::Argon2id.written("secret".into()).await.unwrap();
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
        let written = Passwords::Md5.written("pwd".into()).await.unwrap();
        assert_eq!(written, "9003d1df22eb4d3820015070385194c8");
    }

    #[tokio::test]
    async fn a_password_is_found_among_several_forms_and_a_digest_is_no_password() {
        let pwd = "9003d1df22eb4d3820015070385194c8";
        let strong = Passwords::Argon2id.written("strong".into()).await.unwrap();
        let kept: Vec<String> = ["", "clear", pwd, &strong, "$argon2id$nonsense"].map(str::to_string).into();
        for (clear, wanted) in [
            ("clear", Some(1)),
            ("pwd", Some(2)),
            ("strong", Some(3)),
            ("Clear", None),
            ("", None),
            (pwd, None),
            (&*strong, None),
        ] {
            let found = Rounds::Several.fitting(clear.into(), kept.clone()).await.unwrap();
            assert_eq!(found, wanted, "{clear}");
        }
        let improved = kept.iter().map(|kept| Passwords::Argon2id.improves(kept)).collect::<Vec<_>>();
        assert_eq!(improved, [true, true, true, false, false]);
        assert!(!Passwords::Md5.improves(pwd));
    }
}
