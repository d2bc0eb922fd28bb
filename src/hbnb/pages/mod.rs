//! The pages for people, one file a page.

mod account;
mod done;
pub mod dynamic;
pub mod error;
mod field;
mod filled;
mod form;
mod home;
mod host;
pub mod html;
mod listing;
mod local;
mod log_in;
pub mod onepage;
mod photo;
mod place;
mod review;
mod search;
mod sign_up;
mod template;
mod trip;
mod visitor;
mod wish;

use axum::Router;
use axum::routing::{MethodRouter, get, post};

use super::account::Accounts;
use super::error::Error;
use super::kept::Kept;
use super::photo::Photos;
use super::settings::Settings;
use super::storage::Storage;
use template::Templates;

/// What a page is made from.
#[derive(Clone)]
struct Pages {
    storage: Storage,
    accounts: Accounts,
    photos: Photos,
    templates: Templates,
    kept: Kept,
}

/// The pages that show what is in the storage. Errors: [`Error::Template`], a bug of ours.
pub fn router(storage: Storage, settings: &Settings) -> Result<Router, Error> {
    let accounts = Accounts::new(storage.clone(), settings);
    let photos = Photos::new(&settings.pictures);
    let kept = Kept::new(storage.clone());
    let pages = Pages { storage, accounts, photos, templates: Templates::parse()?, kept };
    let table: [(&str, MethodRouter<Pages>); 24] = [
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
        ("/sign-up", get(sign_up::page).post(sign_up::send)),
        ("/log-in", get(log_in::page).post(log_in::send)),
        ("/log-out", post(log_in::log_out)),
        ("/account", get(account::page).post(account::rename)),
        ("/account/password", post(account::change_password)),
        ("/search", get(search::page)),
        ("/places/{id}", get(place::page)),
        ("/places/{id}/bookings", post(trip::book)),
        ("/places/{id}/reviews", post(review::send)),
        ("/pictures/{name}", get(photo::picture)),
        ("/trips", get(trip::page)),
        ("/trips/{id}/cancel", post(trip::cancel)),
    ];
    let mut router = Router::new().route("/", get(home::page));
    for (path, page) in table.into_iter().chain(host::table()) {
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
