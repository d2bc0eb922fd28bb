//! Which configuration file is read, and what it gives.

use std::path::PathBuf;
use std::time::Duration;

use super::layer::{Layer, Resolved};
use super::python::{Defined, Interpreter, Target};
use super::{Call, interpreter, yaml};
use crate::appserver::settings::config_file::ConfigFile;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Source;

/// What is looked for where no file is named.
const USUAL_PYTHON: &str = "gunicorn.conf.py";
const USUAL_YAML: &str = "appserver.yml";

/// What a file gives.
#[derive(Default)]
pub struct Loaded {
    /// Its settings.
    pub layer: Option<Layer>,
    /// Its hooks.
    pub hooks: Vec<String>,
    /// What to tell of it.
    pub warnings: Vec<Diagnostic>,
}

/// The file that the lines of options name, else one that is there; its path is absolute. Gunicorn's own file is not
/// for an application that is part of this program.
pub fn chosen(call: &Call, typed: &Resolved) -> Result<Option<ConfigFile>, Diagnostic> {
    let absolute = |path: &PathBuf| call.folder.join(path);
    if let Some(named) = &typed.settings.config {
        let file = match named {
            ConfigFile::Module(_) => return Ok(Some(named.clone())),
            ConfigFile::Python(path) => ConfigFile::Python(absolute(path)),
            ConfigFile::Yaml(path) => ConfigFile::Yaml(absolute(path)),
        };
        return match &file {
            ConfigFile::Python(path) | ConfigFile::Yaml(path) if !path.exists() || path.is_dir() => {
                Err(Diagnostic::error(format!("there is no configuration `{named}`"))
                    .fix("`--config PATH`, a file that is there"))
            }
            _ => Ok(Some(file)),
        };
    }
    let (python, yaml) = (call.folder.join(USUAL_PYTHON), call.folder.join(USUAL_YAML));
    Ok(if !typed.settings.app.starts_with('@') && python.is_file() {
        Some(ConfigFile::Python(python))
    } else {
        yaml.is_file().then_some(ConfigFile::Yaml(yaml))
    })
}

/// Reads the file. Errors are those in it, and that it cannot be read.
pub fn load(call: &Call, typed: &Resolved, file: &ConfigFile) -> Result<Loaded, Diagnostic> {
    let name = match file {
        ConfigFile::Python(path) | ConfigFile::Yaml(path) => {
            path.strip_prefix(call.folder).unwrap_or(path).display().to_string()
        }
        ConfigFile::Module(_) => file.to_string(),
    };
    let target = match file {
        ConfigFile::Yaml(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Diagnostic::error(format!("cannot read the configuration `{name}`: {error}"))
            })?;
            let layer = yaml::read(&Source::new(name, text))?;
            return Ok(Loaded { layer: Some(layer), ..Loaded::default() });
        }
        ConfigFile::Python(path) => Target::File(path),
        ConfigFile::Module(module) => Target::Module(module),
    };
    let Defined { layer, hooks, warnings } = python(call, typed, &name)?.run(&target, &name)?;
    Ok(Loaded { layer: Some(layer), hooks, warnings })
}

/// The interpreter that the lines of options name, or the usual one: the file itself cannot choose who reads it.
fn python(call: &Call, typed: &Resolved, name: &str) -> Result<Interpreter, Diagnostic> {
    let folder = call.folder.join(&typed.settings.chdir);
    let program = match &typed.settings.python {
        Some(python) => Some(interpreter::named(python, &folder, call.environment)?),
        None => interpreter::usual(&folder, call.environment),
    };
    let program = program.ok_or_else(|| {
        Diagnostic::error(format!("no `python3` is found to read the configuration `{name}`"))
            .fix("`--python PATH`, or install `python3`")
    })?;
    let limit = Duration::from_secs(typed.settings.boot_timeout);
    Ok(Interpreter { program, folder: call.folder.into(), limit })
}
