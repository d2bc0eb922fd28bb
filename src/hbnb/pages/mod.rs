//! The pages for people, one file a page.

pub mod dynamic;
pub mod error;
mod home;
pub mod html;
mod listing;
pub mod onepage;
mod template;

use axum::Router;
use axum::routing::{MethodRouter, get};

use super::error::Error;
use super::storage::Storage;
use template::Templates;

/// What a page is made from.
#[derive(Clone)]
struct Pages {
    storage: Storage,
    templates: Templates,
}

/// The pages that show what is in the storage. Errors: [`Error::Template`], a bug of ours.
pub fn router(storage: Storage) -> Result<Router, Error> {
    let pages = Pages { storage, templates: Templates::parse()? };
    let table: [(&str, MethodRouter<Pages>); 12] = [
        ("/0-hbnb", get(home::page)),
        ("/1-hbnb", get(home::page)),
        ("/2-hbnb", get(home::page)),
        ("/3-hbnb", get(home::live)),
        ("/4-hbnb", get(home::live)),
        ("/100-hbnb", get(home::live)),
        ("/101-hbnb", get(home::live)),
        ("/hbnb_filters", get(home::filters)),
        ("/states_list", get(listing::states_list)),
        ("/cities_by_states", get(listing::cities_by_states)),
        ("/states", get(listing::states_list)),
        ("/states/{id}", get(listing::state)),
    ];
    let mut router = Router::new().route("/", get(home::page));
    for (path, page) in table {
        router = with_both_slashes(router, path, page);
    }
    Ok(router.with_state(pages))
}

/// Adds `path` as it stands and with a slash at its end; neither redirects.
fn with_both_slashes<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    path: &str,
    page: MethodRouter<S>,
) -> Router<S> {
    router.route(path, page.clone()).route(&format!("{path}/"), page)
}
