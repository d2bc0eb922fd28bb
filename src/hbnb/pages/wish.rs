//! Forms: what was typed, and what is said beside each field.

use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::home::percent;
use crate::hbnb::booking::limit::{MAX_DAYS_AHEAD, MAX_NIGHTS};
use crate::hbnb::booking::{Field, Problem};

/// The names of the fields that say when and for how many.
pub const WHEN: [&str; 3] = [Field::CheckIn.name(), Field::CheckOut.name(), Field::Guests.name()];

/// What a client said, by name; of a name that comes twice, the last counts.
#[derive(Clone, Debug, Default)]
pub struct Said(pub Vec<(String, String)>);

impl Said {
    /// The field's text; empty if it was not said.
    pub fn text(&self, field: Field) -> &str {
        self.named(field.name())
    }

    /// The same for any name.
    pub fn named(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(said, _)| said == name).map_or("", |(_, text)| text)
    }

    /// These fields as an address's query, those that say nothing left out: `?name=text&`.
    pub fn query(&self, names: &[&str]) -> String {
        let said = names.iter().map(|name| (name, self.named(name))).filter(|(_, text)| !text.is_empty());
        said.fold("?".into(), |query, (name, text)| format!("{query}{name}={}&", percent(text)))
    }
}

/// A field as the template draws it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Input {
    /// Its name in addresses, and its id in the page.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// `date`, `number` or `text`.
    pub kind: &'static str,
    /// What was typed.
    pub value: String,
    /// An example, or nothing.
    pub hint: &'static str,
    /// What the browser takes at least, or nothing.
    pub least: String,
    /// What the browser takes at most, or nothing.
    pub most: String,
    /// What is wrong with it, or nothing.
    pub wrong: String,
}

/// The two dates and the guests, as both forms ask for them.
pub fn when(said: &Said, wrong: &[Problem], today: Date) -> Vec<Input> {
    let date = |field: Field, label, first: i32, last: i32| Input {
        label,
        kind: "date",
        least: (today + first.days()).to_string(),
        most: (today + last.days()).to_string(),
        ..input(field, said, wrong)
    };
    let guests =
        Input { label: "Guests", kind: "number", least: "1".into(), ..input(Field::Guests, said, wrong) };
    vec![
        date(Field::CheckIn, "Arrive", 0, MAX_DAYS_AHEAD),
        date(Field::CheckOut, "Leave", 1, MAX_DAYS_AHEAD + MAX_NIGHTS),
        guests,
    ]
}

/// A field with what was typed into it and the first thing that is wrong with it.
pub fn input(field: Field, said: &Said, wrong: &[Problem]) -> Input {
    let problem = wrong.iter().find(|problem| problem.field() == field);
    Input {
        name: field.name(),
        value: said.text(field).to_string(),
        wrong: problem.map(Problem::to_string).unwrap_or_default(),
        ..Input::default()
    }
}

/// What a page with these problems is answered with.
pub fn status(wrong: &[Problem]) -> StatusCode {
    match wrong {
        [] => StatusCode::OK,
        [Problem::Taken, ..] => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
