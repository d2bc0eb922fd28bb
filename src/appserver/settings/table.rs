//! What a row of the table says, and how it takes and shows a value.

use std::ops::RangeInclusive;

use serde_json::Value as Json;

use super::Settings;
use super::value::{Misfit, Value, typed};
use crate::base::diagnostic::Diagnostic;

/// The longest time, in seconds: a year.
pub const A_YEAR: u64 = 31_536_000;

/// How a setting is given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all, only in a configuration.
    None,
    /// As the one word without an option.
    Position(&'static str),
    /// With a value, called so in the help.
    Value(&'static str),
    /// With a value, as often as there are some.
    Values(&'static str),
    /// With a value, or without one for the second.
    Optional(&'static str, &'static str),
    /// Without a value: the option alone means this.
    Switch(bool),
}

/// What a setting does.
#[derive(Debug)]
pub enum Act {
    /// It has a place among the values.
    Kept(fn(&mut Settings) -> &mut dyn Value),
    /// Only its default is taken; else the sentence says what to use instead.
    Refused(&'static str),
}

/// One row of the table.
#[derive(Debug)]
pub struct Setting {
    /// Its name in a configuration.
    pub name: &'static str,
    /// How it is given on the command line.
    pub form: Form,
    /// Its long options, without dashes; the first is the one we speak of.
    pub long: &'static [&'static str],
    /// Its short option.
    pub short: Option<char>,
    /// What it does, in a sentence without a full stop.
    pub meaning: &'static str,
    /// What its number counts, if it is one.
    pub unit: &'static str,
    /// Its default as told to people, where the value alone would not say it.
    pub default: &'static str,
    /// A value that is not the default, as one would type it.
    pub example: &'static str,
    /// Where it is not what Gunicorn's is.
    pub differs: &'static str,
    /// Whether what follows `=` in its values is not to be shown.
    pub is_secret: bool,
    /// Whether Gunicorn lacks it.
    pub is_ours: bool,
    /// The least and the most a number may be.
    pub limits: RangeInclusive<u64>,
    /// What it does.
    pub act: Act,
    /// Looks at a value that was taken.
    pub check: fn(&Settings) -> Result<(), Misfit>,
}

/// A row of which nothing is said.
pub const ROW: Setting = Setting {
    name: "",
    form: Form::None,
    long: &[],
    short: None,
    meaning: "",
    unit: "",
    default: "",
    example: "",
    differs: "",
    is_secret: false,
    is_ours: false,
    limits: 0..=u32::MAX as u64,
    act: Act::Refused(""),
    check: |_| Ok(()),
};

impl Setting {
    /// Whether it is refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.act, Act::Refused(_))
    }

    /// Its first long option with dashes, or its name if it has none.
    pub fn option(&self) -> String {
        self.long.first().map_or_else(|| self.name.to_string(), |long| format!("--{long}"))
    }

    /// Its default, as told to people.
    pub fn told_default(&self) -> String {
        match self.default {
            "" => {
                Some(self.show(&Settings::default())).filter(|text| !text.is_empty()).unwrap_or("none".into())
            }
            told => told.into(),
        }
    }

    /// Takes what a source gave; `called` is what the source calls this setting. Errors name both.
    pub fn set(&self, settings: &mut Settings, given: &Json, called: &str) -> Result<(), Diagnostic> {
        if given.is_null() {
            return Ok(());
        }
        let place = match self.act {
            Act::Kept(place) => place,
            Act::Refused(_) if self.is_default(given) => return Ok(()),
            Act::Refused(instead) => {
                return Err(Diagnostic::error(format!("`{called}` is not supported")).fix(instead));
            }
        };
        place(settings).read(given, &self.limits).and_then(|()| (self.check)(settings)).map_err(|misfit| {
            match misfit {
                Misfit::Told(said) => *said,
                Misfit::Wanted(wanted) => {
                    let what = match given {
                        Json::Array(_) => "a list".into(),
                        Json::Object(_) => "a map".into(),
                        _ if self.is_secret => "what was given".into(),
                        _ => format!("`{}`", typed(given)),
                    };
                    Diagnostic::error(format!("{what} does not fit `{called}`")).fix(wanted)
                }
            }
        })
    }

    /// Whether what was given is as good as nothing.
    fn is_default(&self, given: &Json) -> bool {
        let typed = typed(given);
        typed.is_empty() || typed == "{}" || typed.eq_ignore_ascii_case(self.default)
    }

    /// Its value, as it would be typed.
    pub fn show(&self, settings: &Settings) -> String {
        match self.act {
            Act::Kept(place) => place(&mut settings.clone()).show(),
            Act::Refused(_) => self.default.into(),
        }
    }
}
