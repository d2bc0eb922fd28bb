//! The classes of the application as one table: names, columns, and what a client may say about them.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde_json::{Map, Value};
use uuid::Uuid;

/// How moments are written to clients: naive UTC, always six digits.
const MOMENT: &str = "%Y-%m-%dT%H:%M:%S.%6f";

/// What a FLOAT of MySQL has room for. Moments, likewise, begin with the year 1, as Python's do.
const LARGEST: f64 = f32::MAX as f64;

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
    /// Text of at most so many characters.
    Text(usize),
    /// A whole number.
    Integer,
    /// A number.
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
/// parent's id are ignored.
pub fn created(class: Class, body: &Map<String, Value>) -> Result<Values, Refusal> {
    let moment = Value::String(now());
    let mut values = Values::from([
        ("id", Value::String(Uuid::new_v4().to_string())),
        ("created_at", moment.clone()),
        ("updated_at", moment),
    ]);
    for column in class.columns() {
        let said = body.get(column.name).filter(|value| !value.is_null());
        match (column.access, said) {
            (Access::Parent, _) => {}
            (Access::Required | Access::RequiredOnce | Access::Secret, None) => {
                return Err(Refusal::Missing(column.name));
            }
            (_, None) => {}
            (_, Some(value)) => {
                values.insert(column.name, fitting(column, value)?);
            }
        }
    }
    Ok(values)
}

/// What a PUT body changes in a row of `class`; `updated_at` always is.
pub fn changed(class: Class, body: &Map<String, Value>) -> Result<Values, Refusal> {
    let mut values = Values::from([("updated_at", Value::String(now()))]);
    for column in class.columns() {
        let changeable = matches!(column.access, Access::Required | Access::Optional | Access::Secret);
        let Some(value) = body.get(column.name).filter(|_| changeable) else { continue };
        let empties = value.is_null() && column.access == Access::Optional && column.kind != Kind::Integer;
        let fits = if empties { Value::Null } else { fitting(column, value)? };
        values.insert(column.name, fits);
    }
    Ok(values)
}

/// The value as the column holds it. A number or truth value said for a text becomes its text, and a number said as text
/// becomes a number, as the old database engines did.
fn fitting(column: &Column, value: &Value) -> Result<Value, Refusal> {
    let invalid = || Refusal::Invalid(column.name);
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return Err(invalid()),
    };
    match column.kind {
        Kind::Text(longest) if text.chars().count() <= longest => Ok(Value::String(text)),
        Kind::Text(_) => Err(invalid()),
        Kind::Integer => text.trim().parse::<i32>().map(Value::from).map_err(|_| invalid()),
        Kind::Real => {
            let number = text.trim().parse::<f64>().ok().filter(|n| n.abs() <= LARGEST);
            number.map(Value::from).ok_or_else(invalid)
        }
        Kind::Moment => text
            .parse::<DateTime>()
            .ok()
            .filter(|moment| moment.year() >= 1)
            .map(|moment| Value::String(moment.strftime(MOMENT).to_string()))
            .ok_or_else(invalid),
    }
}

/// The present moment, as clients see it.
pub fn now() -> String {
    jiff::Timestamp::now().strftime(MOMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
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
    fn what_does_not_fit_a_column_is_refused_and_numbers_become_text() {
        let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(129));
        assert_eq!(created(Class::State, &body(&long)), Err(Refusal::Invalid("name")));
        assert_eq!(created(Class::State, &body(r#"{"name":[]}"#)), Err(Refusal::Invalid("name")));
        assert_eq!(created(Class::State, &body(r#"{"name":5}"#)).unwrap()["name"], "5");
        let moment = r#"{"name":"x","created_at":"0000-01-01T00:00:00"}"#;
        assert_eq!(created(Class::State, &body(moment)), Err(Refusal::Invalid("created_at")));
        let place = r#"{"name":"x","user_id":"u","latitude":1e39}"#;
        assert_eq!(created(Class::Place, &body(place)), Err(Refusal::Invalid("latitude")));
    }

    #[test]
    fn a_put_never_moves_a_row() {
        let said = r#"{"id":"x","created_at":"2020-01-02","city_id":"c","user_id":"u","max_guest":"4","description":null}"#;
        let changes = changed(Class::Place, &body(said)).unwrap();
        let names: Vec<_> = changes.keys().copied().collect();
        assert_eq!(names, ["description", "max_guest", "updated_at"]);
        assert_eq!((&changes["max_guest"], &changes["description"]), (&Value::from(4), &Value::Null));
    }
}
