//! A configuration as it is named: `PATH`, `file:PATH` or `python:MODULE`.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, text};

/// Where a configuration is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfigFile {
    /// A file of Python.
    Python(PathBuf),
    /// A module of Python.
    Module(String),
    /// A file of YAML (`.yml`, `.yaml`).
    Yaml(PathBuf),
}

impl ConfigFile {
    /// Reads a name; a file that is not YAML by its ending is Python, as with Gunicorn.
    pub fn parse(typed: &str) -> Option<Self> {
        if let Some(module) = typed.strip_prefix("python:") {
            return (!module.is_empty()).then(|| Self::Module(module.into()));
        }
        let path = typed.strip_prefix("file:").unwrap_or(typed);
        let is_yaml = [".yml", ".yaml"].iter().any(|end| path.ends_with(end));
        let kind = if is_yaml { Self::Yaml } else { Self::Python };
        (!path.is_empty()).then(|| kind(path.into()))
    }
}

impl fmt::Display for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python(path) | Self::Yaml(path) => path.display().fmt(f),
            Self::Module(module) => write!(f, "python:{module}"),
        }
    }
}

impl Value for Option<ConfigFile> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        *self = ConfigFile::parse(&text(given)?);
        if self.is_none() { Misfit::wanted("PATH, file:PATH or python:MODULE") } else { Ok(()) }
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".into(), ToString::to_string)
    }
}
