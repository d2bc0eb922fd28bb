//! The id of a request: a trusted proxy's, or one of ours; the application, the answer and the logs all get it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::http::HeaderName;
use bytes::Bytes;
use uuid::Uuid;

use crate::appserver::http::Head;

/// Longest id that is taken over: it appears in every log.
const MAX_TOLD: usize = 200;
/// Characters of an id of ours.
const DIGITS: usize = 32;

/// The id of one request.
#[derive(Clone, Debug, Default)]
pub enum Id {
    /// Requests have none.
    #[default]
    None,
    /// As it came.
    Told(Bytes),
    /// Hexadecimal digits.
    Made([u8; DIGITS]),
}

impl Id {
    /// Its characters, visible ASCII; none if there is no id.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::None => b"",
            Self::Told(bytes) => bytes,
            Self::Made(digits) => digits,
        }
    }
}

/// Where ids come from.
pub struct Ids {
    /// The header that carries them.
    pub header: HeaderName,
    /// What the ids of this process have in common and no other's have.
    process: u64,
    last: AtomicU64,
}

impl Ids {
    /// Ids under a header.
    pub fn of(header: HeaderName) -> Self {
        Self { header, process: Uuid::new_v4().as_u64_pair().0, last: AtomicU64::new(0) }
    }

    /// The id of a request whose peer `is_trusted` to give it one.
    pub fn of_request(&self, head: &Head, is_trusted: bool) -> Id {
        let told = head.field(self.header.as_str()).filter(|told| {
            is_trusted && (1..=MAX_TOLD).contains(&told.len()) && told.iter().all(u8::is_ascii_graphic)
        });
        told.map_or_else(|| self.make(), |told| Id::Told(head.shared(told)))
    }

    fn make(&self) -> Id {
        let number = u128::from(self.process) << 64 | u128::from(self.last.fetch_add(1, Relaxed) + 1);
        Id::Made(std::array::from_fn(|at| {
            b"0123456789abcdef"[(number >> (4 * (DIGITS - 1 - at))) as usize & 0xf]
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appserver::http::{Reader, Rules};

    fn id(ids: &Ids, told: &str, is_trusted: bool) -> String {
        let text = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: {told}\r\n\r\n");
        let head = Head::take(&mut text.as_str().into(), &mut Reader::default(), &Rules::default());
        String::from_utf8(ids.of_request(&head.unwrap().unwrap(), is_trusted).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn an_id_is_kept_if_it_may_be_told_and_is_one_else_made_anew_each_time() {
        let ids = Ids::of(HeaderName::from_static("x-request-id"));
        assert_eq!(id(&ids, "abc-1", true), "abc-1");
        let made = [("abc-1", false), ("", true), ("a b", true), (&"x".repeat(201), true)]
            .map(|(told, is_trusted)| id(&ids, told, is_trusted));
        for (at, made) in made.iter().enumerate() {
            let number = u128::from(ids.process) << 64 | (at as u128 + 1);
            assert_eq!(*made, format!("{number:032x}"));
        }
    }
}
