//! Why a file was not imported or exported, for people.

use std::path::PathBuf;
use std::{fmt, io};

use super::fault::Fault;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::hbnb::storage::{self, load::Orphan};

/// Why nothing was done.
#[derive(Debug)]
pub enum Error {
    /// The file cannot be opened.
    Open(PathBuf, io::Error),
    /// The file cannot be read to its end.
    Read(String, io::Error),
    /// The file is text of Windows' own kind.
    Wide(String),
    /// This is wrong in this line of the file.
    Input {
        /// The file's name.
        name: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        fault: Fault,
    },
    /// A row of the file belongs to one that is neither in the file nor in the database.
    Orphan(String, Orphan),
    /// The file cannot be written.
    Write(String, io::Error),
    /// The storage refused.
    Storage(storage::Error),
}

impl Error {
    /// The complaint about it.
    pub fn diagnostic(&self) -> Diagnostic {
        let said = Diagnostic::error(self.to_string());
        let untouched = "nothing was imported; the database is as it was";
        match self {
            Error::Open(..) => said.fix("name a file that you may read, or `-` for standard input"),
            Error::Read(_, cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
                said.note("note", untouched).fix("compress the dump again; this file was cut")
            }
            Error::Read(..) => said.note("note", untouched).exit(Exit::Failed),
            Error::Wide(_) => said.fix("make the dump with `mysqldump --result-file=FILE DATABASE`"),
            Error::Input { fault, .. } => said.note("note", untouched).fix(fault.fix()),
            Error::Orphan(..) => said
                .note("note", untouched)
                .fix("make a dump of the whole database, or delete this row from it"),
            Error::Write(..) => said.exit(Exit::Failed).fix("name a file that you may write to"),
            Error::Storage(cause) => {
                let exit = if cause.is_input() { Exit::Input } else { Exit::Failed };
                let said = said.exit(exit);
                match cause.fix() {
                    Some(fix) => said.fix(fix),
                    None => said,
                }
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Open(path, cause) => write!(f, "cannot open `{}`: {cause}", path.display()),
            Error::Read(name, cause) => write!(f, "cannot read `{name}`: {cause}"),
            Error::Wide(name) => write!(f, "`{name}` is in UTF-16, as PowerShell writes files"),
            Error::Input { name, line, fault } => write!(f, "`{name}` line {line}: {fault}"),
            Error::Orphan(name, orphan) => write!(
                f,
                "`{name}`: `{}` belongs to `{}`, which is neither in the file nor in the database",
                orphan.row, orphan.parent
            ),
            Error::Write(name, cause) => write!(f, "cannot write `{name}`: {cause}"),
            Error::Storage(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<storage::Error> for Error {
    fn from(cause: storage::Error) -> Self {
        Error::Storage(cause)
    }
}
