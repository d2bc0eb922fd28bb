//! `INSERT INTO table (columns) VALUES (…), (…);`

use std::io::Read;

use serde_json::Value;

use super::charset::Charset;
use super::token::{Care, Token};
use super::{Described, Sql};
use crate::hbnb::dump::fault::{Fail, Fault};
use crate::hbnb::dump::row::{Sink, Table, Unknown, fitting};
use crate::hbnb::model::{Column, Values};

/// A statement up to its first row.
pub struct Insert {
    table: Table,
    charset: Charset,
    begun: u64,
    /// Where each value of a row goes; nowhere if it is left out.
    layout: Vec<Option<&'static Column>>,
    /// What every row has in the columns that the dump does not name.
    rest: Values,
}

/// A value as it stands in the dump: nothing, or text.
enum Cell {
    Null,
    Plain(String),
    /// Bytes in this encoding; none if they are in none.
    Encoded(Option<Charset>),
}

impl Insert {
    /// Reads what stands between the table's name and its first row.
    pub fn read<R: Read>(sql: &mut Sql<R>, table: Table, described: Option<Described>) -> Result<Self, Fail> {
        let begun = sql.tokens.line();
        let charset = described.as_ref().map_or(Charset::Unsaid, |table| table.charset);
        let mut token = next(sql, begun)?;
        let names = if token == Token::Mark(b'(') {
            let names = names(sql, begun)?;
            token = next(sql, begun)?;
            names
        } else {
            match described {
                Some(described) => described.columns,
                None => return Err(Fail::At(begun, Fault::Nameless(table.name().into()))),
            }
        };
        if token != Token::Word || !["VALUES", "VALUE"].contains(&sql.word().as_str()) {
            return sql.expected("`VALUES`");
        }
        let mut layout = Vec::new();
        for name in &names {
            let column = table.column(name);
            if column.is_none() {
                let full = format!("{}.{name}", table.name());
                if sql.unknown == Unknown::Refuse {
                    return Err(Fail::At(begun, Fault::Unknown(full)));
                }
                sql.skipped.note(&full, begun);
            }
            layout.push(column);
        }
        let mut rest = Values::new();
        for column in table.columns() {
            if layout.iter().flatten().any(|named| named.name == column.name) {
                continue;
            }
            match Table::unsaid(column) {
                Some(value) => rest.insert(column.name, value),
                None => {
                    let full = format!("{}.{}", table.name(), column.name);
                    return Err(Fail::At(begun, Fault::Missing(full)));
                }
            };
        }
        Ok(Self { table, charset, begun, layout, rest })
    }

    /// Gives `sink` every row.
    pub fn rows<R: Read>(&self, sql: &mut Sql<R>, sink: &mut Sink<'_>) -> Result<(), Fail> {
        loop {
            match next(sql, self.begun)? {
                Token::Mark(b'(') => {}
                _ => return sql.expected("`(`"),
            }
            let line = sql.tokens.line();
            let values = self.row(sql)?;
            sink(line, self.table.item(values))?;
            match next(sql, self.begun)? {
                Token::Mark(b',') => {}
                Token::Mark(b';') => return Ok(()),
                _ => return sql.expected("`,` or `;`"),
            }
        }
    }

    fn row<R: Read>(&self, sql: &mut Sql<R>) -> Result<Values, Fail> {
        let line = sql.tokens.line();
        let mut values = self.rest.clone();
        let mut count = 0;
        loop {
            let cell = cell(sql, self.begun)?;
            if let Some(Some(column)) = self.layout.get(count) {
                let value = self.value(sql, column, cell)?;
                let fits = fitting(self.table.name(), column, &value);
                values.insert(column.name, fits.map_err(|fault| Fail::At(line, fault))?);
            }
            count += 1;
            match next(sql, self.begun)? {
                Token::Mark(b',') => {}
                Token::Mark(b')') if count == self.layout.len() => return Ok(values),
                Token::Mark(b')') => break,
                _ => return sql.expected("`,` or `)`"),
            }
        }
        let (table, columns) = (self.table.name().to_string(), self.layout.len());
        Err(Fail::At(line, Fault::Count { table, values: count, columns }))
    }

