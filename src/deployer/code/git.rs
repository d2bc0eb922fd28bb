//! Code of a repository, by the user's own git.

use std::path::Path;
use std::process::Command;

use super::tree::Tree;
use crate::base::diagnostic::Diagnostic;
use crate::base::secret::Mask;

/// The tree of a branch, a tag or a commit; the repository's own choice if none is named.
///
/// # Errors
/// git's last line.
pub fn fetch(url: &str, reference: Option<&str>, mask: &Mask) -> Result<Tree, Diagnostic> {
    let wrong = |why: &str| {
        let why = mask.hide(why);
        Diagnostic::error(format!("the source `{}` cannot be fetched", mask.hide(url))).label(why)
    };
    let dir = tempfile::tempdir().map_err(|error| wrong(&error.to_string()))?;
    let reference = reference.unwrap_or("HEAD");
    // A commit cannot be cloned by its name, but everything can be fetched.
    let steps: [&[&str]; 3] = [
        &["init", "--quiet"],
        &["fetch", "--quiet", "--depth=1", "--end-of-options", url, reference],
        &["-c", "advice.detachedHead=false", "checkout", "--quiet", "FETCH_HEAD"],
    ];
    for step in steps {
        git(dir.path(), step).map_err(|why| {
            wrong(&why).fix("try it by hand: git ls-remote URL (a branch, tag or commit stands after `#`)")
        })?;
    }
    Tree::of_directory(dir.path()).map_err(|error| wrong(&error.to_string()))
}

fn git(dir: &Path, arguments: &[&str]) -> Result<(), String> {
    // Nobody is there to be asked for a password.
    let ran = Command::new("git")
        .args(arguments)
        .current_dir(dir)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
        .output();
    match ran {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(said.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("git failed").to_string())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("git is not installed".into()),
        Err(error) => Err(error.to_string()),
    }
}
