//! A dump that `mysql` executes and that our own import reads: it creates the tables that are missing and adds rows.

use std::io::{self, Write};

use serde_json::Value;

use super::{Form, Page};
use crate::hbnb::model::{Access, Class, Column, Kind};
use crate::hbnb::storage::load::PARENTS;

/// Strings are read with backslash escapes, whatever the server's own mode is.
const HEAD: &str = "-- hbnb dump\n\nSET NAMES utf8mb4;\nSET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\n\n";
/// Parents before their children.
const ORDER: [Class; 6] =
    [Class::State, Class::City, Class::User, Class::Amenity, Class::Place, Class::Review];
const LINKS: &str = "CREATE TABLE IF NOT EXISTS `place_amenity` (
  `place_id` varchar(60) NOT NULL,
  `amenity_id` varchar(60) NOT NULL,
  PRIMARY KEY (`place_id`, `amenity_id`),
  FOREIGN KEY (`place_id`) REFERENCES `places` (`id`) ON DELETE CASCADE,
  FOREIGN KEY (`amenity_id`) REFERENCES `amenities` (`id`) ON DELETE CASCADE
) DEFAULT CHARSET=utf8mb4;

";

/// Writes statements.
pub struct Sql;

impl Form for Sql {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(HEAD.as_bytes())?;
        for class in ORDER {
            table(out, class)?;
        }
        out.write_all(LINKS.as_bytes())?;
        out.write_all(b"START TRANSACTION;\n")
    }

    fn page(&mut self, out: &mut dyn Write, page: &Page) -> io::Result<()> {
        let names: Vec<String> = page.class.columns().map(|column| format!("`{}`", column.name)).collect();
        writeln!(out, "INSERT INTO `{}` ({}) VALUES", page.class.table(), names.join(", "))?;
        for (at, row) in page.rows.iter().enumerate() {
            out.write_all(if at == 0 { b"(" } else { b",\n(" })?;
            for (at, column) in page.class.columns().enumerate() {
                out.write_all(if at == 0 { b"" } else { b"," })?;
                cell(out, column, row.get(column.name).unwrap_or(&Value::Null))?;
            }
            out.write_all(b")")?;
        }
        out.write_all(b";\n")?;
        if page.links.is_empty() {
            return Ok(());
        }
        out.write_all(b"INSERT INTO `place_amenity` (`place_id`, `amenity_id`) VALUES\n")?;
        for (at, (place, amenity)) in page.links.iter().enumerate() {
            out.write_all(if at == 0 { b"(" } else { b",\n(" })?;
            quoted(out, place)?;
            out.write_all(b",")?;
            quoted(out, amenity)?;
            out.write_all(b")")?;
        }
        out.write_all(b";\n")
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"COMMIT;\n\n-- Dump completed\n")
    }
}

fn table(out: &mut dyn Write, class: Class) -> io::Result<()> {
    writeln!(out, "CREATE TABLE IF NOT EXISTS `{}` (", class.table())?;
    for column in class.columns() {
        let kind = match column.kind {
            Kind::Text(longest) => format!("varchar({longest})"),
            Kind::Integer => "int".into(),
            Kind::Real => "float".into(),
            Kind::Moment => "datetime(6)".into(),
        };
        let empty = match (column.kind, column.access) {
            (Kind::Integer, _) => "NOT NULL DEFAULT 0",
            (_, Access::Optional) => "DEFAULT NULL",
            _ => "NOT NULL",
        };
        writeln!(out, "  `{}` {kind} {empty},", column.name)?;
    }
    write!(out, "  PRIMARY KEY (`id`)")?;
    for (_, column, parent) in PARENTS.into_iter().filter(|(child, ..)| *child == class) {
        let parent = parent.table();
        write!(out, ",\n  FOREIGN KEY (`{column}`) REFERENCES `{parent}` (`id`) ON DELETE CASCADE")?;
    }
    out.write_all(b"\n) DEFAULT CHARSET=utf8mb4;\n\n")
}

fn cell(out: &mut dyn Write, column: &Column, value: &Value) -> io::Result<()> {
    match value {
        Value::String(text) if column.kind == Kind::Moment => quoted(out, &text.replacen('T', " ", 1)),
        Value::String(text) => quoted(out, text),
        Value::Null => out.write_all(b"NULL"),
        other => write!(out, "{other}"),
    }
}

/// <https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>
fn quoted(out: &mut dyn Write, text: &str) -> io::Result<()> {
    out.write_all(b"'")?;
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, 0 | b'\n' | b'\r' | 26 | b'\'' | b'\\')) {
        let escaped = match rest[at] {
            0 => b'0',
            b'\n' => b'n',
            b'\r' => b'r',
            26 => b'Z',
            other => other,
        };
        out.write_all(&rest[..at])?;
        out.write_all(&[b'\\', escaped])?;
        rest = &rest[at + 1..];
    }
    out.write_all(rest)?;
    out.write_all(b"'")
}
