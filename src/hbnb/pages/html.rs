//! A page on its way out: HTML, and what the browser must not do with it.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The one style that stands inside a page: pages about errors must look right when no other file can be had.
pub const ERROR_STYLE: &str = include_str!("../../../templates/hbnb/error.css");

/// Scripts, styles, pictures and answers come from our own origin and from files only; nobody may frame us.
/// <https://www.w3.org/TR/CSP3/>
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let known = BASE64_STANDARD.encode(Sha256::digest(ERROR_STYLE));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{known}'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The other headers of every page.
const GUARDS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
];

/// A page; its text is finished and escaped.
pub struct Page<T>(pub T);

impl<T: Into<Body>> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.0.into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
        headers.extend(GUARDS);
        response
    }
}
