//! Rows of any class: count, list, read, insert, update.

use std::fmt::Write;

use serde_json::Value;

use super::engine::{Pool, Row, Session};
use super::search::{Wish, merged};
use super::statement::{Cell, Statement};
use super::{Error, Storage};
use crate::hbnb::model::{Class, Column, Kind, Values};

/// Rows of one statement when many are inserted; SQLite takes at most 32,766 values in one.
pub(super) const ROWS_AT_ONCE: usize = 500;

/// Which rows of a class.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Every one.
    All,
    /// Those whose column (one of the class's) holds this id.
    Of(&'static str, &'a str),
    /// Amenities that the place with this id offers.
    OfferedBy(&'a str),
    /// Places that fit.
    Fitting(&'a Wish),
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many rows come before it.
    pub skipped: i64,
    /// How many rows it has at most.
    pub count: i64,
}

impl Storage {
    /// How many rows each class has, in the order of [`Class::ALL`], seen at one moment.
    pub async fn counts(&self) -> Result<Vec<(Class, i64)>, Error> {
        let mut text = String::from("SELECT ");
        for (at, class) in Class::ALL.into_iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}(SELECT COUNT(*) FROM {})", class.table());
        }
        let count = |row: &Row<'_>, at| Ok(row.integer(at)?.unwrap_or_default());
        let all = |row: Row<'_>| (0..Class::ALL.len()).map(|at| count(&row, at)).collect();
        let counts: Vec<i64> = self.fetch_one(&Statement::new(text), all).await?;
        Ok(Class::ALL.into_iter().zip(counts).collect())
    }

    /// How many rows there are.
    pub async fn count(&self, class: Class, which: Which<'_>) -> Result<i64, Error> {
        let mut statement = Statement::new(format!("SELECT COUNT(*) FROM {}", class.table()));
        self.choose(&mut statement, which).await?;
        self.fetch_one(&statement, |row| Ok(row.integer(0)?.unwrap_or_default())).await
    }

    /// The rows, oldest first, or one page of them.
    pub async fn rows(
        &self,
        class: Class,
        which: Which<'_>,
        page: Option<Page>,
    ) -> Result<Vec<Values>, Error> {
        if let (Which::Fitting(wish), None, Pool::MySql(_)) = (which, page, &self.pool)
            && let Some([one, other]) = wish.halves()
        {
            // A server looks for both halves at once. A file is read by this process, which has others to answer.
            // A place that moves from the other half to the first one meanwhile may be in neither.
            let order = self.order(wish).await?;
            let half = async |wish| {
                let mut statement = Statement::new(selection(class));
                self.narrow(&mut statement, wish, &order).await?;
                self.fetch(&statement, |row| values(class, &row)).await
            };
            let (one, other) = tokio::try_join!(half(&one), half(&other))?;
            return Ok(merged(one, other));
        }
        let mut statement = Statement::new(selection(class));
        self.choose(&mut statement, which).await?;
        statement.push(" ORDER BY created_at, id");
        if let Some(page) = page {
            statement.push(" LIMIT ").value(page.count).push(" OFFSET ").value(page.skipped);
        }
        self.fetch(&statement, |row| values(class, &row)).await
    }

    async fn choose(&self, statement: &mut Statement, which: Which<'_>) -> Result<(), Error> {
        match which {
            Which::All => {}
            Which::Of(column, id) => {
                statement.push(" WHERE ").push(column).push(" = ").value(id);
            }
            Which::OfferedBy(place) => {
                statement.push(" WHERE id IN (SELECT amenity_id FROM place_amenity WHERE place_id = ");
                statement.value(place).push(")");
            }
            Which::Fitting(wish) => {
                let order = self.order(wish).await?;
                self.narrow(statement, wish, &order).await?;
            }
        }
        Ok(())
    }

    /// Every row of `class`, oldest first.
    pub async fn list(&self, class: Class) -> Result<Vec<Values>, Error> {
        self.rows(class, Which::All, None).await
    }

    /// The rows of `class` whose `parent` column (one of the class's) holds `id`, oldest first.
    pub async fn list_of(&self, class: Class, parent: &'static str, id: &str) -> Result<Vec<Values>, Error> {
        self.rows(class, Which::Of(parent, id), None).await
    }

    /// The row of `class` with this id.
    pub async fn get(&self, class: Class, id: &str) -> Result<Option<Values>, Error> {
        let statement = Statement::new(format!("{} WHERE id = ?", selection(class))).with(id);
        Ok(self.fetch(&statement, |row| values(class, &row)).await?.pop())
    }

    /// Adds a row; numbers that it does not name are 0. Errors: [`Error::Exists`] for a taken id, [`Error::NoParent`].
    pub async fn insert(&self, class: Class, values: &Values) -> Result<(), Error> {
        // Tables that SQLAlchemy made have no defaults: it knows them itself.
        let numbers = class.columns().filter(|column| column.kind == Kind::Integer);
        let mut all: Values = numbers.map(|column| (column.name, Value::from(0))).collect();
        all.extend(values.iter().map(|(name, value)| (*name, value.clone())));
        self.execute(&insertion(class, &[&all])).await.map(drop)
    }

    /// Changes columns of the row with this id; false if there is none.
    pub async fn update(&self, class: Class, id: &str, changes: &Values) -> Result<bool, Error> {
        let mut statement = Statement::new(format!("UPDATE {} SET ", class.table()));
        for (at, (name, value)) in changes.iter().enumerate() {
            statement.push(if at == 0 { "" } else { ", " }).push(name).push(" = ");
            statement.value(cell(kind(class, name), value));
        }
        statement.push(" WHERE id = ").value(id);
        Ok(self.execute(&statement).await? == 1)
    }

    /// Whether any of these ids is taken in `class`.
    pub async fn any(&self, class: Class, ids: &[String]) -> Result<bool, Error> {
        Ok(self.fetch_one(&taken(class, ids), |row| row.integer(0)).await? > Some(0))
    }

    /// Adds many rows and links (place, amenity), all or nothing, unless a row of the first class is there already; says
    /// whether it did.
    pub async fn plant(
        &self,
        rows: &[(Class, Vec<Values>)],
        links: &[(String, String)],
    ) -> Result<bool, Error> {
        let (class, ids) = match rows.first() {
            Some((class, rows)) => (*class, rows.iter().filter_map(|row| row["id"].as_str()).collect()),
            None => (Class::User, Vec::new()),
        };
        let ids: Vec<String> = ids.into_iter().map(str::to_string).collect();
        match self.in_time(self.planted(rows, links, &taken(class, &ids))).await {
            // Somebody else may have been faster by a moment: MySQL lets both look before either writes.
            Err(Error::Exists | Error::Busy(_)) if self.any(class, &ids).await? => Ok(false),
            done => done,
        }
    }

    async fn planted(
        &self,
        rows: &[(Class, Vec<Values>)],
        links: &[(String, String)],
        taken: &Statement,
    ) -> Result<bool, Error> {
        let explained = |cause| self.explain(cause);
        let mut all = self.begin().await?;
        let counted = all.session().fetch(taken).await.and_then(|rows| rows.map(|row| row.integer(0)));
        if counted.map_err(explained)?.first() > Some(&Some(0)) {
            return Ok(false);
        }
        for (class, rows) in rows {
            let rows: Vec<&Values> = rows.iter().collect();
            insert_many(all.session(), *class, &rows).await.map_err(explained)?;
        }
        insert_links(all.session(), links).await.map_err(explained)?;
        all.commit().await.map_err(explained)?;
        Ok(true)
    }
}

