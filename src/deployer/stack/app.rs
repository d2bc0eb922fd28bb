//! An app: what runs, where it listens, where it answers.

use std::net::{IpAddr, Ipv6Addr};

use serde::Deserialize;

use super::word;
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
/// The kernel's limit of a Unix socket's path in bytes, without the final NUL.
const MAX_SOCKET_PATH: usize = 107;

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
    /// Settings of the application server, as typed.
    pub settings: Vec<(String, String)>,
    /// Where it answers on the site.
    pub routes: Vec<Route>,
    /// Prefix of URLs (starts and ends with `/`) → directory.
    pub statics: Vec<(Spanned<String>, String)>,
    /// A path of the site that answers 200 when the app is well; asked like a probe.
    pub health: Option<Spanned<String>>,
}

/// What an app runs.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub fn name(&self) -> &'static str {
        BUNDLED.iter().find(|(_, run)| run == self).map_or("", |(name, _)| name)
    }
}

/// Where an app listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// An address (a name or an IP, without brackets) and a port.
    Tcp {
        /// `127.0.0.1`, `::1`, `localhost`.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// A Unix socket at an absolute path.
    Unix(String),
    /// A Unix socket of our choice.
    Own,
}

/// A path of the site that an app answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Starts with `/`.
    pub path: Spanned<String>,
    /// What becomes of the other form of the path.
    pub slashes: Slashes,
}

/// What a path means with and without its final slash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slashes {
    /// Both forms answer.
    #[default]
    Either,
    /// Only this form answers.
    Exact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    run: Spanned<String>,
    bind: Option<Spanned<String>>,
    workers: Option<Spanned<u16>>,
    #[serde(default)]
    env: Option<Entries<Spanned<Text>>>,
    #[serde(default)]
    settings: Option<Entries<Spanned<String>>>,
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
}

/// Reads one app; mistakes are added to `said`.
pub fn read(name: &Spanned<String>, node: &Node, said: &mut Vec<Diagnostic>) -> Option<App> {
    check_name(name, said);
    let later = later(name, node);
    if !later.is_empty() {
        said.extend(later);
        return None;
    }
    let typed: Typed = match node.decode() {
        Ok(typed) => typed,
        Err(mut e) => {
            e.message = format!("app `{}`: {}", name.value, e.message);
            said.push(e);
            return None;
        }
    };
    let app = App {
        run: run(&typed.run, said).unwrap_or(Run::Hbnb),
        bind: typed.bind.as_ref().map_or(Bind::Own, |text| bind(text, said)),
        bind_at: typed.bind.unwrap_or_else(|| name.clone()),
        workers: typed.workers.map_or(WORKERS, |n| workers(&n, said)),
        env: typed.env.unwrap_or_default().0.into_iter().map(|entry| variable(entry, said)).collect(),
        settings: typed.settings.unwrap_or_default().0.into_iter().map(|s| setting(s, said)).collect(),
        routes: typed.routes.unwrap_or_default().into_iter().map(|r| route(r, said)).collect(),
        statics: typed.statics.unwrap_or_default().0.into_iter().map(|s| directory(s, said)).collect(),
        health: typed.health.inspect(|path| word::path("the health path", path, said)),
        name: name.clone(),
    };
    Some(app)
}

/// What a later version may do.
fn later(name: &str, node: &Node) -> Vec<Diagnostic> {
    let wsgi = node.get("run").filter(|run| run.text().is_some_and(is_wsgi)).map(|run| {
        Diagnostic::error(format!("the app `{name}` is a WSGI app: not supported by this version yet"))
            .at(&run.span)
            .label(format!("known apps: {}", known()))
    });
    let routes = node.get("routes").map_or(&[][..], Node::items).iter();
    let slashes = routes.filter_map(|route| route.get("slashes"));
    let redirects = slashes.filter(|slashes| slashes.text() == Some("redirect")).map(|slashes| {
        Diagnostic::error("`slashes: redirect` is not supported by this version yet")
            .at(&slashes.span)
            .fix("write `either` (both forms answer) or `exact` (only this form does)")
    });
    wsgi.into_iter().chain(redirects).collect()
}

/// A module and an object, as Gunicorn names its apps.
fn is_wsgi(run: &str) -> bool {
    !run.starts_with('@') && run.contains(':')
}

fn known() -> String {
    BUNDLED.map(|(name, _)| name).join(", ")
}

fn check_name(name: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let starts = name.value.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts || !name.value.chars().all(fits) || name.value.len() > MAX_NAME {
        let label = format!("a letter first, then letters, digits, `-`, `_`; lower case, at most {MAX_NAME}");
        let message = format!("`{}` cannot be the name of an app", name.value.escape_debug());
        said.push(Diagnostic::error(message).at(&name.span).label(label));
    }
}

fn run(typed: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Option<Run> {
    let found = BUNDLED.into_iter().find(|(name, _)| *name == typed.value).map(|(_, run)| run);
    if found.is_none() {
        said.push(
            Diagnostic::error(format!("unknown app `{}`", typed.value.escape_debug()))
                .at(&typed.span)
                .label(format!("known apps: {}", known()))
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

fn bind(text: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Bind {
    if let Some(path) = text.value.strip_prefix("unix:") {
        return unix(path, text, said);
    }
    let wrong = |label: &str| {
        Diagnostic::error(format!("the bind `{}` cannot be used", text.value.escape_debug()))
            .at(&text.span)
            .label(label)
            .fix("write `127.0.0.1:5000`, `[::1]:5000` or `unix:/run/name.sock`")
    };
    let Some((host, port)) = text.value.rsplit_once(':') else {
        said.push(wrong("there is no port"));
        return Bind::Own;
    };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let known = match bare {
        Some(six) => six.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4()) || host == "localhost",
    };
    if !known {
        said.push(wrong("the host must be `localhost` or an IP address, an IPv6 one in brackets"));
    }
    match port.parse::<u64>() {
        Ok(1..=65535) => {}
        Ok(_) => said.push(wrong("the port is out of range: 1 to 65535")),
        Err(_) => said.push(wrong("the port is no number")),
    }
    Bind::Tcp { host: bare.unwrap_or(host).into(), port: port.parse().unwrap_or_default() }
}

fn unix(path: &str, text: &Spanned<String>, said: &mut Vec<Diagnostic>) -> Bind {
    let spanned = Spanned { value: path.to_string(), span: text.span.clone() };
    word::path("the socket", &spanned, said);
    if path.len() > MAX_SOCKET_PATH {
        let message = format!("the socket's path has {} bytes", path.len());
        let label = format!("the kernel takes at most {MAX_SOCKET_PATH}");
        said.push(Diagnostic::error(message).at(&text.span).label(label));
    }
    Bind::Unix(path.into())
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

fn setting(
    (name, value): (Spanned<String>, Spanned<String>),
    said: &mut Vec<Diagnostic>,
) -> (String, String) {
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        let message = format!("`{}` cannot be the name of a setting", name.value.escape_debug());
        said.push(Diagnostic::error(message).at(&name.span).label("lower-case letters, digits and `_`"));
    }
    word::quotable(&format!("the setting `{}`", name.value), &value, quote::systemd_word, said);
    (name.value, value.value)
}

fn route(typed: TypedRoute, said: &mut Vec<Diagnostic>) -> Route {
    word::path("the route", &typed.path, said);
    Route { path: typed.path, slashes: typed.slashes }
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
