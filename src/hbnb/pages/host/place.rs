//! One of the own places: added, changed, deleted.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tera::Context;
use uuid::Uuid;

use super::entry::Entry;
use crate::hbnb::booking::today;
use crate::hbnb::pages::done::Done;
use crate::hbnb::pages::filled::Filled;
use crate::hbnb::pages::home::percent;
use crate::hbnb::pages::visitor::{Visitor, first_log_in, see};
use crate::hbnb::pages::{Pages, error};
use crate::hbnb::photo::limit::MAX_PICTURES;
use crate::hbnb::photo::{Problem, Size, address};
use crate::hbnb::storage::Error;
use crate::hbnb::storage::home::{Named, StateCities};
use crate::hbnb::storage::listing::Deleted;

/// Where a new place is added.
const NEW: &str = "/listings/new";

/// The `{id}` of an address, if it is a text.
type Id = Result<Path<String>, PathRejection>;

/// A picture as the host sees it.
#[derive(Serialize)]
struct Shown {
    address: String,
    /// Where what becomes of it is sent.
    path: String,
}

/// The form for a new place.
pub async fn empty(State(pages): State<Pages>, visitor: Visitor) -> Response {
    if visitor.person.is_none() {
        return first_log_in(NEW);
    }
    let entry = Entry::new(&visitor, NEW);
    match choices(&pages).await {
        Ok((states, amenities)) => {
            visitor.answer(drawn(&pages, &entry, context(&entry, &states, &amenities)))
        }
        Err(cause) => error::storage(&cause),
    }
}

