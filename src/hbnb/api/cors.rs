//! Who may read the API's answers from another origin: <https://fetch.spec.whatwg.org/#http-cors-protocol>.
//!
//! A request without `Origin` gets the configured value, as the old API's clients compare it; one with an `Origin` gets it
//! echoed, so that a page served elsewhere works. No cookies are involved: credentials are never allowed.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW,
    CONTENT_LENGTH, CONTENT_TYPE, LINK, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

/// For how many seconds a browser may remember a preflight.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// Adds the headers to every answer of the API, and answers `OPTIONS` (preflights are such) with the address's methods.
pub async fn answer(State(default): State<HeaderValue>, request: Request, next: Next) -> Response {
    if !super::owns(request.uri().path()) {
        return next.run(request).await;
    }
    let method = request.method().clone();
    let asked = request.headers().clone();
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        with_options(response.headers_mut());
        if method == Method::OPTIONS {
            response = options(response, &asked);
        }
    }
    let origin = asked.get(ORIGIN).cloned().unwrap_or(default);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if headers.contains_key(LINK) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("link"));
    }
    headers.append(VARY, HeaderValue::from_static("Origin"));
    response
}

/// The router knows the methods it routes; `OPTIONS` is answered here.
fn with_options(headers: &mut HeaderMap) {
    let routed = headers.get(ALLOW).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let all = format!("{},OPTIONS", routed).replace(',', ", ");
    if let Ok(value) = HeaderValue::from_str(&all) {
        headers.insert(ALLOW, value);
    }
}

/// The same answer without its complaint.
fn options(refused: Response, asked: &HeaderMap) -> Response {
    let (mut parts, _) = refused.into_parts();
    parts.status = StatusCode::OK;
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    if let Some(methods) = parts.headers.get(ALLOW).cloned() {
        parts.headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    if let Some(headers) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned() {
        parts.headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
    }
    parts.headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    Response::from_parts(parts, Body::empty())
}
