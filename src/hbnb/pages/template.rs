//! The templates of the pages; they are in the binary, and what they print is escaped.

use std::sync::Arc;

use axum::response::{Html, IntoResponse, Response};
use tera::{Context, Tera};

use super::error;
use crate::hbnb::error::Error;

/// Name and text of each.
const TEXTS: [(&str, &str); 5] = [
    ("base.html", include_str!("../../../templates/hbnb/base.html")),
    ("filters.html", include_str!("../../../templates/hbnb/filters.html")),
    ("hbnb_filters.html", include_str!("../../../templates/hbnb/hbnb_filters.html")),
    ("home.html", include_str!("../../../templates/hbnb/home.html")),
    ("listing.html", include_str!("../../../templates/hbnb/listing.html")),
];

/// Parsed templates; clones share them.
#[derive(Clone)]
pub struct Templates(Arc<Tera>);

impl Templates {
    /// Parses what is in the binary.
    pub fn parse() -> Result<Self, Error> {
        let mut tera = Tera::new();
        tera.add_raw_templates(TEXTS).map_err(Error::Template)?;
        Ok(Self(Arc::new(tera)))
    }

    /// The page that `name` makes of `values`; a variable that is missing is a bug of ours, told to the operator.
    pub fn page(&self, name: &str, values: &Context) -> Response {
        match self.0.render(name, values) {
            Ok(text) => Html(text).into_response(),
            Err(cause) => error::template(&cause),
        }
    }
}
