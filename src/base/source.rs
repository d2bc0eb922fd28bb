//! A text that was read, and places in it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A text with the name people know it by (usually a path).
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// What is printed before `:line:column`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source from a text in memory.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }

    /// Reads a file. Errors are those of the file system.
    pub fn read(path: &Path) -> std::io::Result<Arc<Self>> {
        Ok(Self::new(path.display().to_string(), std::fs::read_to_string(path)?))
    }

    /// Line `number` (from 1) without its line end; empty beyond the last.
    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number.saturating_sub(1)).unwrap_or("")
    }
}

/// A place in a source: one line, a column and a length.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The text it lies in.
    pub source: Arc<Source>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters the caret underlines, at least 1.
    pub length: usize,
}

impl Span {
    /// A place in `source`; `length` 0 becomes 1.
    pub fn new(source: &Arc<Source>, line: usize, column: usize, length: usize) -> Self {
        Self { source: Arc::clone(source), line, column, length: length.max(1) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name, self.line, self.column)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}+{}", self.length)
    }
}
