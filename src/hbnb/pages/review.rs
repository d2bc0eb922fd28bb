//! `POST /places/ID/reviews`: what a guest says who has stayed there.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::filled::Filled;
use super::home::percent;
use super::place::{self, LONGEST, Typed};
use super::visitor::{first_log_in, see};
use super::{Pages, error};
use crate::hbnb::booking::today;
use crate::hbnb::storage::Error;

/// Adds the review and shows it. Errors: 422 with the form; 403 for who has not stayed there, or has said something already.
pub async fn send(
    State(pages): State<Pages>,
    id: Result<Path<String>, PathRejection>,
    filled: Filled,
) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    let here = format!("/places/{}", percent(&id));
    let Some(person) = &filled.visitor.person else { return first_log_in(&here) };
    let text = filled.word("text").replace("\r\n", "\n");
    let wrong = match text.chars().count() {
        0 => "Write a few words first.".to_string(),
        1..=LONGEST => String::new(),
        _ => format!("At most {LONGEST} characters."),
    };
    if !wrong.is_empty() {
        return place::unsaid(&pages, &filled.visitor, &id, Typed { text, wrong }).await;
    }
    match pages.storage.review(&id, &person.id, &text, today()).await {
        Ok(true) => see(&format!("{here}?done=reviewed#said")),
        Ok(false) => match pages.storage.offer(&id).await {
            Ok(Some(_)) => error::not_a_guest(),
            Ok(None) => error::not_found(),
            Err(cause) => error::storage(&cause),
        },
        Err(Error::NoParent) => error::not_found(),
        Err(cause) => error::storage(&cause),
    }
}
