//! An app: what runs, where it listens, where it answers.

use serde::Deserialize;

use super::bind::{self, Bind};
use super::setting::{self, Setting, Words};
use super::word;
use super::wsgi::{self, Keys, Python, Wsgi};
use crate::base::diagnostic::Diagnostic;
use crate::base::quote;
use crate::base::secret::Text;
use crate::base::yaml::{Entries, Node, Spanned};

/// Workers of an app that names no number.
const WORKERS: u16 = 3;
/// More workers than any host of ours has a use for.
const MAX_WORKERS: u16 = 256;
/// It becomes the name of a unit and of files; a longer one would only be hard to read.
const MAX_NAME: usize = 32;

/// An app of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    /// The key under `apps`: lower-case letters, digits, `-` and `_`.
    pub name: Spanned<String>,
    /// What runs.
    pub run: Run,
    /// Where it listens.
    pub bind: Bind,
    /// Where the bind stands in the file; the app's name if there is none.
    pub bind_at: Spanned<String>,
    /// 1 to 256.
    pub workers: u16,
    /// Its environment, in the order of the file.
    pub env: Vec<(String, Text)>,
    /// Settings of the application server.
    pub settings: Setting,
    /// The site that it answers on; none means the first.
    pub site: Option<Spanned<String>>,
    /// Where it answers on the site.
    pub routes: Vec<Route>,
    /// Prefix of URLs (starts and ends with `/`) → directory.
    pub statics: Vec<(Spanned<String>, String)>,
    /// A path of the site that answers 200 when the app is well; asked like a probe.
    pub health: Option<Spanned<String>>,
}

/// What an app runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Run {
    /// All four bundled apps.
    Hbnb,
    /// The bundled `Hello HBNB!`.
    Onepage,
    /// The bundled number pages.
    Dynamic,
    /// The bundled REST API.
    Api,
    /// The bundled web pages.
    Web,
    /// A Python application.
    Wsgi(Box<Wsgi>),
}

/// The bundled apps by the name people type.
const BUNDLED: [(&str, Run); 5] = [
    ("@hbnb", Run::Hbnb),
    ("@hbnb/onepage", Run::Onepage),
    ("@hbnb/dynamic", Run::Dynamic),
    ("@hbnb/api", Run::Api),
    ("@hbnb/web", Run::Web),
];

impl Run {
    /// The name people type, which is also the one the application server takes.
    pub fn name(&self) -> &str {
        match self {
            Self::Wsgi(wsgi) => &wsgi.target,
            bundled => BUNDLED.iter().find(|(_, run)| run == bundled).map_or("", |(name, _)| name),
        }
    }

    /// The Python application, if it is one.
    pub fn wsgi(&self) -> Option<&Wsgi> {
        match self {
            Self::Wsgi(wsgi) => Some(wsgi),
            _ => None,
        }
    }
}

/// A path of the site that an app answers, with what lies below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Starts with `/`.
    pub path: Spanned<String>,
    /// What becomes of the other form of the path.
    pub slashes: Slashes,
    /// Whether a connection may become a WebSocket.
    pub websocket: bool,
}

impl Route {
    /// The path without its final slash; empty for the root.
    pub fn bare(&self) -> &str {
        self.path.value.trim_end_matches('/')
    }

