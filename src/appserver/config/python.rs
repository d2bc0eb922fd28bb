//! A configuration in Python, run by the host's interpreter.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use super::layer::{Given, Layer};
use super::word;
use crate::appserver::settings::hook::{HOOKS, REFUSED};
use crate::appserver::settings::section::{row, rows};
use crate::base::diagnostic::Diagnostic;
use crate::base::source::{Source, Span};

/// What the interpreter runs; see its own head.
const SCRIPT: &str = include_str!("evaluate.py");

/// What is run.
pub enum Target<'a> {
    /// A file, by its whole path.
    File(&'a Path),
    /// A module, by its name.
    Module(&'a str),
}

/// How it is run.
pub struct Interpreter {
    /// The program.
    pub program: PathBuf,
    /// The folder it works in; modules are looked for there first.
    pub folder: PathBuf,
    /// How long it may take; zero is for ever.
    pub limit: Duration,
}

/// What a configuration defines.
pub struct Defined {
    /// Its settings.
    pub layer: Layer,
    /// Its hooks.
    pub hooks: Vec<String>,
    /// What it defines to no effect.
    pub warnings: Vec<Diagnostic>,
}

/// The answer of the script.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    settings: BTreeMap<String, Json>,
    hooks: Vec<String>,
    /// By name, what is wrong.
    unfit_hooks: BTreeMap<String, String>,
    /// By name, what it is: `value` or `function`.
    unknown: BTreeMap<String, String>,
    /// By name, line and column.
    places: BTreeMap<String, (usize, usize)>,
    file: String,
    failed: Option<String>,
    line: Option<usize>,
    traceback: String,
}

impl Interpreter {
    /// Runs a configuration; `name` is what people call it. Errors: it fails, takes too long, or there is no answer.
    pub fn run(&self, target: &Target, name: &str) -> Result<Defined, Diagnostic> {
        let (kind, target) = match target {
            Target::File(path) => ("file", path.as_os_str()),
            Target::Module(module) => ("module", module.as_ref()),
        };
        let hooks =
            HOOKS.iter().map(|hook| (hook.name, hook.takes)).chain(REFUSED.map(|(name, _)| (name, "")));
        let known = serde_json::json!({
            "settings": rows().map(|row| row.name).collect::<Vec<_>>(),
            "hooks": hooks.collect::<BTreeMap<_, _>>(),
        });
        let mut command = Command::new(&self.program);
        command.args(["-c", SCRIPT, kind]).arg(target).arg(known.to_string()).current_dir(&self.folder);
        let cannot = |why: String| Diagnostic::error(format!("cannot run the configuration `{name}`: {why}"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| {
            cannot(format!("`{}`: {error}", self.program.display()))
                .fix("`--python PATH`, the path of a `python3`")
        })?;
        let text = self.answer(&mut child).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => cannot(format!("it took longer than {} s", self.limit.as_secs()))
                .fix("`--boot-timeout SECONDS`, or a configuration that waits for nobody"),
            _ => cannot(error.to_string()),
        })?;
        let answer: Answer = serde_json::from_slice(&text).map_err(|_| {
            cannot(format!("`{}` ended without an answer", self.program.display()))
                .fix("`--python PATH`, the path of a `python3` (3.5 or newer)")
        })?;
        answer.defined(name)
    }

    /// All that the child says; afterwards it is gone.
    fn answer(&self, child: &mut Child) -> io::Result<Vec<u8>> {
        let mut output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (told, hear) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let read = output.read_to_end(&mut text).map(|_| text);
            // Nobody listens any more if it took too long.
            drop(told.send(read));
        });
        let heard = match self.limit {
            Duration::ZERO => hear.recv().ok(),
            limit => hear.recv_timeout(limit).ok(),
        };
        // It is gone already, or it is too late; a master reaps it if it is faster than we.
        drop(child.kill());
        drop(child.wait());
        heard.unwrap_or(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Answer {
    fn defined(self, name: &str) -> Result<Defined, Diagnostic> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let source = Source::new(name, text);
        if let Some(failed) = self.failed {
            let said = Diagnostic::error(format!("the configuration `{name}` failed: {failed}"));
            let said = match self.line {
                Some(line) => said.at(&whole_line(&source, line)),
                None => said,
            };
            return Err(match self.traceback.trim() {
                "" => said,
                lines => said.note("last lines", lines),
            });
        }
        let place = |name: &str| {
            self.places.get(name).map(|(line, column)| Span::new(&source, *line, *column, name.len()))
        };
        let at = |said: Diagnostic, name: &str| match place(name) {
            Some(span) => said.at(&span),
            None => said,
        };
        if let Some((hook, why)) = self.unfit_hooks.first_key_value() {
            let said = at(Diagnostic::error(format!("`{hook}` {why}")), hook);
            return Err(match why.split_once(": ") {
                Some((_, takes)) => said.fix(format!("`def {hook}({takes}):`")),
                None => said.fix("a function, or the name of one with dots, like `site_hooks.ready`"),
            });
        }
        let given = self.settings.into_iter().filter_map(|(name, value)| {
            let span = place(&name);
            Some(Given { row: row(&name)?, value, called: name, span })
        });
        let layer = Layer { source: name.into(), given: given.collect() };
        let mut warnings: Vec<Diagnostic> = Vec::new();
        for (name, why) in REFUSED.iter().filter(|(name, _)| self.hooks.iter().any(|hook| hook == name)) {
            warnings.push(at(Diagnostic::warning(format!("`{name}` is never called: {why}")), name));
        }
        let unknown = self.unknown.iter().filter_map(|(name, kind)| Some(at(idle(name, kind)?, name)));
        warnings.extend(unknown);
        let is_called = |hook: &String| HOOKS.iter().any(|known| known.name == hook);
        Ok(Defined { layer, hooks: self.hooks.into_iter().filter(is_called).collect(), warnings })
    }
}

/// What to say of a name that is no setting and that nothing uses; of a function only if it may be meant as a hook.
fn idle(name: &str, kind: &str) -> Option<Diagnostic> {
    if kind == "function" {
        let hook = word::meant_hook(name)?;
        let said = Diagnostic::warning(format!("`{name}` is no hook, and nothing calls it"));
        return Some(said.fix(format!("did you mean `{hook}`?")));
    }
    let said = Diagnostic::warning(format!("`{name}` is no setting, and nothing uses it"));
    Some(match word::meant(name) {
        Some(word) => said.fix(format!("did you mean `{word}`?")),
        None => said.fix(format!("take it away, or call it `_{name}`")),
    })
}

fn whole_line(source: &Arc<Source>, line: usize) -> Span {
    let text = source.line(line);
    let indent = text.len() - text.trim_start().len();
    Span::new(source, line, indent + 1, text.trim().chars().count())
}
