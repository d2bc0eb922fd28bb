//! A user or a group of this host, by name or by number.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, text};

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// By number.
    Id(u32),
    /// By name; whether there is one of that name shows when it is needed.
    Name(String),
}

impl Value for Option<Account> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let typed = text(given)?;
        // The same names that useradd takes, and those of directory services.
        let fits = |c: char| c.is_alphanumeric() || "_-.@\\$".contains(c);
        *self = Some(match typed.parse() {
            Ok(id) => Account::Id(id),
            Err(_) if !typed.is_empty() && !typed.starts_with('-') && typed.chars().all(fits) => {
                Account::Name(typed)
            }
            Err(_) => return Misfit::wanted("a name or a number"),
        });
        Ok(())
    }

    fn show(&self) -> String {
        match self {
            None => "none".into(),
            Some(Account::Id(id)) => id.to_string(),
            Some(Account::Name(name)) => name.clone(),
        }
    }
}
