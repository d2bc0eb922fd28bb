//! The classes of the application as one table: names, columns, and what a client may say about them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::{Map, Value};
use uuid::Uuid;

/// How moments are written to clients: naive UTC, always six digits.
const MOMENT: &str = "%Y-%m-%dT%H:%M:%S.%6f";

/// The largest number either way; a FLOAT of MySQL has room for three times as much.
pub const LARGEST: f64 = 1e38;

/// A kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What a place offers.
    Amenity,
    /// A city of a state.
    City,
    /// What can be rented.
    Place,
    /// What a guest says about a place.
    Review,
    /// A state with its cities.
    State,
    /// A host or guest.
    User,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters, none of them NUL.
    Text(usize),
    /// A whole number, not negative, of 31 bits.
    Integer,
    /// A number that a column of single precision can hold.
    Real,
    /// A moment, naive UTC.
    Moment,
}

/// When a client may set a column, and whether it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// POST must name it; PUT may change it.
    Required,
    /// POST must name it; PUT ignores it.
    RequiredOnce,
    /// POST and PUT may name it.
    Optional,
    /// POST may name it; PUT ignores it.
    Once,
    /// The address says it: what the body says is ignored.
    Parent,
    /// As `Required`, but never shown.
    Secret,
}

/// One column of a class.
#[derive(Debug)]
pub struct Column {
    /// Its name in the table and in JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who may set it.
    pub access: Access,
}

impl Column {
    /// Whether POST must name it.
    pub fn is_required(&self) -> bool {
        matches!(self.access, Access::Required | Access::RequiredOnce | Access::Secret)
    }

    /// Whether PUT may change it.
    pub fn is_changeable(&self) -> bool {
        matches!(self.access, Access::Required | Access::Optional | Access::Secret)
    }

    /// Whether it may be without a value; numbers of things are 0 instead.
    pub fn is_nullable(&self) -> bool {
        self.access == Access::Optional && self.kind != Kind::Integer
    }
}

const fn column(name: &'static str, kind: Kind, access: Access) -> Column {
    Column { name, kind, access }
}

/// What every row has.
const COMMON: [Column; 3] = [
    column("id", Kind::Text(60), Access::Once),
    column("created_at", Kind::Moment, Access::Once),
    column("updated_at", Kind::Moment, Access::Once),
];
const NAMED: [Column; 1] = [column("name", Kind::Text(128), Access::Required)];
const CITY: [Column; 2] =
    [column("state_id", Kind::Text(60), Access::Parent), column("name", Kind::Text(128), Access::Required)];
const USER: [Column; 4] = [
    column("email", Kind::Text(128), Access::RequiredOnce),
    column("password", Kind::Text(128), Access::Secret),
    column("first_name", Kind::Text(128), Access::Optional),
    column("last_name", Kind::Text(128), Access::Optional),
];
const PLACE: [Column; 10] = [
    column("city_id", Kind::Text(60), Access::Parent),
    column("user_id", Kind::Text(60), Access::RequiredOnce),
    column("name", Kind::Text(128), Access::Required),
    column("description", Kind::Text(1024), Access::Optional),
    column("number_rooms", Kind::Integer, Access::Optional),
    column("number_bathrooms", Kind::Integer, Access::Optional),
    column("max_guest", Kind::Integer, Access::Optional),
    column("price_by_night", Kind::Integer, Access::Optional),
    column("latitude", Kind::Real, Access::Optional),
    column("longitude", Kind::Real, Access::Optional),
];
const REVIEW: [Column; 3] = [
    column("place_id", Kind::Text(60), Access::Parent),
    column("user_id", Kind::Text(60), Access::RequiredOnce),
    column("text", Kind::Text(1024), Access::Required),
];

impl Class {
    /// Every class, in the order of `stats`.
    pub const ALL: [Class; 6] =
        [Class::Amenity, Class::City, Class::Place, Class::Review, Class::State, Class::User];

