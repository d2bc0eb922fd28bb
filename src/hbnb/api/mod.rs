//! The REST API under `/api/v1`: the table of its addresses.
//!
//! Every address answers with and without a trailing slash.

mod answer;
pub mod cors;
mod json;
mod resource;
mod status;

use axum::Router;
use axum::routing::{MethodRouter, get};

pub use answer::{not_allowed, not_found};

/// Whether an address is the API's.
pub fn owns(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

use super::model::Class;
use super::storage::Storage;

/// The API's router, without [`cors`] and without answers to addresses and methods that it does not have.
pub fn router(storage: Storage) -> Router {
    let mut table = Router::new();
    for (path, methods) in addresses() {
        table = table.route(&format!("/api/v1{path}"), methods.clone());
        table = table.route(&format!("/api/v1{path}/"), methods);
    }
    table.with_state(storage)
}

fn addresses() -> Vec<(&'static str, MethodRouter<Storage>)> {
    use Class::{Amenity, City, Place, Review, State, User};
    vec![
        ("/status", get(status::status)),
        ("/stats", get(status::stats)),
        ("/states", resource::collection(State)),
        ("/states/{id}", resource::single(State)),
        ("/states/{id}/cities", resource::children(State, City, "state_id")),
        ("/cities/{id}", resource::single(City)),
        ("/cities/{id}/places", resource::listed_children(City, Place, "city_id")),
        ("/amenities", resource::collection(Amenity)),
        ("/amenities/{id}", resource::single(Amenity)),
        ("/users", resource::listed(User)),
        ("/users/{id}", resource::shown(User)),
        ("/places/{id}", resource::shown(Place)),
        ("/places/{id}/reviews", resource::listed_children(Place, Review, "place_id")),
        ("/reviews/{id}", resource::shown(Review)),
    ]
}
