//! The settings out of all their sources: the environment's defaults, a configuration file, `$GUNICORN_CMD_ARGS`,
//! `$APPSERVER_ARGS` and the command line; a later one wins.
//!
//! [`read`] may be called again at any time: nothing is kept between two calls.

mod layer;
mod print;

use std::ffi::OsString;
use std::path::Path;

use self::layer::{Layer, Resolved};
use super::app::App;
use super::cli::{self, Line};
use super::settings::Settings;
use crate::base::diagnostic::Diagnostic;

/// Variables with options in them, the weaker one first.
const VARIABLES: [&str; 2] = ["GUNICORN_CMD_ARGS", "APPSERVER_ARGS"];

/// What the sources ask for together.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// A text to print.
    Text(String),
    /// Load the application, print the text, then leave.
    Check(Settings, String),
    /// Serve.
    Serve(Settings),
}

/// Where the server was called: what does not change while it runs.
pub struct Call<'a> {
    /// The program's name and its arguments.
    pub args: &'a [OsString],
    /// The folder that relative paths start from.
    pub folder: &'a Path,
    /// The environment's variables.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads all sources; beside what is asked for come warnings. Errors are those of the user's input.
pub fn read(call: &Call) -> Result<(Asked, Vec<Diagnostic>), Diagnostic> {
    let mut lines = Vec::new();
    for name in VARIABLES {
        if let Some(text) = (call.environment)(name) {
            let words = shlex::split(&text).ok_or_else(|| {
                Diagnostic::error(format!("a quote in `${name}` is not closed")).note("from", text.clone())
            })?;
            let args: Vec<OsString> =
                ["appserver".into()].into_iter().chain(words.into_iter().map(OsString::from)).collect();
            lines.push((Some(name), cli::read(&args).map_err(|said| said.note("from", format!("${name}")))?));
        }
    }
    lines.push((None, cli::read(call.args)?));
    let mut app = None;
    let mut layers = Vec::new();
    for (variable, line) in lines {
        match line {
            Line::Text(text) => return Ok((Asked::Text(text), Vec::new())),
            Line::Run { app: named, given } => {
                layers.push(Layer::of_line(variable, given));
                app = named.or(app);
            }
        }
    }
    let mut resolved = Resolved::of(call, &layers)?;
    if let Some(app) = app {
        resolved.name(app)?;
    }
    if resolved.settings.app.is_empty() {
        return Err(Diagnostic::error("no application is named")
            .fix("`appserver [OPTIONS] APP`, like `appserver shop.wsgi` or `appserver @hbnb`"));
    }
    App::parse(&resolved.settings.app)?;
    let told = if resolved.settings.print_config { print::settings(&resolved) } else { String::new() };
    let settings = resolved.settings;
    let asked = match settings.check_config || settings.print_config {
        true => Asked::Check(settings, told),
        false => Asked::Serve(settings),
    };
    Ok((asked, Vec::new()))
}
