//! How exported rows are written down.

mod json;
mod sql;

use std::io::{self, Write};

use crate::hbnb::model::{Class, Values};

/// The forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A file.json as the console keeps it
    Json,
    /// A dump that `mysql` and `hbnb import` read
    Sql,
}

/// Some rows of one class.
pub struct Page {
    /// The class.
    pub class: Class,
    /// Its rows, with every column.
    pub rows: Vec<Values>,
    /// If they are places: what they offer, in the order of the places.
    pub links: Vec<(String, String)>,
}

/// A form of an export: a beginning, pages, an end.
pub trait Form {
    /// Writes what comes before the first page.
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()>;
    /// Writes a page that has at least one row.
    fn page(&mut self, out: &mut dyn Write, page: &Page) -> io::Result<()>;
    /// Writes what comes after the last page.
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

impl Format {
    /// What writes this form.
    pub fn writer(self) -> Box<dyn Form> {
        match self {
            Format::Json => Box::new(json::Json::default()),
            Format::Sql => Box::new(sql::Sql),
        }
    }
}
