//! What a person sees when there is no page to see. These pages need nothing: no database, no template, no other file.

use std::io::{self, Write};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::html::{ERROR_STYLE, Page};
use crate::hbnb::storage;

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
        true => {
            let said = page(
                StatusCode::SERVICE_UNAVAILABLE,
                "We will be back soon",
                "The database is not available at the moment.",
            );
            ([(header::RETRY_AFTER, storage::RETRY_SECONDS)], said).into_response()
        }
        false => internal(),
    }
}

/// 500: a page could not be made of its template, a bug of ours.
pub fn template(cause: &tera::Error) -> Response {
    let _ = writeln!(io::stderr(), "hbnb: {cause}");
    internal()
}

fn internal() -> Response {
    page(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", "It was our fault, and we have noted it.")
}

fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let body = FRAME.replace("{code}", status.as_str()).replace("{title}", title).replace("{text}", text);
    (status, Page(body.replace("{style}", ERROR_STYLE))).into_response()
}
