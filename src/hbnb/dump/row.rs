//! Rows on their way into the database: which columns a table has, and what fits them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fault::{Fail, Fault};
use crate::hbnb::model::{self, Access, Class, Column, Kind, Values};

/// The table of links between places and amenities.
pub const LINKS: &str = "place_amenity";
/// Its columns.
const LINK: [Column; 2] = [
    Column { name: "place_id", kind: Kind::Text(60), access: Access::Parent },
    Column { name: "amenity_id", kind: Kind::Text(60), access: Access::Parent },
];
/// So much of a value is repeated in a complaint.
const SHOWN: usize = 40;

/// A table of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The rows of a class.
    Of(Class),
    /// Which place offers which amenity.
    Links,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A row with a value for every column of its class.
    Row(Class, Values),
    /// A place, by id, offers an amenity.
    Link(String, String),
}

/// Takes what was read with the line it stands in, or says [`Fail::Stop`].
pub type Sink<'s> = dyn FnMut(u64, Item) -> Result<(), Fail> + 's;

/// Whether values that we have no place for are an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Half a row is no row.
    Refuse,
    /// They are left out, and said to be.
    Skip,
}

/// What was left out, with the first line it was seen in: tables and classes by name, columns as `table.column`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Skipped(BTreeMap<String, u64>);

impl Skipped {
    /// Remembers the first line of `name`.
    pub fn note(&mut self, name: &str, line: u64) {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_string(), line);
        }
    }

    /// Each name with its first line.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, line)| (name.as_str(), *line))
    }
}

impl Table {
    /// The table of this name, if it is one of ours. Some servers write names in other cases.
    pub fn named(name: &str) -> Option<Self> {
        let class = Class::ALL.into_iter().find(|class| class.table().eq_ignore_ascii_case(name));
        match class {
            Some(class) => Some(Table::Of(class)),
            None => name.eq_ignore_ascii_case(LINKS).then_some(Table::Links),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Table::Of(class) => class.table(),
            Table::Links => LINKS,
        }
    }

    /// Its columns.
    pub fn columns(self) -> Box<dyn Iterator<Item = &'static Column>> {
        match self {
            Table::Of(class) => Box::new(class.columns()),
            Table::Links => Box::new(LINK.iter()),
        }
    }

    /// The column of this name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// What a row has in a column that the file does not speak of: nothing, or no rooms; none if it must speak of it.
    pub fn unsaid(column: &Column) -> Option<Value> {
        match (column.kind, column.access) {
            (Kind::Integer, _) => Some(Value::from(0)),
            (_, Access::Optional) => Some(Value::Null),
            _ => None,
        }
    }

    /// A finished row of this table as an item.
    pub fn item(self, mut values: Values) -> Item {
        match self {
            Table::Of(class) => Item::Row(class, values),
            Table::Links => {
                let mut id = |name| match values.remove(name) {
                    Some(Value::String(id)) => id,
                    _ => String::new(),
                };
                Item::Link(id("place_id"), id("amenity_id"))
            }
        }
    }
}

/// The value as `column` of `table` (as the file calls it) holds it.
pub fn fitting(table: &str, column: &Column, value: &Value) -> Result<Value, Fault> {
    let empty = column.access == Access::Optional && column.kind != Kind::Integer;
    if value.is_null() && empty {
        return Ok(Value::Null);
    }
    held(column.kind, value).ok_or_else(|| Fault::Value {
        column: format!("{table}.{}", column.name),
        found: brief(value.as_str().unwrap_or(&value.to_string())),
        wanted: wanted(column.kind, value),
    })
}

/// What the old database engines hold when they are told this: more than clients may say today. A number or truth value said
/// for a text becomes its text, and a number said as text becomes a number.
fn held(kind: Kind, value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    match kind {
        Kind::Text(longest) => (text.chars().count() <= longest).then_some(Value::String(text)),
        Kind::Integer => text.trim().parse::<i32>().ok().map(Value::from),
        Kind::Real => {
            let number = text.trim().parse::<f64>().ok().filter(|n| n.abs() <= model::LARGEST)?;
            Some(Value::from(number))
        }
        Kind::Moment => model::moment(&text).map(Value::String),
    }
}

fn wanted(kind: Kind, value: &Value) -> String {
    match kind {
        Kind::Text(longest) if value.is_string() => format!("at most {longest} characters long"),
        Kind::Text(_) => "a text".into(),
        Kind::Integer => "a whole number of at most 32 bits".into(),
        Kind::Real => "a number".into(),
        Kind::Moment => "a date and time like `2017-03-25 02:17:06`".into(),
    }
}

/// The beginning of what the file says, in one line.
pub fn brief(text: &str) -> String {
    let line: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{line}…") } else { line }
}
