//! What can be done with a class of rows: count, list, create, show, change, delete.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Json, List, Problem, shown};
use super::asked::{Asked, object};
use crate::hbnb::model::{self, Class, Refusal, Values};
use crate::hbnb::password::Lane;
use crate::hbnb::storage::Storage;
use crate::hbnb::storage::object::Which;

/// The process answers. It asks no database, so that a probe can tell a dead server from a missing database.
pub fn status() -> Response {
    Json(StatusCode::OK, BTreeMap::from([("status", "OK")])).into_response()
}

/// How many rows of each class there are.
pub async fn stats(api: &Api) -> Result<Response, Problem> {
    let counts = api.storage.counts().await?;
    let named: BTreeMap<_, _> = counts.into_iter().map(|(class, count)| (class.table(), count)).collect();
    Ok(Json(StatusCode::OK, named).into_response())
}

/// The rows of `class`: all, or those that belong to the row of `parent` in the address.
pub async fn list(
    api: &Api,
    class: Class,
    parent: Option<Class>,
    asked: &Asked,
) -> Result<Response, Problem> {
    let Some(parent) = parent else { return listed(api, class, Which::All, asked).await };
    existing(&api.storage, parent, asked.id()).await?;
    let which = class.parent().map_or(Which::All, |link| Which::Of(link, asked.id()));
    listed(api, class, which, asked).await
}

/// These rows as an array, or the page of them that the client wishes.
pub async fn listed(api: &Api, class: Class, which: Which<'_>, asked: &Asked) -> Result<Response, Problem> {
    let page = asked.page()?;
    let rows = api.storage.rows(class, which, page.map(|page| page.rows())).await?;
    let links = match page {
        Some(page) => page.links(asked.path(), api.storage.count(class, which).await?),
        None => None,
    };
    Ok(List { class, rows, links }.into_response())
}

/// A new row, which belongs to the row of `parent` in the address if there is one.
pub async fn create(
    api: &Api,
    class: Class,
    parent: Option<Class>,
    asked: &Asked,
    body: Body,
) -> Result<Response, Problem> {
    if let Some(parent) = parent {
        existing(&api.storage, parent, asked.id()).await?;
    }
    let body = object(body).await?;
    if class.columns().any(|column| column.name == "user_id") {
        owned(&api.storage, &body).await?;
    }
    let mut values = with_secret(api, model::created(class, &body)?).await?;
    if let (Some(_), Some(link)) = (parent, class.parent()) {
        values.insert(link, Value::from(asked.id()));
    }
    api.storage.insert(class, &values).await?;
    let id = values["id"].as_str().unwrap_or_default();
    let row = existing(&api.storage, class, id).await?;
    Ok(Json(StatusCode::CREATED, shown(class, row)).into_response())
}

/// The row of the address.
pub async fn show(api: &Api, class: Class, asked: &Asked) -> Result<Response, Problem> {
    let row = existing(&api.storage, class, asked.id()).await?;
    Ok(Json(StatusCode::OK, shown(class, row)).into_response())
}

/// What the body says of the row of the address.
pub async fn change(api: &Api, class: Class, asked: &Asked, body: Body) -> Result<Response, Problem> {
    existing(&api.storage, class, asked.id()).await?;
    let mut changes = model::changed(class, &object(body).await?)?;
    // Whoever has an account changes the password there, where the present one is asked for.
    if changes.contains_key("password") && api.storage.has_account(asked.id()).await? {
        changes.remove("password");
    }
    let changes = with_secret(api, changes).await?;
    api.storage.update(class, asked.id(), &changes).await?;
    let row = existing(&api.storage, class, asked.id()).await?;
    Ok(Json(StatusCode::OK, shown(class, row)).into_response())
}

/// The row of the address, and all that belongs to it, pictures too, is no more.
pub async fn delete(api: &Api, class: Class, asked: &Asked) -> Result<Response, Problem> {
    let pictures = api.storage.delete(class, asked.id()).await?.ok_or(Problem::NotFound)?;
    api.photos.remove_all(pictures).await;
    Ok(Json(StatusCode::OK, Values::new()).into_response())
}

/// The row with this id.
pub async fn existing(storage: &Storage, class: Class, id: &str) -> Result<Values, Problem> {
    storage.get(class, id).await?.ok_or(Problem::NotFound)
}

/// The body must name a user, and there must be such a one: both are asked before anything else of the row.
async fn owned(storage: &Storage, body: &Map<String, Value>) -> Result<(), Problem> {
    let owner = body.get("user_id").filter(|owner| !owner.is_null());
    let owner = owner.ok_or(Refusal::Missing("user_id"))?.as_str().ok_or(Problem::NotFound)?;
    existing(storage, Class::User, owner).await.map(drop)
}

/// A password is never stored as it was said.
async fn with_secret(api: &Api, mut values: Values) -> Result<Values, Problem> {
    if let Some(Value::String(clear)) = values.remove("password") {
        values.insert("password", Value::String(api.passwords.written(clear, Lane::Api).await?));
    }
    Ok(values)
}
