//! The code of Python applications: read from a directory, an archive or a repository, and packed for the hosts.

mod git;
mod requirements;
mod tree;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use flate2::read::GzDecoder;

use super::payload::Binary;
use super::stack::{Origin, Wsgi};
use crate::agent::wire::MAX_FRAME;
use crate::base::diagnostic::Diagnostic;
use crate::base::secret::Mask;
use tree::Tree;

/// What helps where code is too large.
const TOO_LARGE: &str = "move what is no code out of it";

/// Code that was read.
#[derive(Debug)]
pub struct Code {
    /// One archive for the hosts, named by its digest.
    pub archive: Arc<Binary>,
    /// The text of its list of packages; empty if it has none.
    pub requirements: String,
}

/// What makes code the same: its origin, its list of packages, and the module that must be in it.
type Key = (Origin, Option<String>, String);

/// All code of a run, each read once.
#[derive(Debug, Default)]
pub struct Shelf(BTreeMap<Key, Code>);

fn key(wsgi: &Wsgi) -> Key {
    (wsgi.origin.clone(), wsgi.requirements.as_ref().map(|path| path.value.clone()), wsgi.target.clone())
}

impl Code {
    fn new(archive: Vec<u8>, requirements: String) -> Self {
        Self { archive: Arc::new(Binary::of_bytes("source", ".tar", archive)), requirements }
    }

    /// Stands for code that was not read.
    fn unread() -> Self {
        Self::new(Vec::new(), String::new())
    }

    fn is_read(&self) -> bool {
        self.archive.payload.size > 0
    }
}

impl Shelf {
    /// Reads code that lies on this machine; a repository waits for [`Shelf::fetch`].
    ///
    /// # Errors
    /// It is not there, or is not what the application says of it.
    pub fn read(&mut self, wsgi: &Wsgi) -> Result<(), Diagnostic> {
        if self.get(wsgi).is_some() {
            return Ok(());
        }
        self.0.insert(key(wsgi), Code::unread());
        if matches!(wsgi.origin, Origin::Git(..)) { Ok(()) } else { self.add(wsgi, &Mask::default()) }
    }

    /// Reads what is not read yet, wherever it lies.
    ///
    /// # Errors
    /// It is not there, or is not what the application says of it.
    pub fn fetch(&mut self, wsgi: &Wsgi, mask: &Mask) -> Result<(), Diagnostic> {
        if self.get(wsgi).is_some_and(Code::is_read) { Ok(()) } else { self.add(wsgi, mask) }
    }

    /// The code of an application that was asked for before.
    pub fn get(&self, wsgi: &Wsgi) -> Option<&Code> {
        self.0.get(&key(wsgi))
    }

    /// All of it, for those who send it.
    pub fn archives(&self) -> impl Iterator<Item = Arc<Binary>> {
        self.0.values().map(|code| Arc::clone(&code.archive))
    }

    fn add(&mut self, wsgi: &Wsgi, mask: &Mask) -> Result<(), Diagnostic> {
        let tree = match &wsgi.origin {
            Origin::Directory(path) => {
                Tree::of_directory(path).map_err(|error| unread("source", path, &error))
            }
            Origin::Archive(path) => archive(path),
            Origin::Git(url, reference) => git::fetch(url, reference.as_deref(), mask),
        };
        let tree = tree.map_err(|error| error.at(&wsgi.span))?;
        let code = code(tree, wsgi)?;
        self.0.insert(key(wsgi), code);
        Ok(())
    }
}

fn unread(what: &str, path: &Path, error: &io::Error) -> Diagnostic {
    let text = error.to_string();
    if error.kind() == io::ErrorKind::FileTooLarge {
        let message = format!("the {what} `{}` is too large", path.display());
        return Diagnostic::error(message).label(text).fix(TOO_LARGE);
    }
    let why = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
    Diagnostic::error(format!("the {what} `{}` cannot be read", path.display()))
        .label(why)
        .fix("correct the path; it is relative to the file that names it")
}

fn archive(path: &Path) -> Result<Tree, Diagnostic> {
    let is_plain = path.extension().is_some_and(|end| end == "tar");
    let tree = File::open(path).and_then(|file| match is_plain {
        true => Tree::of_archive(file),
        false => Tree::of_archive(GzDecoder::new(file)),
    });
    tree.map_err(|error| unread("archive", path, &error))
}

/// Checks that a tree is the application's code, and packs it.
fn code(tree: Tree, wsgi: &Wsgi) -> Result<Code, Diagnostic> {
    let module = wsgi.target.split(':').next().unwrap_or_default();
    let first = module.split('.').next().unwrap_or_default();
    // Archives have one folder that is named after themselves.
    let below = || tree.below_its_folder().filter(|below| below.has_module(first));
    let tree = if tree.has_module(first) { tree } else { below().unwrap_or(tree) };
    let from_a_package = !tree.has_module(first) && wsgi.requirements.is_some();
    if !tree.has_module(module) && !from_a_package {
        return Err(Diagnostic::error(format!("the source has no module `{module}`"))
            .at(&wsgi.span)
            .label(format!("modules at its top: {}", listed(&tree.modules())))
            .suggest(module, tree.modules()));
    }
    let requirements = match &wsgi.requirements {
        Some(path) => requirements::read(&tree, path).map_err(|why| {
            Diagnostic::error(format!("the requirements cannot be used: {why}")).at(&path.span)
        })?,
        None => String::new(),
    };
    let bytes = tree.pack().map_err(|error| {
        Diagnostic::error("the source cannot be packed").at(&wsgi.span).label(error.to_string())
    })?;
    let code = Code::new(bytes, requirements);
    let packed = code.archive.packed().map_or(0, |packed| packed.len());
    if packed > MAX_FRAME {
        return Err(Diagnostic::error(format!("the source has {} MB when packed", packed >> 20))
            .at(&wsgi.span)
            .label(format!("at most {} MB can be sent", MAX_FRAME >> 20))
            .note("largest", tree.largest(3).join(", "))
            .fix(TOO_LARGE));
    }
    Ok(code)
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_string() } else { names.join(", ") }
}

#[cfg(test)]
mod tests;
