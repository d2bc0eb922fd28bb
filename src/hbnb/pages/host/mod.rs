//! `/listings`: what a host offers, with its pictures.
//!
//! Everything here is for who is logged in, and of a place for its host alone: for everybody else it does not exist.

mod entry;
mod list;
mod picture;
mod place;
mod upload;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};

use super::Pages;
use crate::hbnb::photo::limit::MAX_FILE;

/// What the form around a picture may add to it, in bytes.
const AROUND: usize = 64 << 10;

/// The addresses and who answers them.
pub fn table() -> [(&'static str, MethodRouter<Pages>); 7] {
    let upload = post(picture::add).layer(DefaultBodyLimit::max(MAX_FILE + AROUND));
    [
        ("/listings", get(list::page)),
        ("/listings/new", get(place::empty).post(place::add)),
        ("/listings/{id}", get(place::page).post(place::change)),
        ("/listings/{id}/delete", get(place::doubt).post(place::delete)),
        ("/listings/{id}/pictures", upload),
        ("/listings/{id}/pictures/{picture}/delete", post(picture::delete)),
        ("/listings/{id}/pictures/{picture}/move", post(picture::shift)),
    ]
}
