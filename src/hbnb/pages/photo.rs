//! `/pictures/NAME`: pictures that hosts uploaded. What is sent is always a JPEG that we made.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{Pages, error};
use crate::hbnb::photo;

/// A picture never changes: another one has another name.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'")),
];

/// A picture, as long as a place has it.
pub async fn picture(State(pages): State<Pages>, name: Result<Path<String>, PathRejection>) -> Response {
    let Some((id, size)) = name.ok().and_then(|Path(name)| photo::named(&name)) else {
        return error::not_found();
    };
    match pages.storage.has_picture(&id).await {
        Ok(true) => {}
        Ok(false) => return error::not_found(),
        Err(cause) => return error::storage(&cause),
    }
    match pages.photos.read(&id, size).await {
        Some(bytes) => (HEADERS, bytes).into_response(),
        None => error::not_found(),
    }
}
