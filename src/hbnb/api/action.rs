//! What can be done at an address: by which method, and who does it.

use axum::body::Body;
use axum::response::Response;
use axum::routing::MethodFilter;

use super::answer::Problem;
use super::asked::Asked;
use super::{Api, place_amenity, resource, search};
use crate::hbnb::model::Class;

/// One thing that a client can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Whether the process answers.
    Status,
    /// How many rows of each class there are.
    Stats,
    /// Every row of a class.
    List(Class),
    /// A new row that belongs to no other.
    Create(Class),
    /// One row.
    Show(Class),
    /// Another content of one row.
    Change(Class),
    /// One row less.
    Delete(Class),
    /// The rows of the second class that belong to one of the first.
    ListOf(Class, Class),
    /// A new row of the second class that belongs to one of the first.
    CreateIn(Class, Class),
    /// What a place offers.
    Amenities,
    /// A place offers an amenity from now on.
    Link,
    /// A place offers an amenity no longer.
    Unlink,
    /// The places that a guest wishes to see.
    Search,
}

impl Action {
    /// The method, as it is written in the document.
    pub fn word(self) -> &'static str {
        match self {
            Action::Status | Action::Stats | Action::List(_) | Action::Show(_) => "get",
            Action::ListOf(..) | Action::Amenities => "get",
            Action::Create(_) | Action::CreateIn(..) | Action::Link | Action::Search => "post",
            Action::Change(_) => "put",
            Action::Delete(_) | Action::Unlink => "delete",
        }
    }

    /// The method, as the router takes it.
    pub fn method(self) -> MethodFilter {
        match self.word() {
            "post" => MethodFilter::POST,
            "put" => MethodFilter::PUT,
            "delete" => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        }
    }

    /// Does it.
    pub async fn done(self, api: &Api, asked: &Asked, body: Body) -> Result<Response, Problem> {
        match self {
            Action::Status => Ok(resource::status()),
            Action::Stats => kept(api, asked, || resource::stats(api)).await,
            Action::List(class) => kept(api, asked, || resource::list(api, class, None, asked)).await,
            Action::Create(class) => resource::create(api, class, None, asked, body).await,
            Action::Show(class) => kept(api, asked, || resource::show(api, class, asked)).await,
            Action::Change(class) => resource::change(api, class, asked, body).await,
            Action::Delete(class) => resource::delete(api, class, asked).await,
            Action::ListOf(parent, class) => {
                kept(api, asked, || resource::list(api, class, Some(parent), asked)).await
            }
            Action::CreateIn(parent, class) => resource::create(api, class, Some(parent), asked, body).await,
            Action::Amenities => kept(api, asked, || place_amenity::list(api, asked)).await,
            Action::Link => place_amenity::link(api, asked).await,
            Action::Unlink => place_amenity::unlink(api, asked).await,
            Action::Search => search::search(api, asked, body).await,
        }
    }
}

/// The answer to a GET, which depends on nothing but its address and the database.
async fn kept<F: Future<Output = Result<Response, Problem>>>(
    api: &Api,
    asked: &Asked,
    fresh: impl FnOnce() -> F,
) -> Result<Response, Problem> {
    api.kept.answer(&[asked.address().as_bytes()], fresh).await
}
