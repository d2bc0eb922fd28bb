//! Rows of any class: count, list, read, insert, update, delete.

use std::fmt::Write;

use serde_json::Value;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{Error, Storage};
use crate::hbnb::model::{Class, Column, Kind, Values};

/// Rows of one statement when many are inserted; SQLite takes at most 32,766 values in one.
const ROWS_AT_ONCE: usize = 500;

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

impl Storage {
    /// How many rows each class has, in the order of [`Class::ALL`], seen at one moment.
    pub async fn counts(&self) -> Result<Vec<(Class, i64)>, Error> {
        let mut text = String::from("SELECT ");
        for (at, class) in Class::ALL.into_iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}(SELECT COUNT(*) FROM {})", class.table());
        }
        let row =
            sqlx::query(AssertSqlSafe(text)).fetch_one(&self.pool).await.map_err(|e| self.explain(e))?;
        let count = |(at, class)| Ok((class, row.try_get::<i64, _>(at).map_err(|e| self.explain(e))?));
        Class::ALL.into_iter().enumerate().map(count).collect()
    }

    /// Every row of `class`, oldest first.
    pub async fn list(&self, class: Class) -> Result<Vec<Values>, Error> {
        let text = format!("{} ORDER BY created_at, id", selection(class));
        self.rows(class, sqlx::query(AssertSqlSafe(text))).await
    }

    /// The rows of `class` whose `parent` column (one of the class's) holds `id`, oldest first.
    pub async fn list_of(&self, class: Class, parent: &'static str, id: &str) -> Result<Vec<Values>, Error> {
        let text = format!("{} WHERE {parent} = ? ORDER BY created_at, id", selection(class));
        self.rows(class, sqlx::query(AssertSqlSafe(text)).bind(id.to_string())).await
    }

    /// The row of `class` with this id.
    pub async fn get(&self, class: Class, id: &str) -> Result<Option<Values>, Error> {
        let text = format!("{} WHERE id = ?", selection(class));
        Ok(self.rows(class, sqlx::query(AssertSqlSafe(text)).bind(id.to_string())).await?.pop())
    }

    /// Adds a row. Errors: [`Error::Exists`] for a taken id, [`Error::NoParent`].
    pub async fn insert(&self, class: Class, values: &Values) -> Result<(), Error> {
        let names: Vec<&str> = values.keys().copied().collect();
        let marks = vec!["?"; names.len()].join(", ");
        let text = format!("INSERT INTO {} ({}) VALUES ({marks})", class.table(), names.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (name, value) in values {
            query = bound(query, kind(class, name), value);
        }
        query.execute(&self.pool).await.map(drop).map_err(|e| self.explain(e))
    }

    /// Changes columns of the row with this id; false if there is none.
    pub async fn update(&self, class: Class, id: &str, changes: &Values) -> Result<bool, Error> {
        let sets: Vec<String> = changes.keys().map(|name| format!("{name} = ?")).collect();
        let text = format!("UPDATE {} SET {} WHERE id = ?", class.table(), sets.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (name, value) in changes {
            query = bound(query, kind(class, name), value);
        }
        let done = query.bind(id.to_string()).execute(&self.pool).await.map_err(|e| self.explain(e))?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes the row with this id and all that belongs to it; false if there is none.
    pub async fn delete(&self, class: Class, id: &str) -> Result<bool, Error> {
        let text = format!("DELETE FROM {} WHERE id = ?", class.table());
        let query = sqlx::query(AssertSqlSafe(text)).bind(id.to_string());
        let done = query.execute(&self.pool).await.map_err(|e| self.explain(e))?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether any of these ids is taken in `class`.
    pub async fn any(&self, class: Class, ids: &[String]) -> Result<bool, Error> {
        let mut connection = self.pool.acquire().await.map_err(|e| self.explain(e))?;
        any(&mut connection, class, ids).await.map_err(|e| self.explain(e))
    }

    /// Adds many rows and links (place, amenity), all or nothing, unless a row of the first class is there already; says
    /// whether it did.
    pub async fn plant(
        &self,
        rows: &[(Class, Vec<Values>)],
        links: &[(String, String)],
    ) -> Result<bool, Error> {
        self.planted(rows, links).await.map_err(|e| self.explain(e))
    }

    async fn planted(
        &self,
        rows: &[(Class, Vec<Values>)],
        links: &[(String, String)],
    ) -> Result<bool, sqlx::Error> {
        // A transaction that will write says so at once: two that begin as readers could not both become writers.
        let mut all = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        if let Some((class, rows)) = rows.first() {
            let ids: Vec<String> =
                rows.iter().filter_map(|row| row["id"].as_str().map(str::to_string)).collect();
            if any(&mut all, *class, &ids).await? {
                return Ok(false);
            }
        }
        for (class, rows) in rows {
            for some in rows.chunks(ROWS_AT_ONCE) {
                insert_many(&mut all, *class, some).await?;
            }
        }
        for some in links.chunks(ROWS_AT_ONCE) {
            let mut text = QueryBuilder::<Sqlite>::new("INSERT INTO place_amenity (place_id, amenity_id) ");
            text.push_values(some, |mut row, (place, amenity)| {
                row.push_bind(place.clone()).push_bind(amenity.clone());
            });
            text.build().execute(&mut *all).await?;
        }
        all.commit().await?;
        Ok(true)
    }

    async fn rows(&self, class: Class, query: Query<'_>) -> Result<Vec<Values>, Error> {
        let rows = query.fetch_all(&self.pool).await.map_err(|e| self.explain(e))?;
        rows.iter().map(|row| values(class, row)).collect::<Result<_, _>>().map_err(|e| self.explain(e))
    }
}

/// `SELECT` of all columns; the words come from the model's table, never from a client.
fn selection(class: Class) -> String {
    let names: Vec<&str> = class.columns().map(|column| column.name).collect();
    format!("SELECT {} FROM {}", names.join(", "), class.table())
}

fn kind(class: Class, name: &str) -> Kind {
    class.columns().find(|column| column.name == name).map_or(Kind::Text(0), |column| column.kind)
}

/// The value as the table holds it: moments with a space, as Python's SQLAlchemy writes and reads them.
fn stored(kind: Kind, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    Some(if kind == Kind::Moment { text.replacen('T', " ", 1) } else { text.to_string() })
}

fn bound<'q>(query: Query<'q>, kind: Kind, value: &Value) -> Query<'q> {
    match kind {
        Kind::Text(_) | Kind::Moment => query.bind(stored(kind, value)),
        Kind::Integer => query.bind(value.as_i64()),
        Kind::Real => query.bind(value.as_f64()),
    }
}

async fn any(connection: &mut SqliteConnection, class: Class, ids: &[String]) -> Result<bool, sqlx::Error> {
    let mut text =
        QueryBuilder::<Sqlite>::new(format!("SELECT COUNT(*) FROM {} WHERE id IN (", class.table()));
    let mut list = text.separated(", ");
    for id in ids {
        list.push_bind(id.clone());
    }
    text.push(")");
    Ok(text.build_query_scalar::<i64>().fetch_one(connection).await? > 0)
}

/// Inserts rows that all name the same columns.
async fn insert_many(
    connection: &mut SqliteConnection,
    class: Class,
    rows: &[Values],
) -> Result<(), sqlx::Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<&str> = first.keys().copied().collect();
    let mut text =
        QueryBuilder::<Sqlite>::new(format!("INSERT INTO {} ({}) ", class.table(), names.join(", ")));
    text.push_values(rows, |mut row, values| {
        for (name, value) in values {
            match kind(class, name) {
                kind @ (Kind::Text(_) | Kind::Moment) => row.push_bind(stored(kind, value)),
                Kind::Integer => row.push_bind(value.as_i64()),
                Kind::Real => row.push_bind(value.as_f64()),
            };
        }
    });
    text.build().execute(connection).await.map(drop)
}

fn values(class: Class, row: &SqliteRow) -> Result<Values, sqlx::Error> {
    class.columns().map(|column| Ok((column.name, cell(column, row)?))).collect()
}

fn cell(column: &Column, row: &SqliteRow) -> Result<Value, sqlx::Error> {
    Ok(match column.kind {
        Kind::Text(_) => row.try_get::<Option<String>, _>(column.name)?.into(),
        Kind::Moment => row.try_get::<Option<String>, _>(column.name)?.map(|text| shown(&text)).into(),
        Kind::Integer => row.try_get::<Option<i64>, _>(column.name)?.into(),
        Kind::Real => row.try_get::<Option<f64>, _>(column.name)?.into(),
    })
}

/// A stored moment as clients see it; rows of other programs may lack the fraction.
fn shown(text: &str) -> String {
    let fraction = if text.contains('.') { "" } else { ".000000" };
    format!("{}{fraction}", text.replacen(' ', "T", 1))
}
