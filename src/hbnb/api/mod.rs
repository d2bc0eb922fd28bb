//! The REST API under `/api/v1`: the table of its addresses.
//!
//! Every address answers with and without a trailing slash. What serves and what the document at `/api/v1/openapi.json`
//! says are made from the one [`TABLE`].

mod action;
mod answer;
mod asked;
pub mod cors;
mod document;
mod json;
mod manual;
mod page;
mod place_amenity;
mod resource;
mod schema;
mod search;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;

pub use answer::{not_allowed, not_found};

use super::error::Error;
use super::kept::Kept;
use super::model::Class::{Amenity, City, Place, Review, State as Region, User};
use super::password::Passwords;
use super::photo::Photos;
use super::settings::Settings;
use super::storage::Storage;
use action::Action::{self, *};
use asked::Asked;

/// Every address below `/api/v1`, and what can be done there.
const TABLE: &[(&str, &[Action])] = &[
    ("/status", &[Status]),
    ("/stats", &[Stats]),
    ("/states", &[List(Region), Create(Region)]),
    ("/states/{id}", &[Show(Region), Change(Region), Delete(Region)]),
    ("/states/{id}/cities", &[ListOf(Region, City), CreateIn(Region, City)]),
    ("/cities/{id}", &[Show(City), Change(City), Delete(City)]),
    ("/cities/{id}/places", &[ListOf(City, Place), CreateIn(City, Place)]),
    ("/amenities", &[List(Amenity), Create(Amenity)]),
    ("/amenities/{id}", &[Show(Amenity), Change(Amenity), Delete(Amenity)]),
    ("/users", &[List(User), Create(User)]),
    ("/users/{id}", &[Show(User), Change(User), Delete(User)]),
    ("/places/{id}", &[Show(Place), Change(Place), Delete(Place)]),
    ("/places/{id}/reviews", &[ListOf(Place, Review), CreateIn(Place, Review)]),
    ("/places/{id}/amenities", &[Amenities]),
    ("/places/{id}/amenities/{amenity_id}", &[Link, Unlink]),
    ("/reviews/{id}", &[Show(Review), Change(Review), Delete(Review)]),
    ("/places_search", &[Search]),
];

/// What the API answers from; clones share the connections.
#[derive(Clone)]
struct Api {
    storage: Storage,
    passwords: Passwords,
    kept: Kept,
    photos: Photos,
}

/// Whether an address is the API's.
pub fn owns(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// The API's router, without [`cors`] and without answers to addresses and methods that it does not have. Errors:
/// [`Error::Template`], a bug of ours.
pub fn router(storage: Storage, settings: &Settings) -> Result<Router, Error> {
    let document = document::document(TABLE);
    let mut table = manual::router(TABLE, &document)?;
    let mut add = |path: &str, methods: MethodRouter<Api>| {
        for slash in ["", "/"] {
            table = std::mem::take(&mut table).route(&format!("/api/v1{path}{slash}"), methods.clone());
        }
    };
    for (path, actions) in TABLE {
        add(path, actions.iter().fold(MethodRouter::new(), |methods, action| with(methods, *action)));
    }
    let text = Bytes::from(json::text(&document));
    add("/openapi.json", get(async move || ([(CONTENT_TYPE, answer::JSON)], text)));
    let kept = Kept::new(storage.clone());
    let photos = Photos::new(&settings.pictures);
    Ok(table.with_state(Api { storage, passwords: settings.passwords, kept, photos }))
}

/// Lets the methods of an address do one thing more.
fn with(methods: MethodRouter<Api>, action: Action) -> MethodRouter<Api> {
    let done =
        async move |State(api): State<Api>, asked: Asked, body: Body| action.done(&api, &asked, body).await;
    methods.on(action.method(), done)
}