    /// Where it is in [`Class::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// `__class__` in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Amenity => "Amenity",
            Class::City => "City",
            Class::Place => "Place",
            Class::Review => "Review",
            Class::State => "State",
            Class::User => "User",
        }
    }

    /// The table, which is also the word in addresses.
    pub const fn table(self) -> &'static str {
        match self {
            Class::Amenity => "amenities",
            Class::City => "cities",
            Class::Place => "places",
            Class::Review => "reviews",
            Class::State => "states",
            Class::User => "users",
        }
    }

    /// Every column of the table, the common three first.
    pub fn columns(self) -> impl Iterator<Item = &'static Column> {
        let own: &'static [Column] = match self {
            Class::Amenity | Class::State => &NAMED,
            Class::City => &CITY,
            Class::Place => &PLACE,
            Class::Review => &REVIEW,
            Class::User => &USER,
        };
        COMMON.iter().chain(own)
    }

    /// The column that names the row to which one of this class belongs.
    pub fn parent(self) -> Option<&'static str> {
        self.columns().find(|column| column.access == Access::Parent).map(|column| column.name)
    }
}

/// Columns by name, each with what it holds: text, number or null; moments as clients see them.
pub type Values = BTreeMap<&'static str, Value>;

/// Why what a client said cannot become a row.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// POST must name this column.
    Missing(&'static str),
    /// What was said does not fit this column.
    Invalid(&'static str),
}

/// A new row of `class` from a POST body; an id and moments are made unless the body names them. Unknown keys and the
/// parent's id are ignored. What is missing is told before what does not fit.
pub fn created(class: Class, body: &Map<String, Value>) -> Result<Values, Refusal> {
    for column in class.columns().filter(|column| column.is_required()) {
        if body.get(column.name).is_none_or(Value::is_null) {
            return Err(Refusal::Missing(column.name));
        }
    }
    let moment = Value::String(now());
    let mut values = Values::from([
        ("id", Value::String(Uuid::new_v4().to_string())),
        ("created_at", moment.clone()),
        ("updated_at", moment),
    ]);
    values.extend(said(class, body, |column| column.access != Access::Parent)?);
    Ok(values)
}

/// What a PUT body changes in a row of `class`; `updated_at` always is.
pub fn changed(class: Class, body: &Map<String, Value>) -> Result<Values, Refusal> {
    let mut values = said(class, body, Column::is_changeable)?;
    values.insert("updated_at", Value::String(now()));
    Ok(values)
}

/// What the body says about the columns that `counts` lets pass, as the table holds it.
fn said(
    class: Class,
    body: &Map<String, Value>,
    counts: impl Fn(&Column) -> bool,
) -> Result<Values, Refusal> {
    let mut values = Values::new();
    for column in class.columns().filter(|column| counts(column)) {
        if let Some(value) = body.get(column.name) {
            let fits = fitting(column, value).ok_or(Refusal::Invalid(column.name))?;
            values.insert(column.name, fits);
        }
    }
    Ok(values)
}

/// The value as the column holds it; none if it is of another kind, or does not fit.
fn fitting(column: &Column, value: &Value) -> Option<Value> {
    match (column.kind, value) {
        (_, Value::Null) => column.is_nullable().then_some(Value::Null),
        (Kind::Text(longest), Value::String(text)) => {
            // A row without an id could never be asked for.
            let nameless = column.name == "id" && text.is_empty();
            let fits = text.chars().count() <= longest && !text.contains('\0') && !nameless;
            fits.then(|| value.clone())
        }
        (Kind::Integer, Value::Number(_)) => {
            let whole = value.as_f64().filter(|number| number.fract() == 0.0)?;
            (0.0..=f64::from(i32::MAX)).contains(&whole).then(|| Value::from(whole as i64))
        }
        (Kind::Real, Value::Number(_)) => {
            let number = value.as_f64().filter(|number| number.abs() <= LARGEST)?;
            Some(Value::from(number))
        }
        (Kind::Moment, Value::String(text)) => moment(text).map(Value::String),
        _ => None,
    }
}

/// A moment as clients see it, from one of them: without an offset it is UTC, with one it becomes UTC.
pub(super) fn moment(text: &str) -> Option<String> {
    let absolute = text.parse::<Timestamp>().map(|moment| Offset::UTC.to_datetime(moment));
    let moment = absolute.or_else(|_| text.parse::<DateTime>()).ok()?;
    // Other years cannot be stored by every engine, nor read by Python.
    (1..=9999).contains(&moment.year()).then(|| moment.strftime(MOMENT).to_string())
}

/// The present moment, as clients see it.
pub fn now() -> String {
    Timestamp::now().strftime(MOMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_class_is_where_its_index_says() {
        assert_eq!(Class::ALL.map(Class::index), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_post_may_name_id_and_moments_but_not_its_parent() {
        let said = r#"{"name":"Reno","id":"x","state_id":"y","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02 03:04:05.5","zip":1}"#;
        let wanted = Values::from([
            ("id", "x".into()),
            ("created_at", "2020-01-02T03:04:05.000000".into()),
            ("updated_at", "2020-01-02T03:04:05.500000".into()),
            ("name", "Reno".into()),
        ]);
        assert_eq!(created(Class::City, &body(said)), Ok(wanted));
    }

    #[test]
    fn a_post_without_a_required_column_is_refused() {
        assert_eq!(created(Class::State, &body("{}")), Err(Refusal::Missing("name")));
        assert_eq!(created(Class::State, &body(r#"{"name":null}"#)), Err(Refusal::Missing("name")));
        assert_eq!(created(Class::User, &body(r#"{"email":"a"}"#)), Err(Refusal::Missing("password")));
    }

    #[test]
    fn what_is_missing_is_told_before_what_does_not_fit() {
        assert_eq!(created(Class::State, &body(r#"{"id":5}"#)), Err(Refusal::Missing("name")));
    }

    #[test]
    fn what_does_not_fit_a_column_is_refused() {
        let long = "x".repeat(129);
        for (column, value) in [
            ("name", json!(long)),
            ("name", json!([])),
            ("name", json!(5)),
            ("name", json!(true)),
            ("name", json!("a\0b")),
            ("id", json!("")),
            ("id", json!(null)),
            ("description", json!({})),
            ("max_guest", json!("4")),
            ("max_guest", json!(-1)),
            ("max_guest", json!(1.5)),
            ("max_guest", json!(2_147_483_648_u64)),
            ("max_guest", json!(null)),
            ("latitude", json!("1")),
            ("latitude", json!(1e39)),
            ("created_at", json!("2023-02-29T00:00:00")),
            ("created_at", json!("0000-12-31T00:00:00")),
            ("created_at", json!(5)),
        ] {
            let mut said = body(r#"{"name":"x","user_id":"u"}"#);
            said.insert(column.into(), value.clone());
            assert_eq!(created(Class::Place, &said), Err(Refusal::Invalid(column)), "{column} {value}");
        }
    }

    #[test]
    fn a_moment_with_an_offset_becomes_utc() {
        let moments = [
            ("2020-01-01T00:30:00+02:00", "2019-12-31T22:30:00.000000"),
            ("2020-01-01T00:30:00.1234567Z", "2020-01-01T00:30:00.123456"),
            ("2020-01-01 00:30:00", "2020-01-01T00:30:00.000000"),
        ];
        for (said, wanted) in moments {
            assert_eq!(moment(said).as_deref(), Some(wanted), "{said}");
        }
    }

    #[test]
    fn a_put_never_moves_a_row() {
        let said = r#"{"id":"x","created_at":"2020-01-02","city_id":"c","user_id":"u","max_guest":4.0,"description":null}"#;
        let changes = changed(Class::Place, &body(said)).unwrap();
        let names: Vec<_> = changes.keys().copied().collect();
        assert_eq!(names, ["description", "max_guest", "updated_at"]);
        assert_eq!((&changes["max_guest"], &changes["description"]), (&Value::from(4), &Value::Null));
    }
}
