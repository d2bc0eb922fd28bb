//! Every row, page by page, as of one moment.

use std::fmt;

use super::engine::{Pool, Work};
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
    /// What [`Unload`] does not read; none if there is no row of it.
    pub async fn left_behind(&self) -> Result<Option<Left>, Error> {
        let (accounts, bookings) = (self.present("accounts").await?, self.present("bookings").await?);
        let left = Left { accounts, bookings, pictures: self.present("pictures").await? };
        Ok(Some(left).filter(|left| left.accounts + left.bookings + left.pictures > 0))
    }

    /// How many rows the table has; a step that was not taken yet has none.
    async fn present(&self, table: &str) -> Result<i64, Error> {
        let statement = Statement::new(format!("SELECT COUNT(*) FROM {table}"));
        match self.fetch_one(&statement, |row| row.integer(0)).await {
            Ok(count) => Ok(count.unwrap_or_default()),
            Err(Error::Unmigrated(_)) => Ok(0),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hbnb::storage::Database;

    #[tokio::test]
    async fn accounts_and_bookings_are_left_behind_also_where_there_are_no_pictures_yet() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::create(&Database::Sqlite(directory.path().join("a.db")));
        storage.migrate().await.unwrap();
        for words in [
            "DROP TABLE pictures",
            "INSERT INTO users (id, created_at, updated_at, email, password) VALUES ('u', '', '', 'e', 'p')",
            "INSERT INTO accounts (address, user_id) VALUES ('e', 'u')",
        ] {
            storage.execute(&Statement::new(words)).await.unwrap();
        }
        let left = Left { accounts: 1, bookings: 0, pictures: 0 };
        assert_eq!(storage.left_behind().await.unwrap(), Some(left));
        for table in ["accounts", "bookings"] {
            storage.execute(&Statement::new(format!("DROP TABLE {table}"))).await.unwrap();
        }
        assert_eq!(storage.left_behind().await.unwrap(), None);
    }
}
