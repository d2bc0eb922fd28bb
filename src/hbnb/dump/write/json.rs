//! A `file.json` as the console keeps it, an object a line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{Form, Page};
use crate::hbnb::model::Class;

/// Writes objects.
#[derive(Default)]
pub struct Json {
    /// Whether an object was written, after which the next one needs a comma.
    any: bool,
}

impl Form for Json {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{")
    }

    fn page(&mut self, out: &mut dyn Write, page: &Page) -> io::Result<()> {
        let mut offered: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (place, amenity) in &page.links {
            offered.entry(place).or_default().push(Value::String(amenity.clone()));
        }
        for row in &page.rows {
            let id = row.get("id").and_then(Value::as_str).unwrap_or_default();
            let mut object: Map<String, Value> =
                row.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
            object.insert("__class__".into(), page.class.name().into());
            if page.class == Class::Place {
                object.insert("amenity_ids".into(), offered.remove(id).unwrap_or_default().into());
            }
            out.write_all(if self.any { b",\n" } else { b"\n" })?;
            self.any = true;
            let name = Value::String(format!("{}.{id}", page.class.name()));
            write!(out, "{}: {}", ascii(&name), ascii(&Value::Object(object)))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n}\n")
    }
}

/// JSON that a Python of any locale reads: what is not ASCII can only stand within texts.
fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}
