//! How what a source gives (a text of the command line, a value of a Python file) becomes the value of a setting.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::appserver::bind::{self, Bind};
use crate::base::diagnostic::Diagnostic;

/// The listening sockets travel to a worker in one message, and the kernel passes at most 253 descriptors.
const MAX_BINDS: usize = 200;

/// Why something given is no value of a setting.
#[derive(Debug)]
pub enum Misfit {
    /// What would fit, in words; the setting's name and what was given are told by the caller.
    Wanted(String),
    /// The whole complaint.
    Told(Box<Diagnostic>),
}

impl Misfit {
    /// It does not fit; `wanted` would.
    pub fn wanted<T>(wanted: impl Into<String>) -> Result<T, Self> {
        Err(Self::Wanted(wanted.into()))
    }
}

impl From<Diagnostic> for Misfit {
    fn from(said: Diagnostic) -> Self {
        Self::Told(Box::new(said))
    }
}

/// A value of a setting.
pub trait Value {
    /// Takes what a source gives; numbers must be within `limits`. Nothing (null) is never given.
    fn read(&mut self, given: &Json, limits: &RangeInclusive<u64>) -> Result<(), Misfit>;

    /// As it would be typed; `none` and the empty text for nothing.
    fn show(&self) -> String;
}

/// A given value as one would type it.
pub fn typed(given: &Json) -> String {
    match given {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(typed).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The text that was given, without blanks around it.
pub fn text(given: &Json) -> Result<String, Misfit> {
    match given {
        Json::String(text) if !text.contains('\0') => Ok(text.trim().to_string()),
        Json::Number(number) => Ok(number.to_string()),
        _ => Misfit::wanted("a text"),
    }
}

/// The texts that were given: a list, or one alone.
pub fn texts(given: &Json) -> Result<Vec<String>, Misfit> {
    match given {
        Json::Array(items) => items.iter().map(text).collect(),
        Json::Object(_) | Json::Bool(_) => Misfit::wanted("a list of texts"),
        one => Ok([text(one)?].into_iter().filter(|text| !text.is_empty()).collect()),
    }
}

/// The texts that were given: a list, or one text with commas.
pub fn commas(given: &Json) -> Result<Vec<String>, Misfit> {
    let split = |text: &String| text.split(',').map(|part| part.trim().to_string()).collect::<Vec<_>>();
    Ok(texts(given)?.iter().flat_map(split).filter(|part| !part.is_empty()).collect())
}

fn path(given: &Json) -> Result<PathBuf, Misfit> {
    let typed = text(given)?;
    if typed.is_empty() { Misfit::wanted("a path") } else { Ok(typed.into()) }
}

fn number(given: &Json, limits: &RangeInclusive<u64>) -> Result<u64, Misfit> {
    let number = match given {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number.filter(|number| limits.contains(number)) {
        Some(number) => Ok(number),
        None => Misfit::wanted(format!("a whole number from {} to {}", limits.start(), limits.end())),
    }
}

impl Value for bool {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        *self = match typed(given).trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => true,
            "false" | "no" | "off" | "0" => false,
            _ => return Misfit::wanted("true or false"),
        };
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u64 {
    fn read(&mut self, given: &Json, limits: &RangeInclusive<u64>) -> Result<(), Misfit> {
        number(given, limits).map(|number| *self = number)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    fn read(&mut self, given: &Json, limits: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let most = (*limits.end()).min(u32::MAX.into());
        number(given, &(*limits.start()..=most)).map(|number| *self = number as u32)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    fn read(&mut self, given: &Json, limits: &RangeInclusive<u64>) -> Result<(), Misfit> {
        number(given, limits).map(|number| *self = number as usize)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        text(given).map(|text| *self = text)
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for Option<String> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        text(given).map(|text| *self = Some(text).filter(|text| !text.is_empty()))
    }

    fn show(&self) -> String {
        self.clone().unwrap_or_else(|| "none".into())
    }
}

impl Value for PathBuf {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        path(given).map(|path| *self = path)
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for Option<PathBuf> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        path(given).map(|path| *self = Some(path))
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".into(), |path| path.display().to_string())
    }
}

impl Value for Vec<String> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        texts(given).map(|texts| *self = texts)
    }

    fn show(&self) -> String {
        self.join(",")
    }
}

/// Names with commas between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names(pub Vec<String>);

impl Value for Names {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        commas(given).map(|names| self.0 = names)
    }

    fn show(&self) -> String {
        self.0.join(",")
    }
}

impl Value for Vec<PathBuf> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        commas(given).map(|paths| *self = paths.into_iter().map(PathBuf::from).collect())
    }

    fn show(&self) -> String {
        self.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(",")
    }
}

impl Value for BTreeMap<String, String> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let Json::Object(entries) = given else { return Misfit::wanted("a map of texts") };
        let entry = |(name, value): (&String, &Json)| Ok((name.to_ascii_uppercase(), text(value)?));
        *self = entries.iter().map(entry).collect::<Result<_, Misfit>>()?;
        Ok(())
    }

    fn show(&self) -> String {
        self.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
    }
}

impl Value for Vec<Bind> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let mut binds = Self::new();
        for typed in texts(given)? {
            let bind = bind::parse(&typed)?;
            if binds.contains(&bind) && !matches!(&bind, Bind::Tcp(address) if address.port() == 0) {
                let said = Diagnostic::error(format!("the same bind twice: `{bind}`"));
                return Err(said.fix("remove one of the two").into());
            }
            binds.push(bind);
        }
        if binds.len() > MAX_BINDS {
            return Err(Diagnostic::error(format!("more than {MAX_BINDS} binds")).into());
        }
        *self = binds;
        Ok(())
    }

    fn show(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Value for Option<Bind> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        *self = Some(bind::parse(&text(given)?)?);
        Ok(())
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".into(), ToString::to_string)
    }
}
