//! What a place offers.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::answer::{Json, Problem, shown};
use super::asked::Asked;
use super::resource::{existing, listed};
use crate::hbnb::model::{Class, Values};
use crate::hbnb::storage::link::Linked;
use crate::hbnb::storage::object::Which;

/// The amenities of the place in the address.
pub async fn list(api: &Api, asked: &Asked) -> Result<Response, Problem> {
    existing(&api.storage, Class::Place, asked.id()).await?;
    listed(api, Class::Amenity, Which::OfferedBy(asked.id()), asked).await
}

/// The place offers the amenity: created if it did not before.
pub async fn link(api: &Api, asked: &Asked) -> Result<Response, Problem> {
    let amenity = both(api, asked).await?;
    let status = match api.storage.link(asked.id(), asked.second_id()).await? {
        Linked::Newly => StatusCode::CREATED,
        Linked::Already => StatusCode::OK,
    };
    Ok(Json(status, shown(Class::Amenity, amenity)).into_response())
}

/// The place offers the amenity no longer; not found if it never did.
pub async fn unlink(api: &Api, asked: &Asked) -> Result<Response, Problem> {
    both(api, asked).await?;
    match api.storage.unlink(asked.id(), asked.second_id()).await? {
        true => Ok(Json(StatusCode::OK, Values::new()).into_response()),
        false => Err(Problem::NotFound),
    }
}

/// The amenity of the address, if its place exists too.
async fn both(api: &Api, asked: &Asked) -> Result<Values, Problem> {
    existing(&api.storage, Class::Place, asked.id()).await?;
    existing(&api.storage, Class::Amenity, asked.second_id()).await
}
