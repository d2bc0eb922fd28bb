//! The rows of a dump as `mysqldump` writes it. Nothing is executed: what creates, locks or sets is passed over.

mod charset;
mod insert;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeMap;
use std::io::Read;

use self::charset::Charset;
use self::insert::Insert;
use self::token::{Care, Token, Tokens};
use super::bytes::Bytes;
use super::fault::{Fail, Fault};
use super::row::{Sink, Skipped, Table, Unknown, brief};

/// What a dump may say besides its rows; it changes none of them.
const PASSED: [&str; 13] = [
    "ALTER", "CHANGE", "CREATE", "DROP", "FLUSH", "GRANT", "LOCK", "REVOKE", "SELECT", "SET", "START",
    "TRUNCATE", "UNLOCK",
];
/// What begins a part of a table's description that is no column.
const NO_COLUMN: [&str; 10] =
    ["CHECK", "CONSTRAINT", "FOREIGN", "FULLTEXT", "INDEX", "KEY", "PERIOD", "PRIMARY", "SPATIAL", "UNIQUE"];

/// A table as the dump describes it.
#[derive(Clone, Debug)]
struct Described {
    /// The names of its columns, in order.
    columns: Vec<String>,
    /// Its encoding.
    charset: Charset,
}

/// Reads a dump, statement by statement.
struct Sql<R> {
    tokens: Tokens<R>,
    charset: Charset,
    unknown: Unknown,
    skipped: Skipped,
    tables: BTreeMap<&'static str, Described>,
    /// The database that is in use, and the one that rows of ours came from.
    used: String,
    taken: Option<String>,
    /// The delimiter is `;;`, so that the body of a trigger may contain `;`.
    doubled: bool,
    /// What was begun and must be ended.
    open: Option<&'static str>,
    /// Whether there was any statement.
    any: bool,
}

/// Gives `sink` the rows of ours in a dump; says what was left out.
pub fn read<R: Read>(input: R, unknown: Unknown, sink: &mut Sink<'_>) -> Result<Skipped, Fail> {
    let mut sql = Sql {
        tokens: Tokens::new(Bytes::new(input)),
        charset: Charset::Unsaid,
        unknown,
        skipped: Skipped::default(),
        tables: BTreeMap::new(),
        used: String::new(),
        taken: None,
        doubled: false,
        open: None,
        any: false,
    };
    while sql.statement(sink)? {}
    sql.ended()?;
    Ok(sql.skipped)
}

impl<R: Read> Sql<R> {
    /// Reads a statement; false at the end.
    fn statement(&mut self, sink: &mut Sink<'_>) -> Result<bool, Fail> {
        match self.tokens.next(Care::Keep)? {
            Token::End => return Ok(false),
            Token::Mark(b';') => return Ok(true),
            Token::Word => {}
            _ => return self.expected("a statement of a dump"),
        }
        self.any = true;
        let verb = self.word();
        match verb.as_str() {
            "INSERT" | "REPLACE" => self.insert(sink)?,
            "DELIMITER" => self.delimiter()?,
            "USE" => {
                let (_, name) = self.name()?;
                self.used = name;
                self.pass()?;
            }
            "BEGIN" => self.opened("`COMMIT`")?,
            "COMMIT" => self.closed("`COMMIT`")?,
            verb if PASSED.contains(&verb) => self.passed(verb)?,
            _ => return self.expected("a statement of a dump"),
        }
        Ok(true)
    }

    fn passed(&mut self, verb: &str) -> Result<(), Fail> {
        match verb {
            "LOCK" => self.opened("`UNLOCK TABLES`"),
            "UNLOCK" => self.closed("`UNLOCK TABLES`"),
            "START" => self.opened("`COMMIT`"),
            "CREATE" => self.create(),
            "SET" => self.set(),
            _ => self.pass(),
        }
    }

    fn opened(&mut self, end: &'static str) -> Result<(), Fail> {
        self.open = Some(end);
        self.pass()
    }

    fn closed(&mut self, end: &'static str) -> Result<(), Fail> {
        self.open = self.open.filter(|open| *open != end);
        self.pass()
    }

    fn ended(&self) -> Result<(), Fail> {
        let fault = match self.open {
            Some(end) => Fault::Incomplete(end),
            None if self.tokens.is_promised() => Fault::Incomplete("the last line `-- Dump completed`"),
            None if !self.any => Fault::Empty,
            None => return Ok(()),
        };
        Err(Fail::At(self.tokens.line(), fault))
    }

    /// Passes over the rest of a statement, of which the last token is not the end.
    fn pass(&mut self) -> Result<(), Fail> {
        let begun = self.tokens.line();
        while !self.is_over(begun)? {}
        Ok(())
    }

    /// Reads a token of a statement that is passed over; whether it was its last.
    fn is_over(&mut self, begun: u64) -> Result<bool, Fail> {
        match self.tokens.next(Care::Drop)? {
            Token::End => Err(Fail::At(begun, Fault::Unclosed("statement"))),
            Token::Mark(b';') => self.is_delimiter(),
            _ => Ok(false),
        }
    }

    /// Whether the `;` just read ends the statement.
    fn is_delimiter(&mut self) -> Result<bool, Fail> {
        if !self.doubled {
            return Ok(true);
        }
        let doubled = self.tokens.peek()? == Some(b';');
        if doubled {
            self.tokens.next(Care::Drop)?;
        }
        Ok(doubled)
    }

