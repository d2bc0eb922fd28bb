//! Paths as people type them: from the home directory, or beside the file they stand in.

use std::path::{Path, PathBuf};

/// A path whose `~/` is the home directory, as in a shell; any other, and `~NAME/`, stays as it is.
pub fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_path_buf(),
    }
}

/// A path that a file names: relative to that file.
pub fn beside(file: &str, path: &str) -> PathBuf {
    Path::new(file).parent().unwrap_or(Path::new("")).join(expand(Path::new(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_in_the_home_directory_only_where_it_says_so() {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        assert_eq!(expand(Path::new("~/.ssh/school")), home.join(".ssh/school"));
        for same in ["~other/key", "/etc/~/key", "secrets/db"] {
            assert_eq!(expand(Path::new(same)), Path::new(same));
        }
    }
}