/// Inserts rows that all name the same columns.
pub(super) async fn insert_many(
    mut session: Session<'_>,
    class: Class,
    rows: &[&Values],
) -> Result<(), sqlx::Error> {
    for some in rows.chunks(ROWS_AT_ONCE) {
        session.again().execute(&insertion(class, some)).await?;
    }
    Ok(())
}

/// Adds links (place, amenity).
pub(super) async fn insert_links(
    mut session: Session<'_>,
    links: &[(String, String)],
) -> Result<(), sqlx::Error> {
    for some in links.chunks(ROWS_AT_ONCE) {
        let mut statement = Statement::new("INSERT INTO place_amenity (place_id, amenity_id) VALUES ");
        for (at, (place, amenity)) in some.iter().enumerate() {
            statement.push(if at == 0 { "" } else { ", " }).list([place, amenity]);
        }
        session.again().execute(&statement).await?;
    }
    Ok(())
}

/// `INSERT` of rows that all name the same columns.
fn insertion(class: Class, rows: &[&Values]) -> Statement {
    let names: Vec<&str> = rows.first().map(|row| row.keys().copied().collect()).unwrap_or_default();
    let kinds: Vec<Kind> = names.iter().map(|name| kind(class, name)).collect();
    let text = format!("INSERT INTO {} ({}) VALUES ", class.table(), names.join(", "));
    let mut statement = Statement::new(text);
    for (at, row) in rows.iter().enumerate() {
        let cells = row.values().zip(&kinds).map(|(value, kind)| cell(*kind, value));
        statement.push(if at == 0 { "" } else { ", " }).list(cells);
    }
    statement
}

fn taken(class: Class, ids: &[String]) -> Statement {
    let mut statement = Statement::new(format!("SELECT COUNT(*) FROM {} WHERE id IN ", class.table()));
    statement.list(ids);
    statement
}

/// `SELECT` of all columns; the words come from the model's table, never from a client. Moments are asked for as text, which
/// both engines write the same way.
pub(super) fn selection(class: Class) -> String {
    let asked = |column: &Column| match column.kind {
        Kind::Moment => format!("CAST({} AS CHAR)", column.name),
        Kind::Text(_) | Kind::Integer | Kind::Real => column.name.to_string(),
    };
    let names: Vec<String> = class.columns().map(asked).collect();
    format!("SELECT {} FROM {}", names.join(", "), class.table())
}

fn kind(class: Class, name: &str) -> Kind {
    class.columns().find(|column| column.name == name).map_or(Kind::Text(0), |column| column.kind)
}

/// The value as the table holds it: moments with a space, as Python's SQLAlchemy writes and reads them.
fn cell(kind: Kind, value: &Value) -> Cell {
    match kind {
        Kind::Text(_) => Cell::Text(value.as_str().map(str::to_string)),
        Kind::Moment => Cell::Text(value.as_str().map(|text| text.replacen('T', " ", 1))),
        Kind::Integer => Cell::Integer(value.as_i64()),
        Kind::Real => Cell::Real(value.as_f64()),
    }
}

/// The row that [`selection`] asked for.
pub(super) fn values(class: Class, row: &Row<'_>) -> Result<Values, sqlx::Error> {
    let value = |(at, column): (usize, &Column)| {
        let value = match column.kind {
            Kind::Text(_) => row.text(at)?.into(),
            Kind::Moment => row.text(at)?.map(shown).into(),
            Kind::Integer => row.integer(at)?.into(),
            Kind::Real => row.real(at)?.into(),
        };
        Ok((column.name, value))
    };
    class.columns().enumerate().map(value).collect()
}

/// A stored moment as clients see it; other programs' rows and tables may have less of a fraction, or none.
fn shown(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{}.{fraction:0<6}", whole.replacen(' ', "T", 1))
}
