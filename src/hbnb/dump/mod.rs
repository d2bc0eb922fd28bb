//! Rows from elsewhere and to elsewhere: dumps of `mysqldump` and the console's `file.json`.
//!
//! Reading is a stream: [`source`] (the file), [`sql`] or [`json`] (its rows), [`batch`] (in order), [`import`] (into the storage). So is writing:
//! [`export`].

mod batch;
mod bytes;
mod count;
mod error;
mod export;
mod fault;
mod import;
mod json;
mod progress;
mod row;
mod source;
mod sql;
mod write;

pub use count::Counts;
pub use error::Error;
pub use export::{Exported, export};
pub use import::{Imported, import};
pub use row::{Skipped, Unknown};
pub use write::Format;
