//! Passwords of people: how they are written down.

use std::fmt::Write;

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHasher};
use md5::{Digest, Md5};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordVerifier;
    use argon2::password_hash::phc::PasswordHash;

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
}
