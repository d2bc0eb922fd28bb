//! Lists of states and cities, as the course's first database pages show them.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use tera::Context;

use super::{Pages, error};
use crate::hbnb::storage::Error;
use crate::hbnb::storage::home::{Named, StateCities};

/// A line of a list, with the lines below it.
#[derive(Serialize)]
struct Line {
    id: String,
    name: String,
    below: Vec<Named>,
}

/// `/states_list` and `/states`.
pub async fn states_list(State(pages): State<Pages>) -> Response {
    let only = |state: StateCities| Line { id: state.id, name: state.name, below: Vec::new() };
    listed(&pages, "States", pages.storage.states().await, only)
}

/// `/cities_by_states`.
pub async fn cities_by_states(State(pages): State<Pages>) -> Response {
    let both = |state: StateCities| Line { id: state.id, name: state.name, below: state.cities };
    listed(&pages, "States", pages.storage.states().await, both)
}

/// `/states/ID`: its cities, or `Not found!`, which is no error (the course's rule).
pub async fn state(State(pages): State<Pages>, Id(id): Id) -> Response {
    let states = match pages.storage.states().await {
        Ok(states) => states,
        Err(cause) => return error::storage(&cause),
    };
    let mut values = Context::new();
    match states.into_iter().find(|state| Some(&state.id) == id.as_ref()) {
        Some(state) => {
            let line = |city: Named| Line { id: city.id, name: city.name, below: Vec::new() };
            values.insert("title", &format!("State: {}", state.name));
            values.insert("subtitle", "Cities:");
            values.insert("lines", &state.cities.into_iter().map(line).collect::<Vec<_>>());
        }
        None => {
            values.insert("title", "Not found!");
            values.insert("subtitle", "");
            values.insert("lines", &Vec::<Line>::new());
        }
    }
    pages.templates.page("listing.html", &values)
}

fn listed(
    pages: &Pages,
    title: &str,
    states: Result<Vec<StateCities>, Error>,
    line: impl Fn(StateCities) -> Line,
) -> Response {
    let lines: Vec<Line> = match states {
        Ok(states) => states.into_iter().map(line).collect(),
        Err(cause) => return error::storage(&cause),
    };
    let mut values = Context::new();
    values.insert("title", title);
    values.insert("subtitle", "");
    values.insert("lines", &lines);
    pages.templates.page("listing.html", &values)
}

/// The `{id}` of an address, if it is a text.
pub struct Id(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Id(Path::from_request_parts(parts, state).await.ok().map(|Path(id)| id)))
    }
}
