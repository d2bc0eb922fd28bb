//! What was done a moment ago: a form leads on to an address that says it, and the page there tells.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;

/// The word after `?done=`; empty if there is none.
#[derive(Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    /// The word.
    pub fn word(&self) -> &str {
        &self.done
    }
}

impl<S: Sync> FromRequestParts<S> for Done {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Query::try_from_uri(&parts.uri).map(|Query(said)| said).unwrap_or_default())
    }
}
