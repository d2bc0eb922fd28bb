//! The application: which addresses a part answers, and what everything else is answered.

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::Response;

use super::error::Error;
use super::part::Part;
use super::settings::Settings;
use super::storage::Storage;
use super::{api, pages, static_file};

/// The router of `part`. It answers every request itself, 404 and 405 included.
///
/// [`Part::OnePage`] and [`Part::Dynamic`] know no database. For the others nothing is opened before the first question, and
/// a database that is missing or not migrated is answered with 503 until it is there, then served without a restart. Call
/// it inside the runtime that will serve it: each worker process owns its connections.
///
/// Errors: [`Error::Template`], a bug of ours.
pub async fn app(part: Part, settings: &Settings) -> Result<Router, Error> {
    let mount = settings.dynamic_mount.as_str();
    let table = match part {
        Part::OnePage => pages::onepage::router().merge(pages::onepage::at_root()),
        Part::Dynamic => pages::dynamic::router(mount),
        Part::Api => api::router(Storage::open(&settings.database), settings)?,
        Part::Web => {
            let storage = Storage::open(&settings.database);
            // The pages' scripts ask the API of the origin that they come from, also where no proxy stands before us.
            let words = pages::onepage::name().merge(pages::dynamic::router(""));
            words
                .merge(api::router(storage.clone(), settings)?)
                .merge(pages::router(storage, settings)?)
                .merge(static_file::router())
        }
        Part::All => {
            let storage = Storage::open(&settings.database);
            pages::onepage::router()
                .merge(pages::dynamic::router(mount))
                .merge(api::router(storage.clone(), settings)?)
                .merge(pages::router(storage, settings)?)
                .merge(static_file::router())
        }
    };
    let whole = table.method_not_allowed_fallback(not_allowed).fallback(not_found);
    // The layer is around the whole, because only the finished answer of the router names the methods of an address.
    let cors = middleware::from_fn_with_state(settings.cors_origin.clone(), api::cors::answer);
    Ok(match part {
        Part::All | Part::Api | Part::Web => Router::new().fallback_service(whole).layer(cors),
        // It would pass everything through, and that is not free.
        Part::OnePage | Part::Dynamic => whole,
    })
}

async fn not_found(request: Request) -> Response {
    match api::owns(request.uri().path()) {
        true => api::not_found().await,
        false => pages::error::not_found(),
    }
}

async fn not_allowed(request: Request) -> Response {
    match api::owns(request.uri().path()) {
        true => api::not_allowed().await,
        false => pages::error::not_allowed(),
    }
}
