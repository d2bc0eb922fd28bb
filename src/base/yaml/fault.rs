//! What serde complains about, in our words and with a place.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;

/// A complaint on its way up: it gains its place at the value or key it came from, and a name at the key above.
#[derive(Debug)]
pub struct Fault {
    said: Box<Diagnostic>,
    /// What the key above still has to say.
    wants: Wants,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wants {
    Nothing,
    /// The message starts with the key's name.
    Name,
    /// A key is missing: the caret goes on the key that holds the map.
    Holder,
}

impl Fault {
    fn new(said: Diagnostic, wants: Wants) -> Self {
        Self { said: Box::new(said), wants }
    }

    /// The same, at a place, unless it has one.
    pub fn at(mut self, span: &Span) -> Self {
        self.said.span.get_or_insert_with(|| span.clone());
        self
    }

    /// The same, told by the key above.
    pub fn under(mut self, key: &str, place: &Span) -> Self {
        match self.wants {
            Wants::Nothing => {}
            Wants::Name => self.said.message = format!("`{key}`: {}", self.said.message),
            Wants::Holder => {
                self.said.message = format!("`{key}`: {}", self.said.message);
                self.said.span = Some(place.clone());
            }
        }
        self.wants = Wants::Nothing;
        self
    }

    /// For people; `whole` is where a complaint without a place goes.
    pub fn into_diagnostic(self, whole: &Span) -> Diagnostic {
        *self.at(whole).said
    }
}

impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Diagnostic::error(message.to_string()), Wants::Name)
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let message = format!("expected {}, found {}", wanted_words(wanted), found_words(&found));
        Self::new(Diagnostic::error(message), Wants::Name)
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        unknown("key", "keys", field, known)
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        unknown("value", "values", variant, known)
    }

    fn missing_field(field: &'static str) -> Self {
        let said =
            Diagnostic::error(format!("the key `{field}` is missing")).fix(format!("add `{field}: …`"));
        Self::new(said, Wants::Holder)
    }
}

fn unknown(what: &str, all: &str, typed: &str, known: &'static [&'static str]) -> Fault {
    let said = Diagnostic::error(format!("unknown {what} `{typed}`"))
        .label(format!("known {all}: {}", known.join(", ")));
    let wants = if what == "value" { Wants::Name } else { Wants::Nothing };
    Fault::new(said.suggest(typed, known.iter().copied()), wants)
}

fn wanted_words(wanted: &dyn Expected) -> String {
    let unsigned = |max: u64| format!("a whole number from 0 to {max}");
    match wanted.to_string().as_str() {
        "u8" => unsigned(u8::MAX.into()),
        "u16" => unsigned(u16::MAX.into()),
        "u32" => unsigned(u32::MAX.into()),
        "u64" | "usize" => "a whole number, 0 or more".into(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "`true` or `false`".into(),
        "a string" => "a text".into(),
        "a sequence" => "a list".into(),
        other if other.starts_with("struct ") => "a map".into(),
        other if other.starts_with("enum ") || other == "variant identifier" => "a word".into(),
        other => other.into(),
    }
}

fn found_words(found: &Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(b) => format!("`{b}`"),
        Unexpected::Unsigned(n) => format!("`{n}`"),
        Unexpected::Signed(n) => format!("`{n}`"),
        Unexpected::Float(n) => format!("`{n}`"),
        Unexpected::Str(text) => format!("the text `{text}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".into(),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a map".into(),
        Unexpected::Other(words) => (*words).into(),
        other => other.to_string(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said.fmt(f)
    }
}

impl std::error::Error for Fault {}