    fn delimiter(&mut self) -> Result<(), Fail> {
        let line = self.tokens.line();
        self.doubled = match self.tokens.rest_of_line()? {
            b";" => false,
            b";;" => true,
            other => {
                let found = brief(&String::from_utf8_lossy(other));
                return Err(Fail::At(line, Fault::Expected { wanted: "`;` or `;;`", found }));
            }
        };
        Ok(())
    }

    /// `SET NAMES latin1` says how the dump's texts are encoded.
    fn set(&mut self) -> Result<(), Fail> {
        let begun = self.tokens.line();
        if self.tokens.next(Care::Drop)? == Token::Mark(b';') {
            return Ok(());
        }
        if self.word() == "NAMES" {
            self.tokens.next(Care::Keep)?;
            let name = self.text();
            if !name.starts_with('@') {
                self.charset = Charset::parse(&name).map_err(|fault| Fail::At(begun, fault))?;
            }
        }
        self.pass()
    }

    /// A table's description names its columns, in the order of the values of its rows.
    fn create(&mut self) -> Result<(), Fail> {
        self.tokens.next(Care::Drop)?;
        if self.word() != "TABLE" {
            return self.pass();
        }
        let (_, name) = self.name()?;
        let Some(table) = Table::named(&name) else { return self.pass() };
        let begun = self.tokens.line();
        match self.tokens.next(Care::Keep)? {
            Token::Mark(b'(') => {}
            Token::Mark(b';') => return Ok(()),
            Token::End => return Err(Fail::At(begun, Fault::Unclosed("statement"))),
            _ => return self.pass(),
        }
        let columns = self.columns(begun)?;
        let charset = self.table_charset(begun)?;
        self.tables.insert(table.name(), Described { columns, charset });
        Ok(())
    }

    /// The names of the columns up to the closing parenthesis.
    fn columns(&mut self, begun: u64) -> Result<Vec<String>, Fail> {
        let mut columns = Vec::new();
        let mut depth = 1;
        let mut first = true;
        while depth > 0 {
            let token = self.tokens.next(Care::Keep)?;
            match token {
                Token::Name | Token::Text if first => columns.push(self.text()),
                Token::Word if first && !NO_COLUMN.contains(&self.word().as_str()) => {
                    columns.push(self.text());
                }
                Token::Mark(b'(') => depth += 1,
                Token::Mark(b')') => depth -= 1,
                Token::End => return Err(Fail::At(begun, Fault::Unclosed("statement"))),
                _ => {}
            }
            first = depth == 1 && token == Token::Mark(b',');
        }
        Ok(columns)
    }

    /// `DEFAULT CHARSET=latin1` behind the columns.
    fn table_charset(&mut self, begun: u64) -> Result<Charset, Fail> {
        let mut charset = Charset::Unsaid;
        let mut named = false;
        loop {
            match self.tokens.next(Care::Keep)? {
                Token::End => return Err(Fail::At(begun, Fault::Unclosed("statement"))),
                Token::Mark(b';') => return Ok(charset),
                Token::Mark(b'=') => {}
                Token::Word if named => {
                    named = self.word() == "SET";
                    // Other encodings of a table matter only if its rows turn out to be in them.
                    charset = Charset::parse(&self.text()).unwrap_or(charset);
                }
                Token::Word => named = ["CHARSET", "CHARACTER"].contains(&self.word().as_str()),
                _ => named = false,
            }
        }
    }

    fn insert(&mut self, sink: &mut Sink<'_>) -> Result<(), Fail> {
        let line = self.tokens.line();
        let (database, name) = self.name()?;
        let Some(table) = Table::named(&name) else {
            self.skipped.note(&name, line);
            return self.pass();
        };
        let database = database.unwrap_or_else(|| self.used.clone());
        let taken = self.taken.get_or_insert_with(|| database.clone());
        if *taken != database {
            return Err(Fail::At(line, Fault::Databases(taken.clone(), database)));
        }
        let described = self.tables.get(table.name()).cloned();
        Insert::read(self, table, described)?.rows(self, sink)
    }

    /// The next name, with its database if that is said; words before it that only say how are passed over.
    fn name(&mut self) -> Result<(Option<String>, String), Fail> {
        const HOW: [&str; 8] =
            ["INTO", "IGNORE", "DELAYED", "LOW_PRIORITY", "HIGH_PRIORITY", "IF", "NOT", "EXISTS"];
        let begun = self.tokens.line();
        let mut database = None;
        loop {
            match self.tokens.next(Care::Keep)? {
                Token::Word if HOW.contains(&self.word().as_str()) => continue,
                Token::Word | Token::Name | Token::Text => {}
                Token::End => return Err(Fail::At(begun, Fault::Unclosed("statement"))),
                _ => return self.expected("a name"),
            }
            let name = self.text();
            if self.tokens.peek()? != Some(b'.') {
                return Ok((database, name));
            }
            self.tokens.next(Care::Keep)?;
            database = Some(name);
        }
    }

    /// The last token in capitals.
    fn word(&self) -> String {
        self.text().to_ascii_uppercase()
    }

    /// The last token as it was written.
    fn text(&self) -> String {
        String::from_utf8_lossy(self.tokens.text()).into_owned()
    }

    /// The complaint that the last token is not what it should be.
    fn expected<T>(&self, wanted: &'static str) -> Result<T, Fail> {
        let found = brief(&self.text());
        Err(Fail::At(self.tokens.line(), Fault::Expected { wanted, found }))
    }
}
