//! Answers that are given again for as long as nobody has changed the database, whoever it is.
//!
//! Each worker process keeps its own, and looks before each whether it is still true. Without a way to look (MySQL,
//! MariaDB, SQLite without a write-ahead log) nothing is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, HttpBody, to_bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;

use super::storage::Storage;
use super::storage::version::Version;

/// The most bytes of all answers together; when they are too many all are forgotten.
const MAX_ALL: usize = 1 << 20;
/// The longest answer that is kept, in bytes.
const MAX_ONE: usize = MAX_ALL / 4;
/// What an answer takes beside its body and its question.
const OVERHEAD: usize = 512;

/// The answers of a process; clones share them.
#[derive(Clone)]
pub struct Kept {
    storage: Storage,
    shelf: Arc<Mutex<Shelf>>,
}

/// Answers that were made when the database was so, each under what was asked.
#[derive(Default)]
struct Shelf {
    version: Option<Version>,
    answers: HashMap<Vec<u8>, Answer>,
    size: usize,
}

#[derive(Clone)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

impl Kept {
    /// None yet, of what is in the storage.
    pub fn new(storage: Storage) -> Self {
        Self { storage, shelf: Arc::default() }
    }

    /// The answer to what was asked: one that was given before, or else a `fresh` one. It must depend on nothing but what was
    /// asked and the database; only 200 is kept. What makes a fresh one is on the heap, so that an old one does not pay for it.
    pub async fn answer<E, F: Future<Output = Result<Response, E>>>(
        &self,
        asked: &[&[u8]],
        fresh: impl FnOnce() -> F,
    ) -> Result<Response, E> {
        let Some(version) = self.storage.version().await else { return Box::pin(fresh()).await };
        let asked = asked.join(&b'\n');
        if let Some(answer) = self.found(version, &asked) {
            return Ok(answer.into());
        }
        let response = Box::pin(fresh()).await?;
        let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
        if response.status() != StatusCode::OK || size.is_none_or(|size| size > MAX_ONE) {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // It is in memory already, so that nothing can go wrong.
        let body = to_bytes(body, MAX_ONE).await.unwrap_or_default();
        let answer = Answer { headers: parts.headers, body };
        self.put(version, asked, answer.clone());
        Ok(answer.into())
    }

    fn found(&self, version: Version, asked: &[u8]) -> Option<Answer> {
        let shelf = self.shelf.lock().ok()?;
        shelf.answers.get(asked).filter(|_| shelf.version == Some(version)).cloned()
    }

    /// Keeps an answer of the version that was there before it was made.
    fn put(&self, version: Version, asked: Vec<u8>, answer: Answer) {
        let Ok(mut shelf) = self.shelf.lock() else { return };
        let size = asked.len() + answer.body.len() + OVERHEAD;
        if shelf.version != Some(version) || shelf.size + size > MAX_ALL {
            *shelf = Shelf { version: Some(version), ..Shelf::default() };
        }
        if shelf.answers.insert(asked, answer).is_none() {
            shelf.size += size;
        }
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let mut response = Response::new(Body::from(answer.body));
        *response.headers_mut() = answer.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hbnb::model::{Class, created};
    use crate::hbnb::storage::Database;
    use serde_json::json;
    use std::cell::Cell;
    use std::convert::Infallible;

    /// A migrated database, and how often its answers were made.
    struct World {
        storage: Storage,
        kept: Kept,
        made: Cell<usize>,
        _directory: tempfile::TempDir,
    }

    impl World {
        async fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let storage = Storage::create(&Database::Sqlite(directory.path().join("a.db")));
            storage.migrate().await.unwrap();
            Self { kept: Kept::new(storage.clone()), storage, made: Cell::new(0), _directory: directory }
        }

        async fn ask(&self, asked: &str, status: StatusCode, said: Vec<u8>) -> Response {
            let fresh = async || {
                self.made.set(self.made.get() + 1);
                let mut response = Response::new(Body::from(said));
                *response.status_mut() = status;
                Ok::<_, Infallible>(response)
            };
            self.kept.answer(&[asked.as_bytes()], fresh).await.unwrap()
        }

        async fn said(&self, asked: &str, said: &str) -> Bytes {
            let response = self.ask(asked, StatusCode::OK, said.into()).await;
            to_bytes(response.into_body(), usize::MAX).await.unwrap()
        }
    }

    #[tokio::test]
    async fn what_a_fresh_answer_needs_is_not_part_of_the_future() {
        let world = World::new().await;
        let fresh = async || {
            let large = [0; 10_000];
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(Response::new(Body::from(large.to_vec())))
        };
        assert!(size_of_val(&world.kept.answer(&[], fresh)) < 2048);
    }

    #[tokio::test]
    async fn an_answer_is_given_again_until_somebody_writes() {
        let world = World::new().await;
        assert_eq!(world.said("a", "one").await, "one");
        assert_eq!(world.said("a", "two").await, "one");
        assert_eq!(world.said("b", "two").await, "two");
        let elsewhere = Storage::open(world.storage.database());
        let state = created(Class::State, json!({ "name": "Utah" }).as_object().unwrap()).unwrap();
        elsewhere.insert(Class::State, &state).await.unwrap();
        assert_eq!(world.said("a", "three").await, "three");
        assert_eq!(world.said("b", "four").await, "four");
        assert_eq!((world.said("a", "").await, world.made.get()), ("three".into(), 4));
    }

    #[tokio::test]
    async fn complaints_and_long_answers_are_made_each_time() {
        let world = World::new().await;
        for made in [1, 2] {
            world.ask("a", StatusCode::NOT_FOUND, Vec::new()).await;
            assert_eq!(world.made.get(), 2 * made - 1);
            world.ask("a", StatusCode::OK, vec![b'x'; MAX_ONE + 1]).await;
            assert_eq!(world.made.get(), 2 * made);
        }
    }

    #[tokio::test]
    async fn the_answers_together_stay_small() {
        let world = World::new().await;
        for number in 0..100 {
            world.ask(&number.to_string(), StatusCode::OK, vec![b'x'; MAX_ONE / 2]).await;
            let shelf = world.kept.shelf.lock().unwrap();
            let bodies: usize = shelf.answers.values().map(|answer| answer.body.len()).sum();
            assert!(bodies < shelf.size && shelf.size <= MAX_ALL, "{bodies} {}", shelf.size);
        }
    }
}
