//! What can keep the application from starting, or a command of `hbnb` from ending well.

use std::fmt;
use std::path::PathBuf;

use super::{dump, storage};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// The names of [`super::Part`]; written here too because the complaint lists them.
const PARTS: [&str; 5] = ["@hbnb", "@hbnb/onepage", "@hbnb/dynamic", "@hbnb/api", "@hbnb/web"];

/// Why the application cannot be built or a command failed.
#[derive(Debug)]
pub enum Error {
    /// There is no part of this name.
    UnknownPart(String),
    /// A setting of the environment cannot be used.
    Setting {
        /// The variable's name.
        name: &'static str,
        /// What it held.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A setting that another one needs is not there.
    Unset {
        /// The variable's name.
        name: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// A template of the binary does not parse: a bug of ours.
    Template(tera::Error),
    /// The runtime could not be started.
    Runtime(std::io::Error),
    /// A file could not be written.
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The storage refused.
    Storage(storage::Error),
    /// A file was not imported or exported.
    Dump(dump::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::UnknownPart(name) => {
                write!(f, "unknown part `{name}`; known are: {}", PARTS.join(", "))
            }
            Error::Setting { name, value, wanted } => write!(f, "{name} is `{value}`; it must be {wanted}"),
            Error::Unset { name, wanted } => {
                write!(f, "{name} is not set; HBNB_TYPE_STORAGE=db needs it: {wanted}")
            }
            Error::Template(cause) => write!(f, "a template of hbnb does not parse: {cause}"),
            Error::Runtime(cause) => write!(f, "cannot start the runtime: {cause}"),
            Error::Write { path, cause } => write!(f, "cannot write `{}`: {cause}", path.display()),
            Error::Storage(cause) => cause.fmt(f),
            Error::Dump(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<storage::Error> for Error {
    fn from(cause: storage::Error) -> Self {
        Error::Storage(cause)
    }
}

impl From<dump::Error> for Error {
    fn from(cause: dump::Error) -> Self {
        Error::Dump(cause)
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let said = Diagnostic::error(error.to_string());
        match &error {
            Error::UnknownPart(name) => said.suggest(name, PARTS),
            Error::Setting { name, .. } => said.fix(format!("unset {name}, or set it to {}", wanted(&error))),
            Error::Unset { name, .. } => said.fix(format!("export {name}=…, or unset HBNB_TYPE_STORAGE")),
            Error::Template(_) => said.exit(Exit::Bug),
            Error::Dump(cause) => cause.diagnostic(),
            Error::Runtime(_) => said.exit(Exit::Failed),
            Error::Write { .. } => said.exit(Exit::Failed).fix("choose a directory that you may write to"),
            Error::Storage(cause) => {
                let exit = if cause.is_input() { Exit::Input } else { Exit::Failed };
                match cause.fix() {
                    Some(fix) => said.exit(exit).fix(fix),
                    None => said.exit(exit),
                }
            }
        }
    }
}

fn wanted(error: &Error) -> &'static str {
    match error {
        Error::Setting { wanted, .. } => wanted,
        _ => "",
    }
}
