//! What is rendered, compared with golden files and read by the programs it is for.
//!
//! `UPDATE_GOLDEN=1 cargo test golden` writes the golden files anew; read the difference before it is committed.

mod haproxy;
mod hardening;
mod lint;
mod readers;
mod trees;
mod upstart;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The releases whose files are proven.
pub const RELEASES: [&str; 10] = [
    "ubuntu-14.04",
    "ubuntu-16.04",
    "ubuntu-18.04",
    "ubuntu-20.04",
    "ubuntu-22.04",
    "ubuntu-24.04",
    "ubuntu-26.04",
    "debian-11",
    "debian-12",
    "debian-13",
];

/// Renders the golden inventory for a release, a folder a host.
fn render(release: &str) -> tempfile::TempDir {
    let hosts = match release {
        // Its Python is too old for Python applications, its Nginx for the PROXY protocol, and it has no certbot.
        "ubuntu-14.04" => "all:!python:!authority:!haproxied:!told",
        // Their HAProxy is too old.
        "ubuntu-16.04" | "ubuntu-18.04" => "all:!haproxied",
        _ => "all",
    };
    rendered(&["tests/golden/trees/inventory.yml", "--limit", hosts, "--os", release])
}

/// What `render` writes.
fn rendered(arguments: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_deployer"))
        .arg("render")
        .args(arguments)
        .arg("--out")
        .arg(dir.path())
        .output()
        .unwrap();
    assert_eq!((ran.status.code(), String::from_utf8_lossy(&ran.stderr).as_ref()), (Some(0), ""));
    dir
}

/// Every file below a directory: its path and text, of a link `-> TARGET`.
fn files(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_symlink() {
            found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
        } else if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inside, text)| (name.join(inside), text)));
        } else {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// Runs a program of this machine: its exit status and everything it printed.
fn ran(command: &mut Command) -> (Option<i32>, String) {
    let ran =
        command.output().unwrap_or_else(|e| panic!("{:?}: {e}; run `make test`", command.get_program()));
    let text = [ran.stdout, ran.stderr].concat();
    (ran.status.code(), String::from_utf8_lossy(&text).into_owned())
}
