//! The pictures of one of the own places: added, put in another order, deleted.

use std::io::{self, Write};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::place::{own, refused};
use super::upload;
use crate::hbnb::pages::filled::Filled;
use crate::hbnb::pages::visitor::{Visitor, first_log_in, see};
use crate::hbnb::pages::{Pages, error};
use crate::hbnb::photo::Problem;
use crate::hbnb::photo::limit::MAX_PICTURES;
use crate::hbnb::storage::Error;
use crate::hbnb::storage::picture::{Added, Move};

/// The ids of a place and of one of its pictures, if they are texts.
type Ids = Result<Path<(String, String)>, PathRejection>;

/// Adds a picture after the others. Errors: those of the form, and 422, 413 or 503 with what is wrong with the picture.
pub async fn add(
    State(pages): State<Pages>,
    id: Result<Path<String>, PathRejection>,
    visitor: Visitor,
    request: Request,
) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    let Some(person) = &visitor.person else { return first_log_in(&own(&id)) };
    // Nobody sends megabytes to a place of somebody else.
    match pages.storage.listing(&id, &person.id).await {
        Ok(Some(_)) => {}
        Ok(None) => return error::not_found(),
        Err(cause) => return error::storage(&cause),
    }
    let received = match upload::received(request, &visitor).await {
        Ok(received) => received,
        Err(answer) => return answer,
    };
    let kept = match received {
        Ok(bytes) => pages.photos.keep(bytes).await,
        Err(problem) => Err(problem),
    };
    let problem = match kept {
        Ok(picture) => match added(&pages, &id, &picture).await {
            Ok(Added::Done) => return see(&format!("{}?done=picture#pictures", own(&id))),
            Ok(Added::Unknown) => return error::not_found(),
            Ok(Added::Full) => Problem::Full,
            Err(cause) => return error::storage(&cause),
        },
        Err(problem) => problem,
    };
    if let Problem::Unkept(cause) = &problem {
        // When nobody listens any more, there is nobody to tell.
        let _ = writeln!(io::stderr(), "hbnb: a picture could not be kept: {cause}");
    }
    refused(&pages, &visitor, &id, &problem).await
}

/// Writes the row of a picture whose files are there; they go if it is not written.
async fn added(pages: &Pages, place: &str, picture: &str) -> Result<Added, Error> {
    let added = pages.storage.add_picture(place, picture, MAX_PICTURES).await;
    let is_without_row = match &added {
        Ok(added) => *added != Added::Done,
        // Perhaps only the answer was lost: a row without files would be worse than files without a row.
        Err(_) => pages.storage.remove_picture(place, picture).await.is_ok(),
    };
    if is_without_row {
        pages.photos.remove(picture);
    }
    added
}

/// What shall become of a picture.
#[derive(Clone, Copy)]
enum Change {
    Delete,
    Move(Move),
}

/// Takes a picture away.
pub async fn delete(State(pages): State<Pages>, ids: Ids, filled: Filled) -> Response {
    changed(&pages, ids, &filled, Change::Delete).await
}

/// Puts a picture elsewhere among the others; `to` says where.
pub async fn shift(State(pages): State<Pages>, ids: Ids, filled: Filled) -> Response {
    let way = match filled.text("to") {
        "first" => Move::First,
        "earlier" => Move::Earlier,
        "later" => Move::Later,
        _ => return error::not_a_form(),
    };
    changed(&pages, ids, &filled, Change::Move(way)).await
}

/// Changes a picture of the visitor's own place and goes back to it.
async fn changed(pages: &Pages, ids: Ids, filled: &Filled, change: Change) -> Response {
    let Ok(Path((place, picture))) = ids else { return error::not_found() };
    let Some(person) = &filled.visitor.person else { return first_log_in(&own(&place)) };
    let done = async {
        if pages.storage.listing(&place, &person.id).await?.is_none() {
            return Ok(false);
        }
        match change {
            Change::Delete => pages.storage.remove_picture(&place, &picture).await,
            Change::Move(way) => pages.storage.move_picture(&place, &picture, way).await,
        }
    };
    match (done.await, change) {
        (Ok(false), _) => error::not_found(),
        (Ok(true), Change::Move(_)) => see(&format!("{}#pictures", own(&place))),
        (Ok(true), Change::Delete) => {
            pages.photos.remove(&picture);
            see(&format!("{}?done=picture-deleted#pictures", own(&place)))
        }
        (Err(cause), _) => error::storage(&cause),
    }
}
