//! From a file into the storage.
//!
//! A thread reads the file while the rows it found before are written; the two are never more than some thousand rows apart.

use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use tokio::sync::mpsc::{self, Receiver, Sender};

use super::batch::{Batch, Run};
use super::count::Counts;
use super::error::Error;
use super::fault::{Fail, Fault};
use super::row::{Skipped, Table, Unknown};
use super::source::{self, Format, Source};
use super::{json, sql};
use crate::hbnb::model::{Class, Values};
use crate::hbnb::storage::Storage;
use crate::hbnb::storage::load::{Load, Refusal};

/// Batches that wait to be written.
const WAITING: usize = 4;

/// What an import led to.
#[derive(Debug, PartialEq, Eq)]
pub struct Imported {
    /// Rows that were added.
    pub new: Counts,
    /// Rows that were there already.
    pub unchanged: Counts,
    /// What of the file was left out.
    pub skipped: Skipped,
}

/// Takes the rows of a file (a path, or `-` for standard input) into the storage, in one transaction: all or none. Rows
/// that are there already and equal stay as they are. Nothing that the file says is executed.
///
/// Errors name the line; then the storage is as before.
pub async fn import(storage: &Storage, path: &Path, unknown: Unknown) -> Result<Imported, Error> {
    let source = source::open(path)?;
    let (name, bar) = (source.name.clone(), source.bar.clone());
    let mut load = storage.load().await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let reader = thread::spawn(move || read(source, unknown, sender));
    let taken = write(&mut load, receiver, &name).await;
    bar.finish_and_clear();
    // Without a writer the reader may wait for its file for ever; nobody waits for it then.
    let (new, unchanged) = taken?;
    let read = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
    let skipped = read.map_err(|fail| failed(&name, fail))?;
    if let Some(orphan) = load.orphan().await? {
        return Err(Error::Orphan(name, orphan));
    }
    load.commit().await?;
    Ok(Imported { new, unchanged, skipped })
}

fn failed(name: &str, fail: Fail) -> Error {
    let name = name.to_string();
    match fail {
        Fail::At(line, fault) => Error::Input { name, line, fault },
        Fail::Read(cause) => Error::Read(name, cause),
        // Only the writer stops the reader, and then its own error is told.
        Fail::Stop => Error::Read(name, std::io::ErrorKind::Interrupted.into()),
    }
}

/// Reads the file and sends its rows.
fn read(source: Source, unknown: Unknown, sender: Sender<Batch>) -> Result<Skipped, Fail> {
    let mut run = Run::new(sender);
    let mut sink = |line, item| run.take(line, item);
    let skipped = match source.format {
        Format::Sql => sql::read(source.text, unknown, &mut sink)?,
        Format::Json => json::read(source.text, unknown, &mut sink)?,
    };
    run.send()?;
    Ok(skipped)
}

/// Writes what is sent; says what was new and what was not.
async fn write(
    load: &mut Load,
    mut receiver: Receiver<Batch>,
    name: &str,
) -> Result<(Counts, Counts), Error> {
    let (mut new, mut unchanged) = (Counts::default(), Counts::default());
    while let Some(batch) = receiver.recv().await {
        let (table, done) = match batch {
            Batch::Rows(class, lines, rows) => {
                let done = load.rows(class, &rows).await;
                (Table::Of(class), done.map_err(|refusal| refused(name, class, &lines, &rows, refusal))?)
            }
            Batch::Links(links) => (Table::Links, load.links(&links).await?),
        };
        new.add(table, done.new);
        unchanged.add(table, done.unchanged);
    }
    Ok((new, unchanged))
}

fn refused(name: &str, class: Class, lines: &[u64], rows: &[Values], refusal: Refusal) -> Error {
    match refusal {
        Refusal::Storage(cause) => cause.into(),
        Refusal::Differs { at, column } => {
            let id = rows[at]["id"].as_str().unwrap_or_default();
            let fault = Fault::Differs { row: format!("{}.{id}", class.name()), column };
            Error::Input { name: name.to_string(), line: lines[at], fault }
        }
    }
}
