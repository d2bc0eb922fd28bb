//! Whether the API lives, and how much it holds.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;

use super::answer::{Json, Problem};
use crate::hbnb::storage::Storage;

/// `/status`: the process answers. It asks no database, so that a probe can tell a dead server from a missing database.
pub async fn status() -> Json<BTreeMap<&'static str, &'static str>> {
    Json(StatusCode::OK, BTreeMap::from([("status", "OK")]))
}

/// `/stats`: how many rows of each class there are.
pub async fn stats(State(storage): State<Storage>) -> Result<Json<BTreeMap<&'static str, i64>>, Problem> {
    let counts = storage.counts().await?;
    let named = counts.into_iter().map(|(class, count)| (class.table(), count));
    Ok(Json(StatusCode::OK, named.collect()))
}
