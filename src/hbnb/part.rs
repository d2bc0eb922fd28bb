//! The parts of the application, each of which can be served alone.

use std::fmt;

use super::error::Error;

/// What a server serves: everything, or one of the four applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All four in one process.
    All,
    /// The page that says `Hello HBNB!`; no database.
    OnePage,
    /// Pages made from the address alone; no database.
    Dynamic,
    /// The REST API.
    Api,
    /// The pages for people.
    Web,
}

impl Part {
    /// Every part, in the order people are told about them.
    pub const KNOWN: [Part; 5] = [Part::All, Part::OnePage, Part::Dynamic, Part::Api, Part::Web];

    /// The part people mean by `name` (`@hbnb`, `@hbnb/onepage`, …). The error lists the known names.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Self::KNOWN
            .into_iter()
            .find(|part| part.name() == name)
            .ok_or_else(|| Error::UnknownPart(name.to_string()))
    }

    /// The name people type.
    pub const fn name(self) -> &'static str {
        match self {
            Part::All => "@hbnb",
            Part::OnePage => "@hbnb/onepage",
            Part::Dynamic => "@hbnb/dynamic",
            Part::Api => "@hbnb/api",
            Part::Web => "@hbnb/web",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