/// Adds a place and leads on to its pictures. Errors: 422 with the form.
pub async fn add(State(pages): State<Pages>, filled: Filled) -> Response {
    let Some(person) = &filled.visitor.person else { return first_log_in(NEW) };
    let (states, amenities) = match choices(&pages).await {
        Ok(choices) => choices,
        Err(cause) => return error::storage(&cause),
    };
    let (mut entry, listing) = Entry::sent(&filled, NEW, &states, &amenities);
    if let Some(listing) = listing {
        let id = Uuid::new_v4().to_string();
        match pages.storage.add_listing(&id, &person.id, &listing).await {
            Ok(()) => return see(&format!("/listings/{id}?done=added")),
            Err(Error::NoParent) => entry.form.alert = GONE.into(),
            Err(cause) => return error::storage(&cause),
        }
    }
    let page = drawn(&pages, &entry, context(&entry, &states, &amenities));
    filled.visitor.answer((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// What is said if a city or an amenity went while the form was sent.
const GONE: &str = "Something that you chose is not there any more. Look at it again.";

/// The form for a place that is there, with its pictures.
pub async fn page(State(pages): State<Pages>, id: Id, visitor: Visitor, done: Done) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    let notice = match done.word() {
        "added" => "Your place is listed. Add some pictures, so that guests see what awaits them.",
        "saved" => "Your changes are saved.",
        "picture" => "The picture is added.",
        "picture-deleted" => "The picture is deleted.",
        _ => "",
    };
    with_pictures(&pages, &visitor, &id, notice, None).await
}

/// The same after an upload that was refused.
pub async fn refused(pages: &Pages, visitor: &Visitor, id: &str, problem: &Problem) -> Response {
    let status = match problem {
        Problem::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        Problem::Unkept(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = with_pictures(pages, visitor, id, "", Some(problem)).await;
    if page.status() == StatusCode::OK { (status, page).into_response() } else { page }
}

async fn with_pictures(
    pages: &Pages,
    visitor: &Visitor,
    id: &str,
    notice: &str,
    problem: Option<&Problem>,
) -> Response {
    let here = own(id);
    let Some(person) = &visitor.person else { return first_log_in(&here) };
    let found = async {
        let Some(listing) = pages.storage.listing(id, &person.id).await? else { return Ok(None) };
        Ok::<_, Error>(Some((Entry::of(visitor, &here, &listing), choices(pages).await?)))
    };
    match found.await {
        Ok(Some((entry, (states, amenities)))) => {
            let mut values = context(&entry, &states, &amenities);
            values.insert("notice", notice);
            values.insert("refused", &problem.map(Problem::to_string).unwrap_or_default());
            changing(pages, visitor, id, &entry, values).await
        }
        Ok(None) => error::not_found(),
        Err(cause) => error::storage(&cause),
    }
}

/// The page of a place that is there.
async fn changing(
    pages: &Pages,
    visitor: &Visitor,
    id: &str,
    entry: &Entry,
    mut values: Context,
) -> Response {
    let pictures = match pages.storage.pictures(id).await {
        Ok(pictures) => pictures,
        Err(cause) => return error::storage(&cause),
    };
    let here = own(id);
    let shown = pictures.iter().map(|picture| Shown {
        address: address(picture, Size::Small),
        path: format!("{here}/pictures/{}", percent(picture)),
    });
    values.insert("pictures", &shown.collect::<Vec<_>>());
    values.insert("room", &MAX_PICTURES.saturating_sub(pictures.len()));
    values.insert("here", &here);
    values.insert("link", &format!("/places/{}", percent(id)));
    visitor.answer(drawn(pages, entry, values))
}

/// Changes a place. Errors: 422 with the form.
pub async fn change(State(pages): State<Pages>, id: Id, filled: Filled) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    let here = own(&id);
    let Some(person) = &filled.visitor.person else { return first_log_in(&here) };
    let found = async {
        let known = pages.storage.listing(&id, &person.id).await?;
        Ok::<_, Error>((known, choices(&pages).await?))
    };
    let (states, amenities) = match found.await {
        Ok((Some(_), choices)) => choices,
        Ok((None, _)) => return error::not_found(),
        Err(cause) => return error::storage(&cause),
    };
    let (mut entry, listing) = Entry::sent(&filled, &here, &states, &amenities);
    if let Some(listing) = listing {
        match pages.storage.change_listing(&id, &person.id, &listing).await {
            Ok(true) => return see(&format!("{here}?done=saved")),
            Ok(false) => return error::not_found(),
            Err(Error::NoParent) => entry.form.alert = GONE.into(),
            Err(cause) => return error::storage(&cause),
        }
    }
    let values = context(&entry, &states, &amenities);
    let page = changing(&pages, &filled.visitor, &id, &entry, values).await;
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// Asks whether it shall really go.
pub async fn doubt(State(pages): State<Pages>, id: Id, visitor: Visitor) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    doubted(&pages, &visitor, &id, "").await
}

async fn doubted(pages: &Pages, visitor: &Visitor, id: &str, refused: &str) -> Response {
    let here = own(id);
    let Some(person) = &visitor.person else { return first_log_in(&here) };
    let name = match pages.storage.listing(id, &person.id).await {
        Ok(Some(listing)) => listing.name,
        Ok(None) => return error::not_found(),
        Err(cause) => return error::storage(&cause),
    };
    let mut values = Context::new();
    values.insert("name", &name);
    values.insert("here", &here);
    values.insert("refused", refused);
    values.insert("token", &visitor.token());
    visitor.answer(pages.templates.page("delete_listing.html", &values))
}

/// Deletes a place with its pictures. Errors: 409 if a stay is booked there.
pub async fn delete(State(pages): State<Pages>, id: Id, filled: Filled) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    let Some(person) = &filled.visitor.person else { return first_log_in(&own(&id)) };
    match pages.storage.delete_listing(&id, &person.id, today()).await {
        Ok(Deleted::Done(pictures)) => {
            pages.photos.remove_all(pictures).await;
            see("/listings?done=deleted")
        }
        Ok(Deleted::Booked) => {
            let said = "Guests have booked nights here that are still to come, so it cannot be deleted now.";
            let page = doubted(&pages, &filled.visitor, &id, said).await;
            (StatusCode::CONFLICT, page).into_response()
        }
        Ok(Deleted::Unknown) => error::not_found(),
        Err(cause) => error::storage(&cause),
    }
}

/// Where the place is changed.
pub fn own(id: &str) -> String {
    format!("/listings/{}", percent(id))
}

async fn choices(pages: &Pages) -> Result<(Vec<StateCities>, Vec<Named>), Error> {
    Ok((pages.storage.states().await?, pages.storage.amenities().await?))
}

fn context(entry: &Entry, states: &[StateCities], amenities: &[Named]) -> Context {
    let mut values = Context::new();
    values.insert("form", &entry.form);
    values.insert("ticked", &entry.ticked);
    values.insert("states", states);
    values.insert("amenities", amenities);
    for absent in ["notice", "refused", "here"] {
        values.insert(absent, "");
    }
    values
}

fn drawn(pages: &Pages, entry: &Entry, mut values: Context) -> Response {
    values.insert("token", &entry.form.token);
    pages.templates.page("listing_form.html", &values)
}
