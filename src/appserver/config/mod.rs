//! The settings out of all their sources: the environment's defaults, a configuration file, `$GUNICORN_CMD_ARGS`,
//! `$APPSERVER_ARGS` and the command line; a later one wins.
//!
//! [`read`] may be called again at any time: nothing is kept between two calls.

mod file;
mod interpreter;
mod layer;
pub mod option;
mod print;
mod python;
#[cfg(test)]
mod tests;
mod word;
mod yaml;

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use self::file::Loaded;
use self::layer::{Layer, Resolved};
use super::cli::{self, Line};
use super::settings::word::ReloadEngine;
use super::settings::{Settings, reference};
use crate::base::diagnostic::Diagnostic;

/// The word that asks for the page of all settings.
const REFERENCE: &str = "settings";
/// Variables with options in them, the weaker one first.
const VARIABLES: [&str; 2] = ["GUNICORN_CMD_ARGS", "APPSERVER_ARGS"];
/// Said of an engine that there is not.
const POLLS: &str =
    "`reload_engine` is `inotify`, but changes of the code are noticed by looking at its files once a second";

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

/// Where an application, by its name, is listened for if no source says so: as `--bind` takes it.
pub type UsualBind = fn(&str) -> Option<String>;

/// Where the server was called: what does not change while it runs.
pub struct Call<'a> {
    /// The program's name and its arguments.
    pub args: &'a [OsString],
    /// The folder that relative paths start from.
    pub folder: &'a Path,
    /// The environment's variables.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// What applications are used to.
    pub usual_bind: UsualBind,
}

/// The folder we were called in, by the path that led there: where a link on it is switched, a later reading follows.
/// Errors: there is none any more.
pub fn folder() -> io::Result<PathBuf> {
    let real = std::env::current_dir()?;
    let identity = |path: &Path| std::fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    let typed = std::env::var_os("PWD").map(PathBuf::from).filter(|path| path.is_absolute());
    Ok(typed.filter(|path| identity(path).is_some() && identity(path) == identity(&real)).unwrap_or(real))
}

/// Reads all sources; beside what is asked for come warnings. Errors are those of the user's input.
pub fn read(call: &Call) -> Result<(Asked, Vec<Diagnostic>), Diagnostic> {
    let lines = match lines(call)? {
        Ok(lines) => lines,
        Err(text) => return Ok((Asked::Text(text), Vec::new())),
    };
    let typed = Resolved::of(call, &lines)?;
    let file = file::chosen(call, &typed)?;
    let Loaded { layer, hooks, mut warnings } = match &file {
        Some(file) => file::load(call, &typed, file)?,
        None => Loaded::default(),
    };
    let layers: Vec<Layer> = layer.into_iter().chain(lines).collect();
    let mut resolved = Resolved::of(call, &layers)?;
    resolved.settings.config = file;
    resolved.settings.hooks = hooks;
    finish(call, &mut resolved)?;
    if resolved.settings.reload_engine == ReloadEngine::Inotify {
        warnings.push(Diagnostic::warning(POLLS).fix("`poll`, or leave `reload_engine` out"));
    }
    let told = if resolved.settings.print_config { print::settings(&resolved) } else { String::new() };
    let settings = resolved.settings;
    let asked = match settings.check_config || settings.print_config {
        true => Asked::Check(settings, told),
        false => Asked::Serve(settings),
    };
    Ok((asked, warnings))
}

/// The lines of options, the weakest first; or the text that one of them asks for.
fn lines(call: &Call) -> Result<Result<Vec<Layer>, String>, Diagnostic> {
    let mut layers = Vec::new();
    for name in VARIABLES {
        let Some(text) = (call.environment)(name) else { continue };
        let from = |said: Diagnostic| said.note("from", format!("${name}"));
        let words = shlex::split(&text).ok_or_else(|| {
            from(Diagnostic::error("a quote is not closed").fix("one more quote at the end"))
        })?;
        let args: Vec<OsString> = ["appserver".into()].into_iter().chain(words).map(OsString::from).collect();
        match cli::read(&args).map_err(from)? {
            Line::Text(text) => return Ok(Err(text)),
            Line::Run(given) => layers.push(Layer::of_line(Some(name), given)),
        }
    }
    if call.args.get(1..).is_some_and(|words| words == [REFERENCE]) {
        return Ok(Err(reference::page()));
    }
    match cli::read(call.args)? {
        Line::Text(text) => return Ok(Err(text)),
        Line::Run(given) => layers.push(Layer::of_line(None, given)),
    }
    Ok(Ok(layers))
}

/// Makes the values whole: what depends on others, and what must be there.
fn finish(call: &Call, resolved: &mut Resolved) -> Result<(), Diagnostic> {
    let settings = &mut resolved.settings;
    if settings.app.is_empty() && settings.paste.is_none() {
        return Err(Diagnostic::error("no application is named")
            .fix("`appserver [OPTIONS] APP`, like `appserver shop.wsgi` or `appserver @hbnb`"));
    }
    let typed = std::mem::take(&mut settings.chdir);
    settings.chdir = call.folder.join(&typed).components().collect();
    if !settings.chdir.is_dir() {
        return Err(Diagnostic::error(format!(
            "cannot work in `{}`: there is no such folder",
            typed.display()
        ))
        .fix("`--chdir DIR`, a folder that is there"));
    }
    settings.python = match &settings.python {
        Some(typed) => Some(interpreter::named(typed, &settings.chdir, call.environment)?),
        None => interpreter::usual(&settings.chdir, call.environment),
    };
    Ok(())
}
