//! What can be done with a class of rows: list, create, show, change, delete.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{MethodRouter, get};
use serde_json::{Map, Value};

use super::answer::{Json, Problem, shown as visible};
use crate::hbnb::model::{self, Class, Values};
use crate::hbnb::storage::Storage;

/// The longest body in bytes; the longest row is far below.
const MAX_BODY: usize = 1 << 20;

type Answer<T> = Result<Json<T>, Problem>;

/// `/states`: list and create.
pub fn collection(class: Class) -> MethodRouter<Storage> {
    listed(class).post(async move |State(storage): State<Storage>, body: Body| {
        create(&storage, class, &parsed(body).await?, None).await
    })
}

/// `/users`: list.
pub fn listed(class: Class) -> MethodRouter<Storage> {
    get(async move |State(storage): State<Storage>| -> Answer<Vec<Values>> {
        Ok(Json(StatusCode::OK, all_visible(class, storage.list(class).await?)))
    })
}

/// `/states/ID`: show, change, delete.
pub fn single(class: Class) -> MethodRouter<Storage> {
    shown(class)
        .put(async move |State(storage): State<Storage>, Id(id): Id, body: Body| {
            change(&storage, class, &id, body).await
        })
        .delete(async move |State(storage): State<Storage>, Id(id): Id| -> Answer<Values> {
            match storage.delete(class, &id).await? {
                true => Ok(Json(StatusCode::OK, Values::new())),
                false => Err(Problem::NotFound),
            }
        })
}

/// `/users/ID`: show.
pub fn shown(class: Class) -> MethodRouter<Storage> {
    get(async move |State(storage): State<Storage>, Id(id): Id| -> Answer<Values> {
        Ok(Json(StatusCode::OK, visible(class, existing(&storage, class, &id).await?)))
    })
}

/// `/states/ID/cities`: list and create the rows of `class` whose column `link` names the row of `parent`.
pub fn children(parent: Class, class: Class, link: &'static str) -> MethodRouter<Storage> {
    listed_children(parent, class, link).post(
        async move |State(storage): State<Storage>, Id(id): Id, body: Body| {
            existing(&storage, parent, &id).await?;
            create(&storage, class, &parsed(body).await?, Some((link, &id))).await
        },
    )
}

/// `/cities/ID/places`: list.
pub fn listed_children(parent: Class, class: Class, link: &'static str) -> MethodRouter<Storage> {
    get(async move |State(storage): State<Storage>, Id(id): Id| -> Answer<Vec<Values>> {
        existing(&storage, parent, &id).await?;
        Ok(Json(StatusCode::OK, all_visible(class, storage.list_of(class, link, &id).await?)))
    })
}

/// The `{id}` of an address; one that is no text (broken percent escapes) names nothing.
struct Id(String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::NotFound)?;
        Ok(Id(id))
    }
}

async fn create(
    storage: &Storage,
    class: Class,
    body: &Map<String, Value>,
    parent: Option<(&'static str, &str)>,
) -> Answer<Values> {
    let mut values = model::created(class, body)?;
    values.extend(parent.map(|(link, id)| (link, Value::from(id))));
    storage.insert(class, &values).await?;
    let id = values["id"].as_str().unwrap_or_default();
    Ok(Json(StatusCode::CREATED, visible(class, existing(storage, class, id).await?)))
}

async fn change(storage: &Storage, class: Class, id: &str, body: Body) -> Answer<Values> {
    existing(storage, class, id).await?;
    let changes = model::changed(class, &parsed(body).await?)?;
    storage.update(class, id, &changes).await?;
    Ok(Json(StatusCode::OK, visible(class, existing(storage, class, id).await?)))
}

async fn existing(storage: &Storage, class: Class, id: &str) -> Result<Values, Problem> {
    storage.get(class, id).await?.ok_or(Problem::NotFound)
}

fn all_visible(class: Class, rows: Vec<Values>) -> Vec<Values> {
    rows.into_iter().map(|row| visible(class, row)).collect()
}

/// The body as a JSON object, whatever its content type says.
async fn parsed(body: Body) -> Result<Map<String, Value>, Problem> {
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| Problem::TooLarge)?;
    serde_json::from_slice(&bytes).map_err(|_| Problem::NotJson)
}
