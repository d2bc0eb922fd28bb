//! The places that a guest wishes to see.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::response::Response;
use serde_json::{Map, Value};

use super::Api;
use super::answer::Problem;
use super::asked::{Asked, whole};
use super::resource::listed;
use crate::hbnb::model::{Class, Refusal};
use crate::hbnb::storage::object::Which;
use crate::hbnb::storage::search::Wish;

/// The most ids of one kind in a wish; each costs the database a look.
pub const MAX_IDS: usize = 1000;

/// The places that fit what the body says.
pub async fn search(api: &Api, asked: &Asked, body: Body) -> Result<Response, Problem> {
    let body = whole(body).await?;
    let fresh = async || {
        let wish = wish(&asked.object_or_nothing(&body)?)?;
        listed(api, Class::Place, Which::Fitting(&wish), asked).await
    };
    // What no body means depends on its content type.
    match body.is_empty() {
        true => fresh().await,
        false => api.kept.answer(&[asked.address().as_bytes(), &body], fresh).await,
    }
}

fn wish(body: &Map<String, Value>) -> Result<Wish, Refusal> {
    Ok(Wish {
        states: ids(body, "states")?,
        cities: ids(body, "cities")?,
        amenities: ids(body, "amenities")?,
    })
}

/// The ids under `name`; nothing and `null` are none.
fn ids(body: &Map<String, Value>, name: &'static str) -> Result<BTreeSet<String>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(BTreeSet::new()),
        Some(Value::Array(ids)) if ids.len() <= MAX_IDS => {
            let text = |id: &Value| id.as_str().map(str::to_string).ok_or(Refusal::Invalid(name));
            ids.iter().map(text).collect()
        }
        Some(_) => Err(Refusal::Invalid(name)),
    }
}
