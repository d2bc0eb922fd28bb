//! A Python application: what it is called, where its code and its packages come from.

use std::path::PathBuf;

use serde::Deserialize;

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::path;
use crate::base::secret::Text;
use crate::base::source::Span;
use crate::base::yaml::{Entries, Spanned};

/// A WSGI application and what it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Wsgi {
    /// `MODULE[:EXPR]`, as Gunicorn names it: `wsgi:app`, `shop.main:create_app()`.
    pub target: String,
    /// Where its code lies.
    pub origin: Origin,
    /// Where the origin stands in the file.
    pub span: Span,
    /// A file in its code that lists packages, one a line, as pip reads it.
    pub requirements: Option<Spanned<String>>,
    /// Which Python runs it.
    pub python: Python,
    /// What pip is told, by the names of its configuration file: `index-url`, `find-links`, `no-index`.
    pub pip: Vec<(String, Text)>,
    /// Packages of the system that it needs: `libmysqlclient-dev`.
    pub packages: Vec<String>,
}

/// Where code lies; paths are relative to the file that names them, `~/` is the home directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A `.tar.gz` of this machine.
    Archive(PathBuf),
    /// A repository, and the branch or tag that stands after `#`.
    Git(String, Option<String>),
}

/// Which Python runs an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Python {
    /// A virtual environment with the packages of `requirements`.
    #[default]
    Venv,
    /// The system's own, with the system's packages.
    System,
}

/// The keys that an app of our own does not have, as typed.
pub struct Keys {
    /// `source:`
    pub source: Option<Spanned<String>>,
    /// `requirements:`
    pub requirements: Option<Spanned<String>>,
    /// `python:`
    pub python: Option<Spanned<Python>>,
    /// `pip:`
    pub pip: Option<Entries<Spanned<Text>>>,
    /// `packages:`
    pub packages: Option<Vec<Spanned<String>>>,
}

/// Whether an app is a Python application: a module and an object, or code of one's own.
pub fn is_meant(run: &str, keys: &Keys) -> bool {
    !run.starts_with('@') && (run.contains(':') || keys.source.is_some())
}

/// Reads a Python application; mistakes are added to `said`.
pub fn read(run: &Spanned<String>, keys: Keys, said: &mut Vec<Diagnostic>) -> Option<Wsgi> {
    check_target(run, said);
    let Some(source) = keys.source else {
        said.push(
            Diagnostic::error(format!("nothing says where the code of `{}` lies", run.escape_debug()))
                .at(&run.span)
                .fix("add `source: ../my_project` (a directory, a .tar.gz, or a git URL)"),
        );
        return None;
    };
    word::given("the source", &source, said);
    let python = keys.python.map_or(Python::Venv, |python| python.value);
    if let Some(path) = &keys.requirements {
        check_requirements(path, python, said);
    }
    Some(Wsgi {
        target: run.value.clone(),
        origin: origin(&source),
        span: source.span,
        requirements: keys.requirements,
        python,
        pip: keys.pip.unwrap_or_default().0.into_iter().map(|entry| option(entry, said)).collect(),
        packages: keys.packages.unwrap_or_default().into_iter().map(|name| package(name, said)).collect(),
    })
}

/// Refuses the keys of a Python application at an app of ours.
pub fn refuse(run: &str, keys: &Keys, said: &mut Vec<Diagnostic>) {
    let source = keys.source.as_ref().map(|text| ("source", &text.span));
    let requirements = keys.requirements.as_ref().map(|text| ("requirements", &text.span));
    let python = keys.python.as_ref().map(|python| ("python", &python.span));
    let pip = keys.pip.iter().flat_map(|entries| &entries.0).map(|(key, _)| ("pip", &key.span)).next();
    let packages = keys.packages.iter().flatten().map(|name| ("packages", &name.span)).next();
    for (key, span) in [source, requirements, python, pip, packages].into_iter().flatten() {
        said.push(
            Diagnostic::error(format!("`{key}` is for Python applications"))
                .at(span)
                .label(format!("`{run}` is built in"))
                .fix("write `run: module:app`, or remove this key"),
        );
    }
}

fn check_target(run: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    let wrong = |label: &str| {
        Diagnostic::error(format!("`{}` names no Python application", run.escape_debug()))
            .at(&run.span)
            .label(label)
            .fix("write `MODULE:NAME`, as in `my_project.wsgi:app`")
    };
    let (module, expression) = run.split_once(':').unwrap_or((run, "application"));
    let is_name = |part: &str| {
        let letter = |c: char| c.is_alphabetic() || c == '_';
        part.starts_with(letter) && part.chars().all(|c| letter(c) || c.is_numeric())
    };
    if module.contains('/') || module.ends_with(".py") {
        let module = module.trim_end_matches(".py").trim_start_matches("./").replace('/', ".");
        let error = wrong("a module is named with dots and without `.py`");
        said.push(error.fix(format!("write `{module}:{expression}`")));
    } else if !module.split('.').all(is_name) {
        said.push(wrong("a module is made of names with dots between them"));
    } else if expression.is_empty() || expression.contains(char::is_control) {
        said.push(wrong("after the `:` comes the name of the application in the module"));
    }
}

fn check_requirements(path: &Spanned<String>, python: Python, said: &mut Vec<Diagnostic>) {
    word::given("the file of requirements", path, said);
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        said.push(
            Diagnostic::error(format!("the file `{}` is not in the source", path.escape_debug()))
                .at(&path.span)
                .fix("name it relative to the source: `requirements.txt`"),
        );
    }
    if python == Python::System {
        said.push(
            Diagnostic::error("requirements cannot be installed into the system's Python")
                .at(&path.span)
                .label("it belongs to the system's own programs")
                .fix("write `python: venv`, or name the system's packages: `packages: [python3-flask]`"),
        );
    }
}

fn origin(source: &Spanned<String>) -> Origin {
    let (url, reference) = match source.rsplit_once('#') {
        Some((url, reference)) => (url, Some(reference.to_string())),
        None => (source.as_str(), None),
    };
    // `git@host:path` is how SSH is written without a scheme.
    if url.contains("://") || url.split_once(':').is_some_and(|(host, _)| host.contains('@')) {
        return Origin::Git(url.to_string(), reference);
    }
    let path = path::beside(&source.span.source.name, source);
    let is_archive = [".tar.gz", ".tgz", ".tar"].iter().any(|end| source.ends_with(end));
    if is_archive { Origin::Archive(path) } else { Origin::Directory(path) }
}

fn option((name, text): (Spanned<String>, Spanned<Text>), said: &mut Vec<Diagnostic>) -> (String, Text) {
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_')
    {
        let message = format!("`{}` cannot be an option of pip", name.escape_debug());
        said.push(
            Diagnostic::error(message).at(&name.span).label("as in pip.conf: `index-url`, `find-links`"),
        );
    }
    (name.value, text.value)
}

fn package(name: Spanned<String>, said: &mut Vec<Diagnostic>) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(fits) {
        let message = format!("`{}` cannot be the name of a package", name.escape_debug());
        said.push(Diagnostic::error(message).at(&name.span).label("lower-case letters, digits, `+-.`"));
    }
    name.value
}
