//! The rows of a `file.json` as the console keeps it: `{"Class.id": {attributes, "__class__"}}`.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::bytes::Bytes;
use super::fault::{Fail, Fault};
use super::row::{Item, Sink, Skipped, Table, Unknown, brief, fitting};
use crate::hbnb::model::{Access, Class, Column, Kind, Values};

/// No object of ours is longer.
const LONGEST: usize = 1 << 20;
/// Where the console keeps the ids of what a place offers.
const OFFERED: &str = "amenity_ids";

/// Gives `sink` the rows of ours in a `file.json`; says what was left out.
pub fn read<R: Read>(input: R, unknown: Unknown, sink: &mut Sink<'_>) -> Result<Skipped, Fail> {
    let place = Place { line: Cell::new(1), read: Cell::new(0) };
    let mut objects = Objects { place: &place, unknown, skipped: Skipped::default(), sink, failed: None };
    let text = Counted { bytes: Bytes::new(input), place: &place };
    let mut json = serde_json::Deserializer::from_reader(text);
    let read = json.deserialize_map(&mut objects).and_then(|()| json.end());
    match (objects.failed, read) {
        (Some(failed), _) => Err(failed),
        (None, Ok(())) => Ok(objects.skipped),
        (None, Err(cause)) => Err(refused(cause)),
    }
}

fn refused(cause: serde_json::Error) -> Fail {
    let line = cause.line() as u64;
    match cause.classify() {
        Category::Io if cause.io_error_kind() == Some(io::ErrorKind::FileTooLarge) => {
            Fail::At(line, Fault::Long)
        }
        Category::Io => Fail::Read(cause.into()),
        Category::Eof => Fail::At(line, Fault::Incomplete("the closing `}`")),
        Category::Syntax | Category::Data => {
            let said = cause.to_string();
            let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
            Fail::At(line, Fault::Json(what.to_string()))
        }
    }
}

/// Where reading stands.
struct Place {
    line: Cell<u64>,
    /// Bytes since the last object.
    read: Cell<usize>,
}

/// Knows the line of what it gave last, and gives no object that is too long.
struct Counted<'p, R> {
    bytes: Bytes<R>,
    place: &'p Place,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let run = self.bytes.run()?;
        let count = run.len().min(room.len());
        room[..count].copy_from_slice(&run[..count]);
        self.bytes.skip(count);
        self.place.line.set(self.bytes.line());
        self.place.read.set(self.place.read.get() + count);
        if self.place.read.get() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(count)
    }
}

struct Objects<'a, 's> {
    place: &'a Place,
    unknown: Unknown,
    skipped: Skipped,
    sink: &'a mut Sink<'s>,
    failed: Option<Fail>,
}