    fn value<R: Read>(&self, sql: &Sql<R>, column: &Column, cell: Cell) -> Result<Value, Fail> {
        let charset = match cell {
            Cell::Null => return Ok(Value::Null),
            Cell::Plain(text) => return Ok(Value::String(text)),
            Cell::Encoded(charset) => charset.unwrap_or(sql.charset),
        };
        charset.decode(sql.tokens.text(), self.charset).map(Value::String).ok_or_else(|| {
            let column = format!("{}.{}", self.table.name(), column.name);
            Fail::At(sql.tokens.line(), Fault::Encoding { column, wanted: "utf8" })
        })
    }
}

/// The names between an opening parenthesis, just read, and the closing one.
fn names<R: Read>(sql: &mut Sql<R>, begun: u64) -> Result<Vec<String>, Fail> {
    let mut names = Vec::new();
    loop {
        match next(sql, begun)? {
            Token::Word | Token::Name | Token::Text => names.push(sql.text()),
            _ => return sql.expected("the name of a column"),
        }
        match next(sql, begun)? {
            Token::Mark(b',') => {}
            Token::Mark(b')') => return Ok(names),
            _ => return sql.expected("`,` or `)`"),
        }
    }
}

fn cell<R: Read>(sql: &mut Sql<R>, begun: u64) -> Result<Cell, Fail> {
    match next(sql, begun)? {
        Token::Text => Ok(Cell::Encoded(None)),
        Token::Number => number(sql, ""),
        Token::Mark(b'-') if next(sql, begun)? == Token::Number => number(sql, "-"),
        Token::Word => match sql.word().as_str() {
            "NULL" => Ok(Cell::Null),
            "TRUE" => Ok(Cell::Plain("1".into())),
            "FALSE" => Ok(Cell::Plain("0".into())),
            introducer if introducer.starts_with('_') => introduced(sql, begun, &introducer[1..]),
            "X" if next(sql, begun)? == Token::Text => bytes(sql, 0),
            _ => sql.expected("a value"),
        },
        _ => sql.expected("a value"),
    }
}

/// `_binary '…'`, as newer programs write it, or `_latin1 '…'`.
fn introduced<R: Read>(sql: &mut Sql<R>, begun: u64, name: &str) -> Result<Cell, Fail> {
    let charset = match Charset::parse(name) {
        Ok(Charset::Unsaid) => None,
        Ok(charset) => Some(charset),
        Err(fault) => return Err(Fail::At(sql.tokens.line(), fault)),
    };
    match next(sql, begun)? {
        Token::Text => {}
        Token::Number => drop(number(sql, "")?),
        _ => return sql.expected("a text"),
    }
    Ok(Cell::Encoded(charset))
}

fn number<R: Read>(sql: &mut Sql<R>, sign: &str) -> Result<Cell, Fail> {
    let text = sql.text();
    if text.starts_with("0x") {
        return bytes(sql, 2);
    }
    Ok(Cell::Plain(format!("{sign}{text}")))
}

/// Hexadecimal digits, after the first `from` characters of the last token, which become what they stand for.
fn bytes<R: Read>(sql: &mut Sql<R>, from: usize) -> Result<Cell, Fail> {
    let digits: Option<Vec<u8>> = sql.tokens.text()[from..]
        .iter()
        .map(|digit| char::from(*digit).to_digit(16).map(|n| n as u8))
        .collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            sql.tokens.replace(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect());
            Ok(Cell::Encoded(None))
        }
        _ => sql.expected("pairs of hexadecimal digits"),
    }
}

/// The next token; the end of the file is an error here.
fn next<R: Read>(sql: &mut Sql<R>, begun: u64) -> Result<Token, Fail> {
    match sql.tokens.next(Care::Keep)? {
        Token::End => Err(Fail::At(begun, Fault::Unclosed("statement"))),
        token => Ok(token),
    }
}
