//! From the storage into a file.

use std::fs::File;
use std::io::{self, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::count::Counts;
use super::error::Error;
use super::progress;
use super::row::Table;
use super::write::{Format, Page};
use crate::hbnb::model::{Class, Values};
use crate::hbnb::storage::Storage;
use crate::hbnb::storage::unload::Unload;

/// Parents before their children, as a database wants them.
const ORDER: [Class; 6] =
    [Class::State, Class::City, Class::User, Class::Amenity, Class::Place, Class::Review];

/// What an export led to: how many rows it wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Exported(pub Counts);

/// Writes every row of the classes, and the links, to `file`, or to standard output, as of one moment. A file is there when
/// it is whole, and only its owner may read it: it holds the passwords as they are stored. Errors: [`Error::Write`], and
/// those of the storage.
pub async fn export(storage: &Storage, format: Format, file: Option<&Path>) -> Result<Exported, Error> {
    let name = file.map_or("standard output".into(), |file| file.display().to_string());
    let mut out = Out::open(file).map_err(|cause| Error::Write(name.clone(), cause))?;
    let total: i64 = storage.counts().await?.into_iter().map(|(_, count)| count).sum();
    let bar = progress::rows(total.unsigned_abs());
    let cannot = |cause| Error::Write(name.clone(), cause);
    let mut unload = storage.unload().await?;
    let mut form = format.writer();
    let mut counts = Counts::default();
    form.begin(out.writer()).map_err(cannot)?;
    for class in ORDER {
        let mut after: Option<String> = None;
        loop {
            let page = page(&mut unload, class, after.as_deref()).await?;
            let Some(last) = page.rows.last() else { break };
            after = Some(id(last).to_string());
            form.page(out.writer(), &page).map_err(cannot)?;
            counts.add(Table::Of(class), page.rows.len() as u64);
            counts.add(Table::Links, page.links.len() as u64);
            bar.inc(page.rows.len() as u64);
        }
    }
    form.end(out.writer()).and_then(|()| out.close()).map_err(cannot)?;
    bar.finish_and_clear();
    Ok(Exported(counts))
}

async fn page(unload: &mut Unload<'_>, class: Class, after: Option<&str>) -> Result<Page, Error> {
    let rows = unload.page(class, after).await?;
    let links = match class {
        Class::Place => unload.links(&rows.iter().map(id).collect::<Vec<_>>()).await?,
        _ => Vec::new(),
    };
    Ok(Page { class, rows, links })
}

fn id(row: &Values) -> &str {
    row.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// Where an export goes.
enum Out {
    /// Standard output, a pipe, a device.
    Stream(BufWriter<Box<dyn Write>>),
    /// A file that gets this name in the end.
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Out {
    fn open(file: Option<&Path>) -> io::Result<Self> {
        let Some(path) = file else { return Ok(Out::Stream(BufWriter::new(Box::new(stdout())))) };
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            let there = File::options().write(true).open(path)?;
            return Ok(Out::Stream(BufWriter::new(Box::new(there))));
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let part = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
        Ok(Out::File(BufWriter::new(part), path.to_path_buf()))
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Out::Stream(out) => out,
            Out::File(out, _) => out,
        }
    }

    /// Writes the rest, and gives the file its name.
    fn close(self) -> io::Result<()> {
        match self {
            Out::Stream(mut out) => out.flush(),
            Out::File(out, path) => {
                let part = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                part.as_file().sync_all()?;
                part.persist(path).map(drop).map_err(|cause| cause.error)
            }
        }
    }
}
