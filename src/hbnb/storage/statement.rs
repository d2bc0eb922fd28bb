//! A statement with its values, written once and understood by both engines.

use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Encode, Type};

/// A value of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text, or null.
    Text(Option<String>),
    /// A whole number, or null.
    Integer(Option<i64>),
    /// A number, or null.
    Real(Option<f64>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(Some(text.to_string()))
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Cell::Text(Some(text.clone()))
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Integer(Some(number))
    }
}

/// Words of ours with a `?` for each value, and the values; nothing that a client said is ever part of the words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    text: String,
    cells: Vec<Cell>,
}

impl Statement {
    /// Words whose `?` get their values by [`Statement::with`].
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), cells: Vec::new() }
    }

    /// The value of the next `?`.
    pub fn with(mut self, cell: impl Into<Cell>) -> Self {
        self.cells.push(cell.into());
        self
    }

    /// More words.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A `?` and its value.
    pub fn value(&mut self, cell: impl Into<Cell>) -> &mut Self {
        self.text.push('?');
        self.cells.push(cell.into());
        self
    }

    /// Words and values of another one.
    pub fn add(&mut self, other: &Statement) -> &mut Self {
        self.text.push_str(&other.text);
        self.cells.extend_from_slice(&other.cells);
        self
    }

    /// `(…)` with these values.
    pub fn list(&mut self, cells: impl IntoIterator<Item = impl Into<Cell>>) -> &mut Self {
        let mut opening = '(';
        for cell in cells {
            self.text.push(opening);
            self.value(cell);
            opening = ',';
        }
        // A list of nothing is an error in MySQL; NULL equals nothing.
        self.push(if opening == '(' { "(NULL)" } else { ")" })
    }

    /// As the driver of one engine wants it.
    pub(super) fn query<DB: sqlx::Database>(&self) -> Query<'static, DB, DB::Arguments>
    where
        for<'t> Option<&'t str>: Encode<'t, DB> + Type<DB>,
        for<'t> Option<i64>: Encode<'t, DB> + Type<DB>,
        for<'t> Option<f64>: Encode<'t, DB> + Type<DB>,
    {
        let query = sqlx::query(AssertSqlSafe(self.text.as_str()));
        self.cells.iter().fold(query, |query, cell| match cell {
            Cell::Text(text) => query.bind(text.as_deref()),
            Cell::Integer(number) => query.bind(*number),
            Cell::Real(number) => query.bind(*number),
        })
    }
}
