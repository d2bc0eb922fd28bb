//! Many rows from elsewhere, all or none: what is there already must be equal, what is not is added.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::engine::Work;
use super::object::{ROWS_AT_ONCE, insert_links, insert_many, selection, values};
use super::statement::Statement;
use super::{Database, Error, Storage};
use crate::hbnb::model::{Class, Kind, Values};

/// Which column of a class names the row of which other one.
pub const PARENTS: [(Class, &str, Class); 5] = [
    (Class::City, "state_id", Class::State),
    (Class::Place, "city_id", Class::City),
    (Class::Place, "user_id", Class::User),
    (Class::Review, "place_id", Class::Place),
    (Class::Review, "user_id", Class::User),
];
/// What a link names.
const LINKED: [(&str, Class); 2] = [("place_id", Class::Place), ("amenity_id", Class::Amenity)];
/// A modern hash begins so; what it was made from cannot be told from it.
const HASHED: &str = "$argon2";

/// What a batch led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many rows were added.
    pub new: u64,
    /// How many were there already.
    pub unchanged: u64,
}

/// Why a batch was not taken.
#[derive(Debug)]
pub enum Refusal {
    /// A row of this id is there already with something else in this column.
    Differs {
        /// Which row of the batch.
        at: usize,
        /// The first column that differs.
        column: &'static str,
    },
    /// The storage refused.
    Storage(Error),
}

impl From<Error> for Refusal {
    fn from(cause: Error) -> Self {
        Refusal::Storage(cause)
    }
}

/// A row without the one it belongs to; both as `Class.id`.
#[derive(Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The row.
    pub row: String,
    /// What is missing.
    pub parent: String,
}

/// A transaction that takes batches in any order; dropped without [`Load::commit`], it leaves nothing.
pub struct Load {
    /// With connections of its own: what is set for loading ends with them.
    storage: Storage,
    all: Work,
}

impl Storage {
    /// Begins to take rows, which may come before their parents. Errors: those of the database.
    pub async fn load(&self) -> Result<Load, Error> {
        let storage = Storage::open(&self.database);
        let mut all = storage.begin().await?;
        let settings: &[&str] = match &self.database {
            // Ids come in no order, so that much of the indices is kept at hand, but not the whole file.
            Database::Sqlite(_) => {
                &["PRAGMA defer_foreign_keys = ON", "PRAGMA cache_size = -32768", "PRAGMA mmap_size = 0"]
            }
            Database::MySql(_) => &["SET SESSION foreign_key_checks = 0"],
        };
        for setting in settings {
            all.session().execute(&Statement::new(*setting)).await.map_err(|e| self.explain(e))?;
        }
        Ok(Load { storage, all })
    }
}

impl Load {
    /// Takes rows of a class, each with a value for every column.
    pub async fn rows(&mut self, class: Class, rows: &[Values]) -> Result<Done, Refusal> {
        if rows.is_empty() {
            return Ok(Done::default());
        }
        // Most are new. One statement adds all of its rows or none, so that those of a second one can be told from older ones.
        if rows.len() <= ROWS_AT_ONCE && self.add(class, &rows.iter().collect::<Vec<_>>()).await? {
            return Ok(done(rows.len(), rows.len()));
        }
        let ids: Vec<&str> = rows.iter().map(id).collect();
        let there = self.there(class, &ids).await.map_err(|e| self.storage.explain(e))?;
        let mut known: HashMap<&str, &Values> = there.iter().map(|row| (id(row), row)).collect();
        let mut new = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            match known.get(id(row)) {
                Some(old) => {
                    if let Some(column) = differing(class, old, row) {
                        return Err(Refusal::Differs { at, column });
                    }
                }
                None => {
                    known.insert(id(row), row);
                    new.push(row);
                }
            }
        }
        insert_many(self.all.session(), class, &new).await.map_err(|e| self.storage.explain(e))?;
        Ok(done(new.len(), rows.len()))
    }

    /// Takes links (place, amenity).
    pub async fn links(&mut self, links: &[(String, String)]) -> Result<Done, Error> {
        if links.is_empty() {
            return Ok(Done::default());
        }
        if links.len() <= ROWS_AT_ONCE && self.add_links(links).await? {
            return Ok(done(links.len(), links.len()));
        }
        let count = self.link(links).await.map_err(|e| self.storage.explain(e))?;
        Ok(done(count, links.len()))
    }

    /// A row that lacks its parent, if there is one; such a load cannot be committed.
    pub async fn orphan(&mut self) -> Result<Option<Orphan>, Error> {
        self.lonely().await.map_err(|e| self.storage.explain(e))
    }

    /// Keeps what was taken.
    pub async fn commit(self) -> Result<(), Error> {
        self.all.commit().await.map_err(|e| self.storage.explain(e))?;
        self.storage.close().await;
        Ok(())
    }

    /// Adds these rows, unless an id is taken.
    async fn add(&mut self, class: Class, rows: &[&Values]) -> Result<bool, Error> {
        free(insert_many(self.all.session(), class, rows).await.map_err(|e| self.storage.explain(e)))
    }

    /// Adds these links, unless one is there.
    async fn add_links(&mut self, links: &[(String, String)]) -> Result<bool, Error> {
        free(insert_links(self.all.session(), links).await.map_err(|e| self.storage.explain(e)))
    }

    /// The rows of these ids.
    async fn there(&mut self, class: Class, ids: &[&str]) -> Result<Vec<Values>, sqlx::Error> {
        let mut statement = Statement::new(selection(class));
        statement.push(" WHERE id IN ").list(ids.iter().copied());
        self.all.session().fetch(&statement).await?.map(|row| values(class, &row))
    }

    /// Adds the links that are not there; says how many.
    async fn link(&mut self, links: &[(String, String)]) -> Result<usize, sqlx::Error> {
        let places: BTreeSet<&String> = links.iter().map(|(place, _)| place).collect();
        let mut statement =
            Statement::new("SELECT place_id, amenity_id FROM place_amenity WHERE place_id IN ");
        statement.list(places);
        let there = self.all.session().fetch(&statement).await?;
        let mut known: HashSet<(String, String)> =
            there.map(|row| Ok((row.word(0)?, row.word(1)?)))?.into_iter().collect();
        let new: Vec<_> = links.iter().filter(|link| known.insert((*link).clone())).cloned().collect();
        insert_links(self.all.session(), &new).await?;
        Ok(new.len())
    }

    async fn lonely(&mut self) -> Result<Option<Orphan>, sqlx::Error> {
        let rows = PARENTS.map(|(class, column, parent)| (class.table(), "id", class.name(), column, parent));
        let links = LINKED.map(|(column, parent)| ("place_amenity", "place_id", "Place", column, parent));
        // MySQL looks at the present, and lets nobody take a parent away until the commit; SQLite has one writer.
        let lock = match self.all {
            Work::Sqlite(_) => "",
            Work::MySql(_) => " LOCK IN SHARE MODE",
        };
        for (table, id, name, column, parent) in rows.into_iter().chain(links) {
            let statement = Statement::new(format!(
                "SELECT c.{id}, c.{column} FROM {table} c LEFT JOIN {} p ON p.id = c.{column} \
                 WHERE p.id IS NULL LIMIT 1{lock}",
                parent.table()
            ));
            let found = self.all.session().fetch(&statement).await?;
            if let Some((row, missing)) = found.map(|row| Ok((row.word(0)?, row.word(1)?)))?.pop() {
                let (row, parent) = (format!("{name}.{row}"), format!("{}.{missing}", parent.name()));
                return Ok(Some(Orphan { row, parent }));
            }
        }
        Ok(None)
    }
}

