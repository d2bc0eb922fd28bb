//! Every row, page by page, as of one moment.

use std::fmt;

use super::engine::{Pool, Row, Work};
use super::object::{selection, values};
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::{Class, Values};

/// Rows that are in memory at once.
const PAGE: i64 = 500;

/// How many rows there are of what only the site knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    accounts: i64,
    bookings: i64,
    pictures: i64,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Left { accounts, bookings, pictures } = self;
        write!(f, "{accounts} accounts, {bookings} bookings and {pictures} pictures")
    }
}

/// A transaction that only reads: what others write meanwhile is not seen, and they need not wait.
pub struct Unload<'s> {
    storage: &'s Storage,
    all: Work,
}

impl Storage {
    /// What [`Unload`] does not read; none if there is no row of it, or no table.
    pub async fn left_behind(&self) -> Result<Option<Left>, Error> {
        let statement = Statement::new(
            "SELECT (SELECT COUNT(*) FROM accounts), (SELECT COUNT(*) FROM bookings), (SELECT COUNT(*) FROM pictures)",
        );
        let number = |row: &Row<'_>, at| Ok::<_, sqlx::Error>(row.integer(at)?.unwrap_or_default());
        let read = |row: Row<'_>| {
            let (accounts, bookings) = (number(&row, 0)?, number(&row, 1)?);
            Ok(Left { accounts, bookings, pictures: number(&row, 2)? })
        };
        match self.fetch_one(&statement, read).await {
            Ok(left) => Ok(Some(left).filter(|left| left.accounts + left.bookings + left.pictures > 0)),
            Err(Error::Unmigrated(_)) => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Begins to read everything. Errors: those of the database.
    pub async fn unload(&self) -> Result<Unload<'_>, Error> {
        let all = match &self.pool {
            Pool::Sqlite(file) => file.readers.begin().await.map(Work::Sqlite),
            Pool::MySql(pool) => pool.begin().await.map(Work::MySql),
        };
        Ok(Unload { storage: self, all: all.map_err(|e| self.explain(e))? })
    }
}

impl Unload<'_> {
    /// The rows of a class by id, some hundred of them after the row of id `after`; empty after the last.
    pub async fn page(&mut self, class: Class, after: Option<&str>) -> Result<Vec<Values>, Error> {
        let mut statement = Statement::new(selection(class));
        if let Some(after) = after {
            statement.push(" WHERE id > ").value(after);
        }
        statement.push(" ORDER BY id LIMIT ").value(PAGE);
        let rows = self.all.session().fetch(&statement).await;
        rows.and_then(|rows| rows.map(|row| values(class, &row))).map_err(|e| self.storage.explain(e))
    }

    /// The links (place, amenity) of these places, in order.
    pub async fn links(&mut self, places: &[&str]) -> Result<Vec<(String, String)>, Error> {
        let mut statement =
            Statement::new("SELECT place_id, amenity_id FROM place_amenity WHERE place_id IN ");
        statement.list(places.iter().copied()).push(" ORDER BY place_id, amenity_id");
        let rows = self.all.session().fetch(&statement).await;
        rows.and_then(|rows| rows.map(|row| Ok((row.word(0)?, row.word(1)?))))
            .map_err(|e| self.storage.explain(e))
    }
}
