//! The home directory, as people type it.

use std::path::{Path, PathBuf};

/// A path whose `~/` is the home directory, as in a shell; any other, and `~NAME/`, stays as it is.
pub fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_path_buf(),
    }
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