impl<'de> Visitor<'de> for &mut Objects<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of objects like `{\"State.id\": {…}}`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let line = self.place.line.get();
            let attributes: Map<String, Value> = map.next_value()?;
            self.place.read.set(0);
            if let Err(failed) = self.object(line, &name, &attributes) {
                self.failed = Some(failed);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

impl Objects<'_, '_> {
    fn object(&mut self, line: u64, name: &str, attributes: &Map<String, Value>) -> Result<(), Fail> {
        let fault = |fault| Fail::At(line, fault);
        let Some((word, id)) = name.split_once('.') else {
            let found = brief(name);
            return Err(fault(Fault::Expected { wanted: "a name like `State.id`", found }));
        };
        let Some(class) = Class::ALL.into_iter().find(|class| class.name() == word) else {
            self.skipped.note(word, line);
            return Ok(());
        };
        for (attribute, must) in [("__class__", word), ("id", id)] {
            let said = attributes.get(attribute).filter(|said| said.as_str() != Some(must));
            if let Some(said) = said {
                return Err(fault(Fault::Value {
                    column: format!("{}.{attribute}", brief(name)),
                    found: brief(&said.to_string()),
                    wanted: format!("`{}`, as the object's name says", brief(must)),
                }));
            }
        }
        for attribute in attributes.keys() {
            self.known(class, attribute, line)?;
        }
        let values = values(class, id, attributes).map_err(fault)?;
        (self.sink)(line, Item::Row(class, values))?;
        if class == Class::Place {
            self.offered(line, id, attributes.get(OFFERED).unwrap_or(&Value::Null))?;
        }
        Ok(())
    }

    fn known(&mut self, class: Class, attribute: &str, line: u64) -> Result<(), Fail> {
        let ours = attribute == "__class__"
            || (class == Class::Place && attribute == OFFERED)
            || class.columns().any(|column| column.name == attribute);
        let full = format!("{}.{}", class.name(), brief(attribute));
        match self.unknown {
            _ if ours => {}
            Unknown::Skip => self.skipped.note(&full, line),
            Unknown::Refuse => return Err(Fail::At(line, Fault::Unknown(full))),
        }
        Ok(())
    }

    fn offered(&mut self, line: u64, place: &str, amenities: &Value) -> Result<(), Fail> {
        let list = match amenities {
            Value::Null => &[],
            Value::Array(list) => list.as_slice(),
            other => return Err(Fail::At(line, not_ids(other))),
        };
        for amenity in list {
            let Some(id) = amenity.as_str() else { return Err(Fail::At(line, not_ids(amenity))) };
            (self.sink)(line, Item::Link(place.to_string(), id.to_string()))?;
        }
        Ok(())
    }
}

fn not_ids(found: &Value) -> Fault {
    Fault::Value {
        column: format!("Place.{OFFERED}"),
        found: brief(&found.to_string()),
        wanted: "a list of the ids of amenities".into(),
    }
}

fn values(class: Class, id: &str, attributes: &Map<String, Value>) -> Result<Values, Fault> {
    let id = Value::String(id.to_string());
    let mut values = Values::new();
    for column in class.columns() {
        let said = if column.name == "id" { Some(&id) } else { attributes.get(column.name) };
        let value = match said {
            Some(said) => fitting(class.name(), column, said)?,
            None => {
                unsaid(column).ok_or_else(|| Fault::Missing(format!("{}.{}", class.name(), column.name)))?
            }
        };
        values.insert(column.name, value);
    }
    Ok(values)
}

/// An object that the console has just created has no name yet: to the console that is an empty one.
fn unsaid(column: &Column) -> Option<Value> {
    let nameless = matches!(column.kind, Kind::Text(_)) && !column.name.ends_with("id");
    match column.access {
        Access::Required | Access::RequiredOnce | Access::Secret if nameless => {
            Some(Value::String(String::new()))
        }
        _ => Table::unsaid(column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Found = Result<(Vec<(u64, Item)>, Skipped), String>;

    fn found(text: &str, unknown: Unknown) -> Found {
        let mut rows = Vec::new();
        let read = read(text.as_bytes(), unknown, &mut |line, item| {
            rows.push((line, item));
            Ok(())
        });
        match read {
            Ok(skipped) => Ok((rows, skipped)),
            Err(Fail::At(line, fault)) => Err(format!("{line}: {fault}")),
            Err(other) => Err(format!("{other:?}")),
        }
    }

    const MOMENTS: &str =
        r#""created_at": "2017-03-25T02:17:06.000000", "updated_at": "2017-03-25T02:17:06""#;

    #[test]
    fn objects_become_rows_and_lists_of_amenities_links() {
        let text = format!(
            "{{\n\"State.s\": {{\"__class__\": \"State\", \"id\": \"s\", {MOMENTS}}},\n\"Place.p\": {{{MOMENTS}, \
             \"city_id\": \"c\", \"user_id\": \"u\", \"name\": \"\\u00e9\", \"max_guest\": \"4\", \"latitude\": 1, \
             \"amenity_ids\": [\"a\", \"b\"]}}}}"
        );
        let moment = json!("2017-03-25T02:17:06.000000");
        let state = Values::from([
            ("id", json!("s")),
            ("created_at", moment.clone()),
            ("updated_at", moment.clone()),
            ("name", json!("")),
        ]);
        let place = Values::from([
            ("id", json!("p")),
            ("created_at", moment.clone()),
            ("updated_at", moment),
            ("city_id", json!("c")),
            ("user_id", json!("u")),
            ("name", json!("é")),
            ("description", Value::Null),
            ("number_rooms", json!(0)),
            ("number_bathrooms", json!(0)),
            ("max_guest", json!(4)),
            ("price_by_night", json!(0)),
            ("latitude", json!(1.0)),
            ("longitude", Value::Null),
        ]);
        let link = |amenity: &str| (3, Item::Link("p".into(), amenity.into()));
        let rows = vec![
            (2, Item::Row(Class::State, state)),
            (3, Item::Row(Class::Place, place)),
            link("a"),
            link("b"),
        ];
        assert_eq!(found(&text, Unknown::Refuse), Ok((rows, Skipped::default())));
    }

    #[test]
    fn other_classes_and_attributes_are_left_out_and_said() {
        let text = format!("{{\"BaseModel.b\": {{}}, \"State.s\": {{{MOMENTS}, \"age\": 89}}}}");
        let (rows, skipped) = found(&text, Unknown::Skip).unwrap();
        assert_eq!((rows.len(), skipped.iter().collect()), (1, vec![("BaseModel", 1), ("State.age", 1)]));
        assert_eq!(found(&text, Unknown::Refuse), Err("1: there is no place here for `State.age`".into()));
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        for (text, wanted) in [
            ("[]", "1: invalid type: sequence, expected an object of objects like `{\"State.id\": {…}}`"),
            ("{\n\"State.s\": 1}", "2: invalid type: integer `1`, expected a map"),
            ("{\n\"State.s\"", "2: the file ends before the dump does: it lacks the closing `}`"),
            ("{\n\"State\": {}}", "2: expected a name like `State.id`, found `State`"),
            ("{\"State.s\": {}}", "1: there is no value for `State.created_at`"),
            (
                "{\"State.s\": {\"id\": 5}}",
                "1: `State.s.id` is `5`; it must be `s`, as the object's name says",
            ),
            (
                "{\"State.s\": {\"__class__\": \"City\"}}",
                "1: `State.s.__class__` is `\"City\"`; it must be `State`, as the object's name says",
            ),
            (
                "{\"State.s\": {\"created_at\": \"2017-02-30\"}}",
                "1: `State.created_at` is `2017-02-30`; it must be a date and time like `2017-03-25 02:17:06`",
            ),
            ("{}\nx", "2: trailing characters"),
        ] {
            assert_eq!(found(text, Unknown::Refuse), Err(wanted.into()), "{text}");
        }
        let endless = format!("{{\"State.s\": {{\"name\": \"{}\"}}}}", "x".repeat(2 << 20));
        let wanted = "1: a value of more than a million bytes fits no column";
        assert_eq!(found(&endless, Unknown::Refuse), Err(wanted.into()));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let text = format!("{{\"State.s\": {{{MOMENTS}}}}}");
        for end in 0..text.len() {
            assert!(found(&text[..end], Unknown::Refuse).is_err(), "{end}");
        }
    }
}
