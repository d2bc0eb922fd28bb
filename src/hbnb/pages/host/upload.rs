//! A form with a file in it.

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::{Bytes, BytesMut};

use crate::hbnb::pages::error;
use crate::hbnb::pages::filled::TOKEN;
use crate::hbnb::pages::visitor::Visitor;
use crate::hbnb::photo::Problem;
use crate::hbnb::photo::limit::MAX_FILE;

/// The field with the file.
const FILE: &str = "picture";
/// The longest other field, in bytes.
const SHORT: usize = 1024;

/// Reads a form of ours that carries a picture, part by part in any order; of each name the first counts. What was sent, or what
/// is wrong with it. Rejections: 400 if it is no such form, 413 if it is
/// too long to see whose it is, 403 if it is none of ours for this visitor's session.
pub async fn received(request: Request, visitor: &Visitor) -> Result<Result<Bytes, Problem>, Response> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| error::not_a_form())?;
    let (mut token, mut file) = (None, None);
    let is_too_long = loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => break false,
            Err(cause) => break is_too_long(&cause)?,
        };
        let read = match part.name() {
            Some(TOKEN) if token.is_none() => start(part, SHORT).await.map(|text| token = text),
            Some(FILE) if file.is_none() => start(part, MAX_FILE).await.map(|bytes| file = Some(bytes)),
            _ => continue,
        };
        match read {
            Ok(()) => {}
            Err(cause) => break is_too_long(&cause)?,
        }
    };
    if is_too_long && token.is_none() {
        return Err(error::too_large());
    }
    let token = token.as_deref().and_then(|token| std::str::from_utf8(token).ok());
    if !token.is_some_and(|token| visitor.session.gave(&visitor.key, token)) {
        return Err(error::foreign_form());
    }
    Ok(match file {
        _ if is_too_long => Err(Problem::TooLong),
        Some(None) => Err(Problem::TooLong),
        Some(Some(bytes)) if !bytes.is_empty() => Ok(bytes),
        _ => Err(Problem::Nothing),
    })
}

/// A part's bytes; none if there are more than `most`, which are not kept.
async fn start(mut part: Field<'_>, most: usize) -> Result<Option<Bytes>, MultipartError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = part.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes.freeze()))
}

/// Whether the whole is too long; what is wrong in any other way is no form.
fn is_too_long(cause: &MultipartError) -> Result<bool, Response> {
    match cause.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Ok(true),
        _ => Err(error::not_a_form()),
    }
}