/// Whether what was added was not there.
fn free(added: Result<(), Error>) -> Result<bool, Error> {
    match added {
        Ok(()) => Ok(true),
        Err(Error::Exists) => Ok(false),
        Err(cause) => Err(cause),
    }
}

fn done(new: usize, all: usize) -> Done {
    Done { new: new as u64, unchanged: (all - new) as u64 }
}

fn id(row: &Values) -> &str {
    row.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// The first column in which two rows say something else.
fn differing(class: Class, old: &Values, new: &Values) -> Option<&'static str> {
    let column = class.columns().find(|column| {
        let (old, new) = (old.get(column.name), new.get(column.name));
        let (Some(old), Some(new)) = (old, new) else { return old != new };
        let rehashed = column.name == "password" && old.as_str().is_some_and(|old| old.starts_with(HASHED));
        !(rehashed || old == new || is_alike(column.kind, old, new))
    })?;
    Some(column.name)
}

/// Whether one is the other as a database with less room for it wrote it down: `FLOAT` in six digits, `DATETIME` without
/// a fraction.
fn is_alike(kind: Kind, old: &Value, new: &Value) -> bool {
    match kind {
        Kind::Real => match (old.as_f64(), new.as_f64()) {
            (Some(old), Some(new)) => six(old) == six(new) || six(f64::from(old as f32)) == six(new),
            _ => false,
        },
        Kind::Moment => {
            let read = |value: &Value| value.as_str()?.parse::<jiff::civil::DateTime>().ok();
            let (Some(old), Some(new)) = (read(old), read(new)) else { return false };
            let whole = old.subsec_nanosecond() == 0 || new.subsec_nanosecond() == 0;
            whole && old.duration_since(new).abs() < jiff::SignedDuration::from_secs(1)
        }
        Kind::Text(_) | Kind::Integer => false,
    }
}

/// The number as MySQL shows a FLOAT: six digits.
fn six(number: f64) -> String {
    format!("{number:.5e}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_narrower_column_kept_is_the_same_value() {
        let alike = |kind, old: Value, new: Value| is_alike(kind, &old, &new);
        assert!(alike(Kind::Real, json!(37.774_929), json!(37.7749)));
        assert!(!alike(Kind::Real, json!(37.774_929), json!(37.775)));
        let moment = |old: &str, new: &str| alike(Kind::Moment, json!(old), json!(new));
        assert!(moment("2017-03-25T02:17:07.000000", "2017-03-25T02:17:06.500000"));
        assert!(!moment("2017-03-25T02:17:06.400000", "2017-03-25T02:17:06.500000"));
        assert!(!moment("2017-03-25T02:17:07.000000", "2017-03-25T02:17:06.000000"));
    }

    #[test]
    fn a_password_that_was_hashed_since_is_not_compared() {
        let user = |password: &str| Values::from([("password", json!(password))]);
        assert_eq!(differing(Class::User, &user("$argon2id$v=19$x"), &user("secret")), None);
        assert_eq!(differing(Class::User, &user("secret"), &user("other")), Some("password"));
    }
}
