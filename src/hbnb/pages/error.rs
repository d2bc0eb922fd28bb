//! What a person sees when there is no page to see. These pages need nothing: no database, no template, no other file.

use std::io::{self, Write};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::html::{ERROR_STYLE, Page};
use crate::hbnb::{account, password, storage};

/// The frame of all of them; what stands for `{code}`, `{title}`, `{text}` and `{style}` is ours, never a client's.
const FRAME: &str = include_str!("../../../templates/hbnb/error.html");

/// 404: the address does not exist.
pub fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, "There is no such page", "Perhaps a letter of the address is wrong.")
}

/// 405: the address exists, but not for this method; the router adds `Allow`.
pub fn not_allowed() -> Response {
    page(
        StatusCode::METHOD_NOT_ALLOWED,
        "That cannot be done here",
        "This address does not answer this method.",
    )
}

/// 503 or 500: the storage could not. The reason goes to standard error, not to the client.
pub fn storage(cause: &storage::Error) -> Response {
    storage::complain(cause);
    match cause.is_unavailable() {
        true => unavailable("We will be back soon", "The database is not available at the moment."),
        false => internal(),
    }
}

/// 503 or 500: accounts could not be looked at or changed.
pub fn account(cause: &account::Error) -> Response {
    if let account::Error::Storage(cause) = cause {
        return storage(cause);
    }
    let _ = writeln!(io::stderr(), "hbnb: {cause}");
    match cause {
        account::Error::Password(password::Error::Busy) => {
            unavailable("Many people are here", "Please send it once more in a few seconds.")
        }
        _ => internal(),
    }
}

/// 403: a form that was not ours, or not for this session.
pub fn foreign_form() -> Response {
    page(
        StatusCode::FORBIDDEN,
        "This form is not valid any more",
        "Nothing was changed. Perhaps it is very old, was sent from another site, or your browser refuses cookies: allow \
         them for this site, open the page again and send it once more.",
    )
}

/// 403: a review by somebody who may not write one.
pub fn not_a_guest() -> Response {
    page(
        StatusCode::FORBIDDEN,
        "Reviews are for guests",
        "You can review a place once, when a stay that you booked there is over.",
    )
}

/// 400: what was sent is no form.
pub fn not_a_form() -> Response {
    page(StatusCode::BAD_REQUEST, "We could not read this", "What your browser sent is no form that we know.")
}

/// 413: a form longer than any of ours.
pub fn too_large() -> Response {
    page(
        StatusCode::PAYLOAD_TOO_LARGE,
        "This is too much",
        "What your browser sent is longer than any of our forms.",
    )
}

/// 500: a page could not be made of its template, a bug of ours.
pub fn template(cause: &tera::Error) -> Response {
    let _ = writeln!(io::stderr(), "hbnb: {cause}");
    internal()
}

fn unavailable(title: &str, text: &str) -> Response {
    let said = page(StatusCode::SERVICE_UNAVAILABLE, title, text);
    ([(header::RETRY_AFTER, storage::RETRY_SECONDS)], said).into_response()
}

fn internal() -> Response {
    page(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", "It was our fault, and we have noted it.")
}

fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let body = FRAME.replace("{code}", status.as_str()).replace("{title}", title).replace("{text}", text);
    (status, Page(body.replace("{style}", ERROR_STYLE))).into_response()
}
