//! What people are asked about themselves.

use super::form::Field;
use crate::hbnb::account::address;

/// The longest name, in characters: the column's width.
const NAME: usize = 128;
/// The shortest new password, in characters.
const SHORTEST: usize = 8;
/// The longest password, in characters.
const LONGEST: usize = 256;

/// The fields for a person's names.
pub fn names() -> [Field; 2] {
    let name = Field { kind: "text", longest: NAME, ..Field::default() };
    [
        Field { name: "first_name", label: "First name", autocomplete: "given-name", ..name.clone() },
        Field {
            name: "last_name",
            label: "Last name",
            autocomplete: "family-name",
            is_optional: true,
            ..name
        },
    ]
}

/// The field for the address of a new account.
pub fn new_email() -> Field {
    Field {
        name: "email",
        label: "Email",
        kind: "email",
        autocomplete: "username",
        longest: address::MAX,
        ..Field::default()
    }
}

/// A field for a new password.
pub fn new_password(name: &'static str, label: &'static str) -> Field {
    Field {
        name,
        label,
        kind: "password",
        autocomplete: "new-password",
        hint: "At least 8 characters; several words are better than one.",
        longest: LONGEST,
        ..Field::default()
    }
}

/// The same, filled in.
pub fn chosen(name: &'static str, label: &'static str, text: &str) -> Field {
    let is_long = text.chars().count() >= SHORTEST;
    new_password(name, label).filled(text).unless(is_long, format!("At least {SHORTEST} characters."))
}

/// The field for an address that somebody has. In old data some are no email addresses; whoever has one may type it.
pub fn email() -> Field {
    Field {
        name: "email",
        label: "Email",
        kind: "text",
        autocomplete: "username",
        longest: address::MAX,
        ..Field::default()
    }
}

/// A field for a password that somebody has.
pub fn password(name: &'static str, label: &'static str) -> Field {
    Field {
        name,
        label,
        kind: "password",
        autocomplete: "current-password",
        longest: LONGEST,
        ..Field::default()
    }
}
