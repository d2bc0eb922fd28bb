//! The house rules, kept by a machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which module may import which; there is no other arrow.
const FLOORS: [(&str, &[&str]); 6] = [
    ("base", &[]),
    ("resource", &["base"]),
    ("agent", &["base", "resource"]),
    ("deployer", &["base", "resource", "agent"]),
    ("appserver", &["base"]),
    ("hbnb", &["base"]),
];

/// No file is longer; a room that grew out of its size is split.
const MAX_FILE_LINES: usize = 400;
/// No function is longer.
const MAX_FUNCTION_LINES: usize = 70;
/// No binary is longer: binaries parse arguments, call the library and print.
const MAX_BIN_LINES: usize = 35;
/// What the owner drew, and what a checkout needs beside it.
const TOP_LEVEL: [&str; 11] = [
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "Makefile",
    "README.md",
    "benches",
    "inventories",
    "playbooks",
    "src",
    "templates",
    "tests",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(under: &str) -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(under), &mut found);
    found.sort();
    found
        .into_iter()
        .map(|p| (p.strip_prefix(root()).unwrap().display().to_string(), fs::read_to_string(&p).unwrap()))
        .collect()
}

/// The names that `text` imports after `mark` (`super::`, `crate::deployer::`), groups included.
fn after(text: &str, mark: &str) -> BTreeSet<String> {
    let word =
        |s: &str| s.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(mark) {
        let rest = &text[at + mark.len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                found.extend(group[..group.find("};").unwrap_or(group.len())].split(',').map(word))
            }
            None => {
                found.insert(word(rest));
            }
        }
    }
    found
}

#[test]
fn imports_follow_the_floors() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let mut wrong = Vec::new();
    for (name, text) in rust_files("src") {
        let Some(module) = name.strip_prefix("src/").and_then(|n| n.split_once('/')).map(|(m, _)| m) else {
            continue;
        };
        let Some(allowed) = floors.get(module) else { continue };
        for import in after(&text, "crate::") {
            if floors.contains_key(import.as_str()) && import != module && !allowed.contains(&import.as_str())
            {
                wrong.push(format!("{name} imports {import}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The rooms of a folder (its files and folders) and who imports whom.
fn rooms(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let absolute = format!("crate::{}::", folder.trim_start_matches("src/").replace('/', "::"));
    for (name, text) in rust_files(folder) {
        let inside = name.strip_prefix(folder).unwrap().trim_start_matches('/');
        let room = inside.split('/').next().unwrap().trim_end_matches(".rs").to_string();
        // Tests may import whom they like; those in a file of their own are only named here.
        let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let depth = inside.split('/').count() - usize::from(inside.ends_with("/mod.rs"));
        let relative = "super::".repeat(depth);
        let to = after(own, &absolute).into_iter().chain(after(own, &relative));
        arrows.entry(room).or_default().extend(to);
    }
    arrows.remove("mod");
    let known: BTreeSet<String> = arrows.keys().cloned().collect();
    for (room, targets) in &mut arrows {
        targets.retain(|t| known.contains(t) && t != room);
    }
    arrows
}

#[test]
fn no_folder_has_a_circle() {
    let folders: BTreeSet<String> = rust_files("src")
        .iter()
        .filter_map(|(name, _)| name.strip_suffix("/mod.rs").map(str::to_string))
        .collect();
    for folder in folders {
        let mut arrows = rooms(&folder);
        loop {
            let leaves: Vec<String> =
                arrows.iter().filter(|(_, to)| to.is_empty()).map(|(room, _)| room.clone()).collect();
            if leaves.is_empty() {
                break;
            }
            arrows.retain(|room, _| !leaves.contains(room));
            for to in arrows.values_mut() {
                to.retain(|t| !leaves.contains(t));
            }
        }
        assert!(arrows.is_empty(), "{folder}: a circle among {arrows:?}");
    }
}

#[test]
fn files_and_functions_stay_small() {
    let mut wrong = Vec::new();
    for (name, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let lines = text.lines().count();
        let limit = if name.starts_with("src/bin/") { MAX_BIN_LINES } else { MAX_FILE_LINES };
        if lines > limit {
            wrong.push(format!("{name}: {lines} lines, at most {limit}"));
        }
        let mut open: Option<(usize, String, usize)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let starts = ["fn ", "pub fn ", "async fn ", "pub async fn ", "pub(crate) fn ", "pub(super) fn "];
            if open.is_none()
                && starts.iter().any(|s| line.trim_start().starts_with(s))
                && !line.ends_with(';')
            {
                open = Some((number, line.trim().to_string(), indent));
            }
            if let Some((start, what, at)) = &open
                && line.trim_end().ends_with('}')
                && indent == *at
            {
                if number - start > MAX_FUNCTION_LINES {
                    wrong.push(format!("{name}:{}: {what} has {} lines", start + 1, number - start));
                }
                open = None;
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = rust_files("src")
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn the_agent_never_parses_yaml_and_never_renders() {
    for (name, text) in rust_files("src/agent").into_iter().chain(rust_files("src/resource")) {
        for word in ["tera::", "serde_yaml", "saphyr", "base::template", "base::yaml"] {
            assert!(!text.contains(word), "{name} names {word}");
        }
    }
}

#[test]
fn every_way_to_exit_is_in_one_file() {
    for (name, text) in rust_files("src") {
        assert!(!text.contains("process::exit("), "{name} exits by itself; return an Exit");
    }
}

#[test]
fn the_top_level_stays_as_it_was_drawn() {
    let found: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| !n.starts_with('.') && n != "target" && !TOP_LEVEL.contains(&n.as_str()))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}
