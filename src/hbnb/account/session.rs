//! Sessions: a random id that a browser keeps in a cookie with our signature.
//!
//! Who is not logged in has one too, so that forms can be bound to it; the database only knows those of people who are, and
//! of these only a digest: who reads the table can be nobody.
//!
//! Format: <https://www.rfc-editor.org/rfc/rfc6265#section-4>; our values need no quoting.

use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use super::Error;
use super::key::{Key, Purpose, random};

/// The cookie's name.
pub const COOKIE: &str = "hbnb_session";
/// How long one stays logged in, in seconds: two weeks.
pub const LIFETIME: i64 = 14 * 24 * 60 * 60;

/// How long the browser shall keep the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// As long as it runs.
    Running,
    /// As long as one stays logged in.
    LoggedIn,
    /// Not at all.
    Not,
}

/// By which way the browser came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Everybody between us can read along.
    Http,
    /// Nobody can; the cookie never goes another way.
    Https,
}

/// One browser's session.
#[derive(Clone, PartialEq, Eq)]
pub struct Session(String);

impl Session {
    /// A new one, which nobody can guess.
    pub fn new() -> Result<Self, Error> {
        random().map(Self)
    }

    /// The one whose cookie the request brings; none if there is none with our signature.
    pub fn of(headers: &HeaderMap, key: &Key) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let values = cookies
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        let mut parts = values.filter_map(|value| value.split_once('.'));
        let signed = parts.find(|(id, signature)| key.is_signature(Purpose::Session, id, signature))?;
        Some(Self(signed.0.to_string()))
    }

    /// The header that makes a browser keep it.
    pub fn cookie(&self, key: &Key, keep: Keep, way: Way) -> HeaderValue {
        let value = format!("{}.{}", self.0, key.signature(Purpose::Session, &self.0));
        let value = if keep == Keep::Not { "" } else { &value };
        let age = match keep {
            Keep::Running => String::new(),
            Keep::LoggedIn => format!("; Max-Age={LIFETIME}"),
            Keep::Not => "; Max-Age=0".into(),
        };
        let secure = if way == Way::Https { "; Secure" } else { "" };
        let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}");
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// What the database knows of it: SHA-256 in hexadecimal digits.
    pub fn digest(&self) -> String {
        Sha256::digest(&self.0).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The token that its forms carry.
    pub fn token(&self, key: &Key) -> String {
        key.signature(Purpose::Form, &self.0)
    }

    /// Whether a form that carries `token` was ours, for this session.
    pub fn gave(&self, key: &Key, token: &str) -> bool {
        key.is_signature(Purpose::Form, &self.0, token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;

    #[test]
    fn a_cookie_is_recognised_among_others_and_only_with_our_signature() {
        let key = Key::new(&Secret::new("a"));
        let session = Session::new().unwrap();
        let cookie = session.cookie(&key, Keep::Running, Way::Http);
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_string();
        let read = |text: &str, key: &Key| {
            let headers = HeaderMap::from_iter([(header::COOKIE, text.parse().unwrap())]);
            Session::of(&headers, key).map(|found| found.0)
        };
        let own = Some(session.0.clone());
        assert_eq!(read(&pair, &key), own);
        assert_eq!(read(&format!("a=b; {COOKIE}=x.y;{pair}; c=d"), &key), own);
        assert_eq!(read(&format!("x{pair}"), &key), None);
        assert_eq!(read(&format!("{COOKIE}={}", session.0), &key), None);
        assert_eq!(read(&format!("{COOKIE}={}.", session.0), &key), None);
        assert_eq!(read(&format!("{COOKIE}={}.{}", session.0, session.token(&key)), &key), None);
        assert_eq!(read(&pair, &Key::new(&Secret::new("b"))), None);
    }
}
