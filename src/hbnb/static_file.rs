//! Style sheets and pictures: in the binary, served by us, or written to a directory for a proxy to serve.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path as UrlPath;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use super::error::Error;
use super::{pages, picture};

static EMBEDDED: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates/hbnb/static");

/// Browsers ask again after an hour, and are then mostly told that nothing changed.
const CACHE: &str = "public, max-age=3600";

/// What is sent for one file.
struct Asset {
    body: Bytes,
    etag: HeaderValue,
    content_type: &'static str,
}

static ASSETS: LazyLock<HashMap<String, Asset>> =
    LazyLock::new(|| static_files().map(|(path, bytes)| asset(path, bytes)).collect());

/// Every static file: its path below `/static/` (without a leading slash) and its bytes.
pub fn static_files() -> impl Iterator<Item = (String, Cow<'static, [u8]>)> {
    let mut found = Vec::new();
    collect(&EMBEDDED, &mut found);
    let drawn = (0..picture::COUNT).map(|n| (picture::path(n), Cow::Owned(picture::svg(n).into_bytes())));
    found.into_iter().chain(drawn)
}

/// Writes every static file below `directory`, which is made if need be, and says how many were written. A file that is
/// already as it should be is not touched, so that its age and tag stay.
pub fn write_to(directory: &Path) -> Result<usize, Error> {
    let mut written = 0;
    for (name, bytes) in static_files() {
        let path = directory.join(name);
        if std::fs::read(&path).is_ok_and(|present| present == *bytes) {
            continue;
        }
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, &bytes)).map_err(|cause| Error::Write { path, cause })?;
        written += 1;
    }
    Ok(written)
}

/// `/static/…`, and the icon that browsers ask for on pages that do not name one.
pub fn router() -> Router {
    let icon = async |headers: HeaderMap| answer("images/icon.svg", &headers);
    Router::new().route("/static/{*path}", get(serve)).route("/favicon.ico", get(icon))
}

async fn serve(path: Result<UrlPath<String>, PathRejection>, headers: HeaderMap) -> Response {
    match path {
        Ok(UrlPath(path)) => answer(&path, &headers),
        Err(_) => pages::error::not_found(),
    }
}

fn answer(path: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.get(path) else { return pages::error::not_found() };
    let cached =
        [(header::ETAG, asset.etag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static(CACHE))];
    if headers.get_all(header::IF_NONE_MATCH).iter().any(|known| names(known, &asset.etag)) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    let content_type = HeaderValue::from_static(asset.content_type);
    (cached, [(header::CONTENT_TYPE, content_type)], asset.body.clone()).into_response()
}

/// Whether `If-None-Match` names this tag; a proxy that compressed the file made it a weak one (`W/"…"`).
fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let text = known.to_str().unwrap_or_default();
    text.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn asset(path: String, bytes: Cow<'static, [u8]>) -> (String, Asset) {
    let digest = Sha256::digest(&bytes);
    let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let etag = HeaderValue::from_str(&format!("\"{short}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    let content_type = content_type(&path);
    (path, Asset { body: Bytes::from(bytes.into_owned()), etag, content_type })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("js") => "text/javascript; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn collect(dir: &'static Dir, found: &mut Vec<(String, Cow<'static, [u8]>)>) {
    for file in dir.files() {
        found.push((file.path().display().to_string(), Cow::Borrowed(file.contents())));
    }
    for inner in dir.dirs() {
        collect(inner, found);
    }
}
