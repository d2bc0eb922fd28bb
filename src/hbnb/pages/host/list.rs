//! `/listings`: the own places.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use tera::Context;

use crate::hbnb::booking::offer::dollars;
use crate::hbnb::pages::done::Done;
use crate::hbnb::pages::home::percent;
use crate::hbnb::pages::visitor::{Visitor, first_log_in};
use crate::hbnb::pages::{Pages, error};
use crate::hbnb::picture;
use crate::hbnb::storage::home::Card;

/// A place of the list.
#[derive(Serialize)]
struct Own {
    card: Card,
    picture: String,
    price: String,
    /// Its page for guests.
    link: String,
    /// Where it is changed.
    edit: String,
}

/// The page; who is not logged in does that first.
pub async fn page(State(pages): State<Pages>, visitor: Visitor, done: Done) -> Response {
    let Some(person) = &visitor.person else { return first_log_in("/listings") };
    let cards = match pages.storage.listings(&person.id).await {
        Ok(cards) => cards,
        Err(cause) => return error::storage(&cause),
    };
    let own = cards.into_iter().map(|card| Own {
        picture: picture::shown(&card.cover, &card.id),
        price: dollars(card.price_by_night),
        link: format!("/places/{}", percent(&card.id)),
        edit: format!("/listings/{}", percent(&card.id)),
        card,
    });
    let mut values = Context::new();
    values.insert("places", &own.collect::<Vec<_>>());
    values.insert("notice", if done.word() == "deleted" { "Your place is deleted." } else { "" });
    visitor.answer(pages.templates.page("listings.html", &values))
}
