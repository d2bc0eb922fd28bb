//! How many rows of which table.

use std::fmt;

use super::row::{LINKS, Table};
use crate::hbnb::model::Class;

/// How many rows of each class, and how many links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    rows: [u64; Class::ALL.len()],
    links: u64,
}

impl Counts {
    /// Counts `more` rows of a table.
    pub fn add(&mut self, table: Table, more: u64) {
        match table {
            Table::Links => self.links += more,
            Table::Of(class) => self.rows[class.index()] += more,
        }
    }

    /// How many of all tables.
    pub fn sum(&self) -> u64 {
        self.rows.iter().sum::<u64>() + self.links
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (class, count) in Class::ALL.into_iter().zip(self.rows) {
            write!(f, "{count} {}, ", class.table())?;
        }
        write!(f, "{} {LINKS}", self.links)
    }
}