    /// Whether it is the path of a request, in either form, or one above it.
    pub fn claims(&self, path: &str) -> bool {
        path.strip_prefix(self.bare()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether a request for a path that it claims is answered with a page, or with the way to one.
    pub fn answers(&self, path: &str) -> bool {
        let is_other = path != self.path.value && path.trim_end_matches('/') == self.bare();
        self.slashes != Slashes::Exact || self.bare().is_empty() || !is_other
    }
}

/// What becomes of the other form of a route's path: without its final slash if it is written with one, with one if it
/// is not. The root has no other form, and what lies below a path always belongs to the app.
///
/// The application server does it: Nginx hands on both forms as they came. So who asks the app itself is answered the
/// same, one rule serves every version of Nginx (the first that answers 308 is 1.13), and nothing is decided on a path
/// that Nginx has decoded and cleaned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slashes {
    /// The app is asked for both forms, and its answer counts.
    #[default]
    Either,
    /// It is answered with 308 and the form that is written, the query as it came: methods and bodies stay.
    Redirect,
    /// It is answered with 404.
    Exact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    run: Spanned<String>,
    source: Option<Spanned<String>>,
    requirements: Option<Spanned<String>>,
    python: Option<Spanned<Python>>,
    pip: Option<Entries<Spanned<Text>>>,
    packages: Option<Vec<Spanned<String>>>,
    bind: Option<Spanned<String>>,
    workers: Option<Spanned<u16>>,
    #[serde(default)]
    env: Option<Entries<Spanned<Text>>>,
    #[serde(default)]
    settings: Option<Entries<Node>>,
    site: Option<Spanned<String>>,
    #[serde(default)]
    routes: Option<Vec<TypedRoute>>,
    #[serde(default, rename = "static")]
    statics: Option<Entries<Spanned<String>>>,
    health: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedRoute {
    path: Spanned<String>,
    #[serde(default)]
    slashes: Slashes,
    #[serde(default)]
    websocket: bool,
}

/// Reads one app; mistakes are added to `said`.
pub fn read(name: &Spanned<String>, node: &Node, words: Words, said: &mut Vec<Diagnostic>) -> Option<App> {
    check_name("an app", name, MAX_NAME, said);
    let typed: Typed = word::decoded(&format!("app `{}`", name.value), node, said)?;
    let keys = Keys {
        source: typed.source,
        requirements: typed.requirements,
        python: typed.python,
        pip: typed.pip,
        packages: typed.packages,
    };
    let run = run(&typed.run, keys, said).unwrap_or(Run::Hbnb);
    let app = App {
        run,
        bind: typed.bind.as_ref().map_or(Bind::Own, |text| bind::read(text, said)),
        bind_at: typed.bind.unwrap_or_else(|| name.clone()),
        workers: typed.workers.map_or(WORKERS, |n| workers(&n, said)),
        env: typed.env.unwrap_or_default().0.into_iter().map(|entry| variable(entry, said)).collect(),
        settings: setting::read(typed.settings.unwrap_or_default().0, words, said),
        site: typed.site,
        routes: typed.routes.unwrap_or_default().into_iter().map(|r| route(r, said)).collect(),
        statics: typed.statics.unwrap_or_default().0.into_iter().map(|s| directory(s, said)).collect(),
        health: typed.health.inspect(|path| word::path("the health path", path, said)),
        name: name.clone(),
    };
    Some(app)
}

/// Checks a name that becomes part of names on the host: of units, files, variables.
pub fn check_name(what: &str, name: &Spanned<String>, longest: usize, said: &mut Vec<Diagnostic>) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let starts = name.value.starts_with(|c: char| c.is_ascii_lowercase());
    let is_mark = |letter: char| letter == '-' || letter == '_';
    let mut letters: Vec<char> = name.value.chars().collect();
    letters.dedup_by(|next, last| is_mark(*next) && is_mark(*last));
    let meant: String = letters.into_iter().collect();
    let refused = Diagnostic::error(format!("`{}` cannot be the name of {what}", name.value.escape_debug()));
    let refused = refused.at(&name.span);
    if !starts || !name.value.chars().all(fits) || name.value.len() > longest {
        let label = format!("a letter first, then letters, digits, `-`, `_`; lower case, at most {longest}");
        said.push(refused.label(label));
    } else if meant != name.value {
        let label =
            "two of `-` and `_` in a row stand in names that are made here, like `deployer_shop__hosts`";
        said.push(refused.label(label).fix(format!("write `{meant}`")));
    }
}

fn run(typed: &Spanned<String>, keys: Keys, said: &mut Vec<Diagnostic>) -> Option<Run> {
    if wsgi::is_meant(typed, &keys) {
        return wsgi::read(typed, keys, said).map(|wsgi| Run::Wsgi(Box::new(wsgi)));
    }
    wsgi::refuse(typed, &keys, said);
    let found = BUNDLED.into_iter().find(|(name, _)| *name == typed.value).map(|(_, run)| run);
    if found.is_none() {
        said.push(
            Diagnostic::error(format!("unknown app `{}`", typed.value.escape_debug()))
                .at(&typed.span)
                .label(format!("known apps: {}", BUNDLED.map(|(name, _)| name).join(", ")))
                .suggest(&typed.value, BUNDLED.map(|(name, _)| name)),
        );
    }
    found
}

fn workers(number: &Spanned<u16>, said: &mut Vec<Diagnostic>) -> u16 {
    if !(1..=MAX_WORKERS).contains(&number.value) {
        said.push(
            Diagnostic::error(format!("{} workers are out of range", number.value))
                .at(&number.span)
                .label(format!("1 to {MAX_WORKERS}")),
        );
    }
    number.value
}

fn variable((name, text): (Spanned<String>, Spanned<Text>), said: &mut Vec<Diagnostic>) -> (String, Text) {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(letter) || !name.chars().all(|c| letter(c) || c.is_ascii_digit()) {
        said.push(
            Diagnostic::error(format!("`{}` cannot be the name of a variable", name.value.escape_debug()))
                .at(&name.span)
                .label("letters, digits and `_`, no digit first"),
        );
    }
    if let Text::Plain(value) = &text.value {
        let value = Spanned { value: value.clone(), span: text.span.clone() };
        word::quotable(&format!("the value of `{}`", name.value), &value, quote::env, said);
    }
    (name.value, text.value)
}

fn route(typed: TypedRoute, said: &mut Vec<Diagnostic>) -> Route {
    word::path("the route", &typed.path, said);
    Route { path: typed.path, slashes: typed.slashes, websocket: typed.websocket }
}

/// Checks a prefix and its directory: both with a slash at the end, or neither path can be walked out of.
pub fn directory(
    (prefix, directory): (Spanned<String>, Spanned<String>),
    said: &mut Vec<Diagnostic>,
) -> (Spanned<String>, String) {
    word::path("the prefix", &prefix, said);
    if !prefix.ends_with('/') {
        said.push(
            Diagnostic::error(format!("the prefix `{}` does not end with `/`", prefix.value))
                .at(&prefix.span)
                .label("without it, `..` could leave the directory")
                .fix(format!("write `{}/`", prefix.value)),
        );
    }
    word::given("the directory", &directory, said);
    word::characters("the directory", &directory, "\"';{}$%\\", said);
    if directory.split('/').any(|part| part == "..") {
        said.push(Diagnostic::error("the directory leaves its place with `..`").at(&directory.span));
    }
    (prefix, directory.value)
}
