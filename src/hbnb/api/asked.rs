//! What a client asks: the ids in the address, the page, and what its body says.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::uri::{PathAndQuery, Uri};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::answer::Problem;
use super::page::Page;
use crate::hbnb::body::{self, Unread};

/// The longest body in bytes; the longest row is far below.
const MAX_BODY: usize = 1 << 20;

/// A request without its body.
pub struct Asked {
    ids: Vec<String>,
    uri: Uri,
    is_json: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    /// An id that is no text (broken percent escapes) names nothing.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(ids) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::NotFound)?;
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|said| said.to_str().ok());
        let kind = content_type.and_then(|said| said.split(';').next()).unwrap_or_default();
        let is_json = kind.trim().eq_ignore_ascii_case("application/json");
        Ok(Self { ids, uri: parts.uri.clone(), is_json })
    }
}

impl Asked {
    /// The first id of the address.
    pub fn id(&self) -> &str {
        self.ids.first().map(String::as_str).unwrap_or_default()
    }

    /// The second id of the address.
    pub fn second_id(&self) -> &str {
        self.ids.get(1).map(String::as_str).unwrap_or_default()
    }

    /// The address's path, as the client wrote it.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The address's path and query, as the client wrote them.
    pub fn address(&self) -> &str {
        self.uri.path_and_query().map_or(self.path(), PathAndQuery::as_str)
    }

    /// The page of a list, if the client wishes only one.
    pub fn page(&self) -> Result<Option<Page>, Problem> {
        Ok(Page::asked(&self.uri)?)
    }

    /// The body as a JSON object; no body at all is an empty one if its content type is JSON.
    pub fn object_or_nothing(&self, body: &[u8]) -> Result<Map<String, Value>, Problem> {
        if body.is_empty() && self.is_json { Ok(Map::new()) } else { parsed(body) }
    }
}

/// The body as a JSON object, whatever its content type says.
pub async fn object(body: Body) -> Result<Map<String, Value>, Problem> {
    parsed(&whole(body).await?)
}

/// The whole body.
pub async fn whole(body: Body) -> Result<Bytes, Problem> {
    body::whole(body, MAX_BODY).await.map_err(|unread| match unread {
        Unread::TooLong => Problem::TooLarge,
        Unread::Cut => Problem::Cut,
    })
}

fn parsed(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::NotJson)
}
