//! Paths of which one form, with or without the final slash, is not the application's.
//!
//! This is decided here and nowhere before: a proxy that forwards both forms as they came needs no rules of its own, and
//! whoever asks the server itself is answered the same.

use super::request::Request;
use crate::appserver::http::path;
use crate::appserver::settings::Settings;
use crate::appserver::settings::slash::Slash;

/// The forms that are not the application's, each with the path it leads to, if it leads to one.
pub struct Slashes(Vec<(String, Option<String>)>);

/// What a form that is not the application's is answered with.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing.
    Nowhere,
    /// It is at another target: a path, so that host, port and scheme stay whatever they are to the client.
    At(Vec<u8>),
}

impl Slashes {
    /// What settings say of it.
    pub fn of(settings: &Settings) -> Self {
        let target = |slash: &Slash| slash.redirects.then(|| path::encode(slash.path.as_bytes()));
        Self(settings.slashes.iter().map(|slash| (slash.other(), target(slash))).collect())
    }

    /// What a request is answered with instead of asking the application; none: it is asked.
    pub fn verdict(&self, request: &Request) -> Option<Verdict> {
        if self.0.is_empty() {
            return None;
        }
        let head = &*request.head;
        let path = path::decode(head.path());
        let (_, target) = self.0.iter().find(|(other, _)| other.as_bytes() == &*path)?;
        let Some(target) = target else { return Some(Verdict::Nowhere) };
        let query = head.query();
        let mark: &[u8] = if query.is_empty() { b"" } else { b"?" };
        Some(Verdict::At([target.as_bytes(), mark, query].concat()))
    }
}
