//! The first application of the course: one sentence. It is no markup and never changes, so nothing guards it.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

/// What it says; not one byte more, as its clients compare it.
const HELLO: &str = "Hello HBNB!";

/// The page where the proxy expects it, and [`name`].
pub fn router() -> Router {
    super::with_both_slashes(name(), "/airbnb-onepage", get(hello))
}

/// `/hbnb`: its name alone.
pub fn name() -> Router {
    super::with_both_slashes(Router::new(), "/hbnb", get(async || Html("HBNB")))
}

/// The page at the root, for when it is served alone.
pub fn at_root() -> Router {
    Router::new().route("/", get(hello))
}

async fn hello() -> Html<&'static str> {
    Html(HELLO)
}
