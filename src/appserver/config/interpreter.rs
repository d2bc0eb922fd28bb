//! Which `python3` runs a WSGI application, and its configuration.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::base::diagnostic::Diagnostic;

/// What it is called.
const NAME: &str = "python3";
/// Folders of virtual environments that are looked for where the application is.
const VENVS: [&str; 2] = ["venv", ".venv"];

/// The interpreter that is used if none is named: that of the active virtual environment, that of one in `folder`, or
/// the first one of the search path.
pub fn usual(folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let active = environment("VIRTUAL_ENV").filter(|venv| !venv.is_empty());
    let beside = VENVS.iter().map(|venv| folder.join(venv));
    let mut venvs =
        active.map(PathBuf::from).into_iter().chain(beside).map(|venv| venv.join("bin").join(NAME));
    venvs.find(|path| is_program(path)).or_else(|| searched(NAME, environment))
}

/// The interpreter that is named: a path, relative to `folder`, or a name in the search path.
pub fn named(
    typed: &Path,
    folder: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<PathBuf, Diagnostic> {
    let found = match typed.components().count() {
        1 if !typed.is_absolute() => searched(&typed.to_string_lossy(), environment),
        _ => Some(folder.join(typed)).filter(|path| is_program(path)),
    };
    found.ok_or_else(|| {
        Diagnostic::error(format!("there is no interpreter `{}`", typed.display()))
            .fix("the path of a `python3`, like `venv/bin/python3`")
    })
}

fn searched(name: &str, environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let path = environment("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy("/bin/true", path).unwrap();
    }

    #[test]
    fn the_active_environment_comes_before_one_in_the_folder_and_that_before_the_search_path() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let environment = |name: &str| match name {
            "VIRTUAL_ENV" => Some(at("active").display().to_string()),
            "PATH" => Some(format!("{}:{}", at("nowhere").display(), at("path").display())),
            _ => None,
        };
        let found = || usual(&at("app"), &environment);
        assert_eq!(found(), None);
        for (path, name) in
            [("path/python3", "path"), ("app/.venv/bin/python3", ".venv"), ("app/venv/bin/python3", "venv")]
        {
            program(&at(path));
            assert_eq!(found(), Some(at(path)), "{name}");
        }
        program(&at("active/bin/python3"));
        assert_eq!(found(), Some(at("active/bin/python3")));
    }

    #[test]
    fn a_named_interpreter_is_a_path_or_searched_and_must_be_there() {
        let dir = tempfile::tempdir().unwrap();
        program(&dir.path().join("bin/python3.9"));
        let environment = |name: &str| (name == "PATH").then(|| dir.path().join("bin").display().to_string());
        let look = |typed: &str| named(Path::new(typed), dir.path(), &environment);
        assert_eq!(look("python3.9").unwrap(), dir.path().join("bin/python3.9"));
        assert_eq!(look("bin/python3.9").unwrap(), dir.path().join("bin/python3.9"));
        assert_eq!(
            look("python4").unwrap_err().to_string(),
            "error: there is no interpreter `python4`\n  = fix: the path of a `python3`, like `venv/bin/python3`"
        );
    }
}
