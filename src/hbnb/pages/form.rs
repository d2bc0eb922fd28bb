//! A form as a page shows it: fields with labels, what was typed, and what is wrong with it.

use serde::Serialize;

use super::visitor::Visitor;

/// A form.
#[derive(Clone, Debug, Serialize)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// The word on its button.
    pub submit: &'static str,
    /// The token of the session.
    pub token: String,
    /// Where to go afterwards, or nothing.
    pub next: String,
    /// What is wrong with the whole, or nothing.
    pub alert: String,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Field {
    /// Its name, which no other field of the page has.
    pub name: &'static str,
    /// What people read beside it.
    pub label: &'static str,
    /// `text`, `email`, `password`, `number`, `lines` (text of several) or `city` (one to choose).
    pub kind: &'static str,
    /// What browsers may fill in: <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill>.
    pub autocomplete: &'static str,
    /// What stands in it.
    pub value: String,
    /// What people should know before they type, or nothing.
    pub hint: &'static str,
    /// What is wrong with what they typed, or nothing.
    pub error: String,
    /// Whether it may stay empty.
    pub is_optional: bool,
    /// The longest text, in characters.
    pub longest: usize,
    /// The least number; of other texts it means nothing, like the highest.
    pub least: i64,
    /// The highest number.
    pub most: i64,
}

impl Form {
    /// A form of this visitor's, without fields.
    pub fn new(visitor: &Visitor, action: &str, submit: &'static str) -> Self {
        Self {
            action: action.into(),
            submit,
            token: visitor.token(),
            next: String::new(),
            alert: String::new(),
            fields: Vec::new(),
        }
    }

    /// Whether it was filled in well.
    pub fn is_fine(&self) -> bool {
        self.alert.is_empty() && self.fields.iter().all(|field| field.error.is_empty())
    }
}

impl Field {
    /// The same with what was typed. An error if it is empty though it may not be, or too long.
    pub fn filled(mut self, text: &str) -> Self {
        let length = text.chars().count();
        if length == 0 && !self.is_optional {
            self.error = "This is needed.".into();
        }
        if length > self.longest {
            self.error = format!("At most {} characters.", self.longest);
        }
        // What is not shown on the screen does not go back to it either.
        if self.kind != "password" {
            self.value = text.into();
        }
        self
    }

    /// The same with an error, unless it has one or `is_fine`.
    pub fn unless(mut self, is_fine: bool, error: impl Into<String>) -> Self {
        if self.error.is_empty() && !is_fine {
            self.error = error.into();
        }
        self
    }
}
