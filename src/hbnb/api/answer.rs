//! What the API answers when all is well, and what when not.

use std::collections::BTreeMap;
use std::io::{self, Write};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::json;
use crate::hbnb::model::{Class, Refusal, Values};
use crate::hbnb::{password, storage};

/// The content type of every answer.
pub const JSON: &str = "application/json";

/// An answer with a JSON body.
pub struct Json<T>(pub StatusCode, pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        (self.0, [(header::CONTENT_TYPE, JSON)], json::text(&self.1)).into_response()
    }
}

/// A row as clients see it: its class is named, secrets are left out.
pub fn shown(class: Class, mut values: Values) -> Values {
    values.insert("__class__", Value::from(class.name()));
    values.remove("password");
    values
}

/// Rows as an array; one page of them links to the others.
pub struct List {
    /// What they are.
    pub class: Class,
    /// The rows, as stored.
    pub rows: Vec<Values>,
    /// `Link` of a page.
    pub links: Option<HeaderValue>,
}

impl IntoResponse for List {
    fn into_response(self) -> Response {
        let rows: Vec<Values> = self.rows.into_iter().map(|row| shown(self.class, row)).collect();
        let mut response = Json(StatusCode::OK, rows).into_response();
        if let Some(links) = self.links {
            response.headers_mut().insert(header::LINK, links);
        }
        response
    }
}

/// Why a request is refused.
#[derive(Debug)]
pub enum Problem {
    /// What the address names does not exist.
    NotFound,
    /// The body is no JSON object.
    NotJson,
    /// The body is too large.
    TooLarge,
    /// The body ended before its end.
    Cut,
    /// The body lacks something, or something does not fit.
    Refused(Refusal),
    /// The storage could not.
    Storage(storage::Error),
    /// A password could not be hashed.
    Password(password::Error),
}

impl From<password::Error> for Problem {
    fn from(cause: password::Error) -> Self {
        Problem::Password(cause)
    }
}

impl From<storage::Error> for Problem {
    fn from(cause: storage::Error) -> Self {
        match cause {
            // The parent was deleted between our look and our write.
            storage::Error::NoParent => Problem::NotFound,
            other => Problem::Storage(other),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::Refused(refusal)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Problem::NotFound => error(StatusCode::NOT_FOUND, "Not found"),
            Problem::NotJson => error(StatusCode::BAD_REQUEST, "Not a JSON"),
            Problem::TooLarge => error(StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
            Problem::Cut => error(StatusCode::BAD_REQUEST, "Incomplete body"),
            Problem::Refused(Refusal::Missing(name)) => {
                error(StatusCode::BAD_REQUEST, &format!("Missing {name}"))
            }
            Problem::Refused(Refusal::Invalid(name)) => {
                error(StatusCode::BAD_REQUEST, &format!("Invalid {name}"))
            }
            // A look at the columns should have told; the database is stricter.
            Problem::Storage(storage::Error::Unfit(_)) => error(StatusCode::BAD_REQUEST, "Invalid value"),
            Problem::Storage(storage::Error::Exists) => error(StatusCode::CONFLICT, "Already exists"),
            Problem::Storage(cause) => {
                storage::complain(&cause);
                match cause.is_unavailable() {
                    true => unavailable("Database not available"),
                    false => error(StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
                }
            }
            Problem::Password(cause) => {
                let _ = writeln!(io::stderr(), "hbnb: {cause}");
                match cause {
                    password::Error::Busy => unavailable("Busy"),
                    password::Error::Failed(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
                }
            }
        }
    }
}

/// 503: the same request may be fine a little later.
fn unavailable(said: &str) -> Response {
    ([(header::RETRY_AFTER, storage::RETRY_SECONDS)], error(StatusCode::SERVICE_UNAVAILABLE, said))
        .into_response()
}

fn error(status: StatusCode, said: &str) -> Response {
    Json(status, BTreeMap::from([("error", said)])).into_response()
}

/// The answer to an address that does not exist.
pub async fn not_found() -> Response {
    Problem::NotFound.into_response()
}

/// The answer to a method that an address does not have; the router adds `Allow`.
pub async fn not_allowed() -> Response {
    error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_whose_password_waits_too_long_is_told_when_to_come_again() {
        let answer = Problem::from(password::Error::Busy).into_response();
        let again = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        assert_eq!((answer.status(), again), (StatusCode::SERVICE_UNAVAILABLE, Some("5")));
    }
}
