//! The key of the site: what is signed with it was made by us, and for the purpose that it names.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::Error;
use crate::base::secret::Secret;
use crate::hbnb::storage::Storage;

/// Its name in the database.
const NAME: &str = "site";
/// Bytes of keys and ids that are made: nobody guesses 256 bits.
const RANDOM: usize = 32;

/// What a signature is good for; one for something else is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The id of a session, in a cookie.
    Session,
    /// The token in the forms of a session.
    Form,
    /// Whose attempts are counted.
    Attempt,
}

/// The key, ready to sign.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// The key made of a secret.
    pub fn new(secret: &Secret) -> Self {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        let digest = Sha256::digest(secret.reveal());
        block[..digest.len()].copy_from_slice(&digest);
        Self(Hmac::new(&block))
    }

    /// The key made of the secret that was given, else of the one in the database, which is made once.
    pub async fn of(storage: &Storage, given: Option<&Secret>) -> Result<Self, Error> {
        if let Some(secret) = given {
            return Ok(Self::new(secret));
        }
        let kept = match storage.site_key(NAME).await? {
            Some(kept) => kept,
            None => storage.keep_site_key(NAME, &random()?).await?,
        };
        Ok(Self::new(&Secret::new(kept)))
    }

    /// The signature of `text`: 43 characters that may stand in a cookie, an address and a page.
    pub fn signature(&self, purpose: Purpose, text: &str) -> String {
        BASE64.encode(self.signing(purpose, text).finalize().into_bytes())
    }

    /// Whether `signature` is the one of `text`, told in the same time wherever it differs.
    pub fn is_signature(&self, purpose: Purpose, text: &str, signature: &str) -> bool {
        BASE64.decode(signature).is_ok_and(|bytes| self.signing(purpose, text).verify_slice(&bytes).is_ok())
    }

    fn signing(&self, purpose: Purpose, text: &str) -> Hmac<Sha256> {
        let word = match purpose {
            Purpose::Session => "session\0",
            Purpose::Form => "form\0",
            Purpose::Attempt => "attempt\0",
        };
        self.0.clone().chain_update(word).chain_update(text)
    }
}

/// 256 random bits as 43 characters.
pub fn random() -> Result<String, Error> {
    let mut bytes = [0; RANDOM];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_fits_one_key_one_purpose_and_one_text() {
        let (key, other) = (Key::new(&Secret::new("a")), Key::new(&Secret::new("b")));
        let signature = key.signature(Purpose::Session, "text");
        assert_eq!(signature.len(), 43);
        assert!(key.is_signature(Purpose::Session, "text", &signature));
        for wrong in [
            other.is_signature(Purpose::Session, "text", &signature),
            key.is_signature(Purpose::Form, "text", &signature),
            key.is_signature(Purpose::Session, "Text", &signature),
            key.is_signature(Purpose::Session, "text", &signature[..42]),
            key.is_signature(Purpose::Session, "text", ""),
            key.is_signature(Purpose::Session, "text", "é"),
        ] {
            assert!(!wrong);
        }
    }

    #[test]
    fn the_signature_is_hmac_sha256_of_purpose_and_text() {
        // printf 'session\0text' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf a | sha256sum | cut -c-64) -binary
        let signature = Key::new(&Secret::new("a")).signature(Purpose::Session, "text");
        assert_eq!(signature, "3AtXEY-UCySvTVVGwHYIC4-ZjeHBwafSGSxiByZwL44");
    }
}
