//! What clients may say and are told, as JSON Schema made from the model's table of columns.

use serde_json::{Map, Value, json};

use super::search::MAX_IDS;
use crate::hbnb::model::{Access, Class, Column, Kind, LARGEST};

/// How moments are told.
const MOMENT: &str = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$";
/// What no text may hold.
const NO_NUL: &str = r"^[^\x00]*$";

/// Every schema of the API by its name.
pub fn all() -> Map<String, Value> {
    let mut all = Map::new();
    for class in Class::ALL {
        all.insert(class.name().into(), shown(class));
        all.insert(created_name(class), created(class));
        all.insert(changed_name(class), changed(class));
    }
    let counts = Class::ALL.map(|class| (class.table().to_string(), json!({"type": "integer"})));
    all.insert("Stats".into(), closed(counts.into_iter().collect()));
    all.insert("Status".into(), closed(Map::from_iter([("status".into(), json!({"const": "OK"}))])));
    all.insert("Error".into(), closed(Map::from_iter([("error".into(), json!({"type": "string"}))])));
    all.insert("Nothing".into(), closed(Map::new()));
    all.insert("Wish".into(), wish());
    all
}

/// A reference to the schema of this name.
pub fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The name of what POST takes.
pub fn created_name(class: Class) -> String {
    format!("New{}", class.name())
}

/// The name of what PUT takes.
pub fn changed_name(class: Class) -> String {
    format!("Changed{}", class.name())
}

/// An object with exactly these properties.
fn closed(properties: Map<String, Value>) -> Value {
    let names: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "required": names, "additionalProperties": false, "properties": properties})
}

fn shown(class: Class) -> Value {
    let columns = class.columns().filter(|column| column.access != Access::Secret);
    let mut properties: Map<_, _> =
        columns.map(|column| (column.name.to_string(), nullable(column, told(column.kind)))).collect();
    properties.insert("__class__".into(), json!({"const": class.name()}));
    closed(properties)
}

fn created(class: Class) -> Value {
    let columns = class.columns().filter(|column| column.access != Access::Parent);
    let required: Vec<&str> =
        class.columns().filter(|column| column.is_required()).map(|column| column.name).collect();
    json!({"type": "object", "required": required, "properties": accepted(columns)})
}

fn changed(class: Class) -> Value {
    json!({"type": "object", "properties": accepted(class.columns().filter(|c| c.is_changeable()))})
}

fn accepted(columns: impl Iterator<Item = &'static Column>) -> Map<String, Value> {
    columns.map(|column| (column.name.to_string(), nullable(column, taken(column)))).collect()
}

fn wish() -> Value {
    let ids = json!({"type": ["array", "null"], "maxItems": MAX_IDS, "items": {"type": "string"}});
    json!({"type": "object", "properties": {"states": ids, "cities": ids, "amenities": ids}})
}

/// What a client may say for a column.
fn taken(column: &Column) -> Value {
    match column.kind {
        Kind::Text(longest) => {
            let shortest = i32::from(column.name == "id");
            json!({"type": "string", "minLength": shortest, "maxLength": longest, "pattern": NO_NUL})
        }
        Kind::Integer => json!({"type": "integer", "minimum": 0, "maximum": i32::MAX}),
        Kind::Real => json!({"type": "number", "minimum": -LARGEST, "maximum": LARGEST}),
        Kind::Moment => json!({"type": "string", "format": "date-time"}),
    }
}

/// What a client is told of a column; rows of other programs may be longer than what we take.
fn told(kind: Kind) -> Value {
    match kind {
        Kind::Text(_) => json!({"type": "string"}),
        Kind::Integer => json!({"type": "integer"}),
        Kind::Real => json!({"type": "number"}),
        Kind::Moment => json!({"type": "string", "pattern": MOMENT}),
    }
}

fn nullable(column: &Column, mut schema: Value) -> Value {
    if column.is_nullable() {
        schema["type"] = json!([schema["type"], "null"]);
    }
    schema
}
