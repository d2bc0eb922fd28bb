//! Every release's whole tree is as it was read and found good.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{RELEASES, files, ran, render};

#[test]
fn the_tree_of_every_release_is_the_golden_one() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for release in RELEASES {
        let (seen, golden) = (render(release), Path::new("tests/golden/trees").join(release));
        if update {
            let _ = fs::remove_dir_all(&golden);
            ran(Command::new("cp").arg("-a").args([seen.path(), &golden]));
        }
        let (seen, golden) = (files(seen.path()), files(&golden));
        let names = |tree: &std::collections::BTreeMap<_, _>| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&seen), names(&golden), "{release}");
        for (path, text) in &seen {
            assert!(golden[path] == *text, "{release}: {} is not as it was:\n{text}", path.display());
        }
    }
}

#[test]
fn no_rendered_file_has_stray_blanks_or_is_open_to_others_if_it_has_an_environment() {
    for release in RELEASES {
        let tree = render(release);
        for (path, text) in files(tree.path()).into_iter().filter(|(_, text)| !text.starts_with("-> ")) {
            let name = format!("{release}/{}:\n{text}", path.display());
            assert!(text.ends_with('\n') && !text.ends_with("\n\n") && !text.contains("\n\n\n"), "{name}");
            assert!(text.lines().all(|line| line == line.trim_end()), "{name}");
            let mode = fs::metadata(tree.path().join(&path)).unwrap().permissions().mode() & 0o7777;
            let secret = path.to_string_lossy().contains("/etc/default/");
            // Upstart reads it as the user, whose group the file has.
            let wanted = if !secret {
                0o644
            } else if release == "ubuntu-14.04" {
                0o640
            } else {
                0o600
            };
            assert_eq!(format!("{mode:o}"), format!("{wanted:o}"), "{name}");
        }
    }
}
