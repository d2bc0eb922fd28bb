//! YAML with the place of every value; the YAML crate stays behind this room.
//!
//! [`parse`] reads YAML 1.2 (<https://yaml.org/spec/1.2.2/>) with anchors, aliases and the merge key `<<`. As people
//! coming from Ansible expect, a plain `yes`, `no`, `on`, `off` is a boolean, unless a text is wanted: then it is
//! the text that was typed. A number with a leading zero (`0644`) stays a text. A key given twice is an error.

mod decode;
mod explain;
mod fault;
mod place;
mod read;
mod scalar;
#[cfg(test)]
mod tests;

use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;

pub use place::{Entries, Spanned};
pub use read::parse;

/// What is shown in place of a secret.
pub const MASKED: &str = "********";

/// A value and its place.
#[derive(Clone, PartialEq)]
pub struct Node {
    /// Where it starts; a block map starts at its first key.
    pub span: Span,
    /// What it is.
    pub value: Value,
    /// The text as typed, of a plain scalar that is no text (`yes`, `1.10`), for whoever wants a text.
    pub typed: Option<String>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true`, `false`, and a plain `yes`, `no`, `on`, `off`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Str(String),
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values, in the order of the file; merged ones first; no key twice.
    Map(Vec<(Spanned<String>, Node)>),
    /// A value with a tag of ours, like `!env NAME`; the tag comes with its `!`.
    Tagged(String, Box<Node>),
}

impl Node {
    /// A value at a place.
    pub fn new(span: Span, value: Value) -> Self {
        Self { span, value, typed: None }
    }

    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.value == key).map(|(_, v)| v)
    }

    /// The keys and values of a map; empty for everything else.
    pub fn entries(&self) -> &[(Spanned<String>, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for everything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar, as typed; none for nothing, lists, maps and tagged values.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => self.typed.as_deref(),
            _ => None,
        }
    }

    /// Whether there is nothing.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// What it is, in words: `a list`, `the text \`abc\``.
    pub fn kind(&self) -> String {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::Seq(_) => "a list".into(),
            Value::Map(_) => "a map".into(),
            Value::Tagged(tag, _) => format!("a secret (`{tag}`)"),
            Value::Str(text) if text.contains('\n') => "a text of several lines".into(),
            Value::Str(text) => format!("the text `{text}`"),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                format!("`{}`", self.typed.as_deref().unwrap_or_default())
            }
        }
    }

    /// A typed value out of it.
    ///
    /// Errors: an unknown key (caret on the key), a wrong type (on the value), a missing key (on the map, or on the
    /// key that holds it), each with what is known or wanted.
    pub fn decode<T: serde::de::DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        T::deserialize(self).map_err(|fault| fault.into_diagnostic(&self.span))
    }

    /// The same value as JSON; tagged values are secrets and masked.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(n) => Json::from(*n),
            Value::Float(n) => Json::from(*n),
            Value::Str(text) => Json::from(text.as_str()),
            Value::Seq(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(k, v)| (k.value.clone(), v.to_json())).collect())
            }
            Value::Tagged(..) => Json::from(MASKED),
        }
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{:?}", self.value, self.span)
    }
}
