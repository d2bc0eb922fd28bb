//! The templates of the pages; they are in the binary, and what they print is escaped.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use super::error;
use super::html::Page;
use crate::hbnb::error::Error;

/// Name and text of each.
const TEXTS: [(&str, &str); 19] = [
    ("account.html", include_str!("../../../templates/hbnb/account.html")),
    ("base.html", include_str!("../../../templates/hbnb/base.html")),
    ("calendar.html", include_str!("../../../templates/hbnb/calendar.html")),
    ("delete_listing.html", include_str!("../../../templates/hbnb/delete_listing.html")),
    ("entry.html", include_str!("../../../templates/hbnb/entry.html")),
    ("field.html", include_str!("../../../templates/hbnb/field.html")),
    ("fields.html", include_str!("../../../templates/hbnb/fields.html")),
    ("filters.html", include_str!("../../../templates/hbnb/filters.html")),
    ("form.html", include_str!("../../../templates/hbnb/form.html")),
    ("hbnb_filters.html", include_str!("../../../templates/hbnb/hbnb_filters.html")),
    ("home.html", include_str!("../../../templates/hbnb/home.html")),
    ("live.html", include_str!("../../../templates/hbnb/live.html")),
    ("listing.html", include_str!("../../../templates/hbnb/listing.html")),
    ("listing_form.html", include_str!("../../../templates/hbnb/listing_form.html")),
    ("listings.html", include_str!("../../../templates/hbnb/listings.html")),
    ("place.html", include_str!("../../../templates/hbnb/place.html")),
    ("search.html", include_str!("../../../templates/hbnb/search.html")),
    ("trips.html", include_str!("../../../templates/hbnb/trips.html")),
    ("wrong.html", include_str!("../../../templates/hbnb/wrong.html")),
];

/// The files that every page loads. Their addresses change with them, so that no browser keeps old ones for a new page.
const LOADED: [&str; 2] = [
    include_str!("../../../templates/hbnb/static/scripts/hbnb.js"),
    include_str!("../../../templates/hbnb/static/styles/hbnb.css"),
];

/// Parsed templates; clones share them.
#[derive(Clone)]
pub struct Templates(Arc<Tera>);

impl Templates {
    /// Parses what is in the binary.
    pub fn parse() -> Result<Self, Error> {
        let mut tera = Tera::new();
        let version = version();
        let texts = TEXTS.map(|(name, text)| (name, text.replace("VERSION", &version)));
        tera.add_raw_templates(texts).map_err(Error::Template)?;
        Ok(Self(Arc::new(tera)))
    }

    /// The page that `name` makes of `values`.
    pub fn page(&self, name: &str, values: &Context) -> Response {
        self.page_with(StatusCode::OK, name, values)
    }

    /// The same with another status. A variable that is missing is a bug of ours, told to the operator, and 500 whatever the
    /// page was to be answered with.
    pub fn page_with(&self, status: StatusCode, name: &str, values: &Context) -> Response {
        match self.0.render(name, values) {
            Ok(text) => (status, Page(text)).into_response(),
            Err(cause) => error::template(&cause),
        }
    }
}

/// A short text that is another one whenever one of [`LOADED`] is.
fn version() -> String {
    Sha256::digest(LOADED.concat()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_made_is_500_whatever_it_was_to_be_answered_with() {
        let templates = Templates::parse().unwrap();
        let status = |name| templates.page_with(StatusCode::CONFLICT, name, &Context::new()).status();
        assert_eq!(status("trips.html"), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(status("base.html"), StatusCode::CONFLICT);
    }
}
