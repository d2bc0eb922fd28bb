//! `group_vars/` and `host_vars/` beside an inventory: `NAME`, `NAME.yml`, `NAME.yaml`, `NAME.json`, or a directory.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::group::Tree;
use super::{Vars, known};
use crate::base::diagnostic::{Diagnostic, did_you_mean};
use crate::base::source::Source;
use crate::base::yaml::{self, Node, Value};

/// Variables found beside the inventory.
#[derive(Debug, Default)]
pub struct Beside {
    /// By group.
    pub groups: HashMap<String, Vars>,
    /// By host.
    pub hosts: HashMap<String, Vars>,
}

/// Reads the variables of every group and host of the tree; mistakes are added to `said`.
pub fn read(directory: &Path, tree: &Tree, said: &mut Vec<Diagnostic>) -> Beside {
    let groups: Vec<&str> = tree.groups.iter().map(|g| g.name.as_str()).collect();
    let hosts: Vec<&str> = tree.hosts.iter().map(|h| h.name.as_str()).collect();
    Beside {
        groups: each(&directory.join("group_vars"), &groups, "group", said),
        hosts: each(&directory.join("host_vars"), &hosts, "host", said),
    }
}

fn each(directory: &Path, names: &[&str], what: &str, said: &mut Vec<Diagnostic>) -> HashMap<String, Vars> {
    let mut found = HashMap::new();
    if !directory.is_dir() {
        return found;
    }
    for name in names {
        let mut vars = Vars::new();
        for file in files(directory, name) {
            match load(&file) {
                Ok(node) => take(&node, &mut vars, said),
                Err(e) => said.push(e),
            }
        }
        if !vars.is_empty() {
            found.insert((*name).to_string(), vars);
        }
    }
    said.extend(strangers(directory, names, what));
    found
}

/// The first that exists of `NAME`, `NAME.yml`, …; of a directory all files, in order.
fn files(directory: &Path, name: &str) -> Vec<PathBuf> {
    let candidates = ["", ".yml", ".yaml", ".json"].map(|end| directory.join(format!("{name}{end}")));
    match candidates.into_iter().find(|path| path.exists()) {
        Some(path) if path.is_dir() => inside(&path),
        Some(path) => vec![path],
        None => Vec::new(),
    }
}

fn inside(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    let kept = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let end = path.extension().map(|e| e.to_string_lossy().into_owned());
        let known = end.is_none_or(|end| ["yml", "yaml", "json"].contains(&end.as_str()));
        !name.starts_with('.') && !name.ends_with('~') && (known || path.is_dir())
    };
    paths.into_iter().filter(kept).flat_map(|p| if p.is_dir() { inside(&p) } else { vec![p] }).collect()
}

fn load(path: &Path) -> Result<Node, Diagnostic> {
    let source = Source::read(path).map_err(|e| {
        Diagnostic::error(format!("the variables in `{}` cannot be read", path.display()))
            .label(e.to_string())
    })?;
    if source.text.starts_with("$ANSIBLE_VAULT") {
        return Err(Diagnostic::error(format!(
            "`{}` is a vault of Ansible and cannot be read",
            path.display()
        ))
        .fix("keep the secret elsewhere and fetch it: `!env NAME`, `!file PATH` or `!command [sops, …]`"));
    }
    yaml::parse(&source)
}

fn take(node: &Node, vars: &mut Vars, said: &mut Vec<Diagnostic>) {
    if !matches!(node.value, Value::Map(_) | Value::Null) {
        let message = format!("a file of variables is a map, found {}", node.kind());
        said.push(Diagnostic::error(message).at(&node.span).fix("write `name: value`"));
    }
    for (key, value) in node.entries() {
        known::check_variable(key, value, said);
        vars.insert(key.value.clone(), value.clone());
    }
}

/// Files whose name is nearly that of a group or host; others may belong to another inventory in this directory.
fn strangers(directory: &Path, names: &[&str], what: &str) -> Vec<Diagnostic> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<Diagnostic> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let file = path.file_name()?.to_str()?.to_string();
            let stem = [".yml", ".yaml", ".json"].iter().find_map(|e| file.strip_suffix(e)).unwrap_or(&file);
            let word = did_you_mean(stem, names.iter().copied()).filter(|_| !names.contains(&stem))?;
            let only = !names.iter().any(|n| *n == word && !files(directory, n).is_empty());
            only.then(|| {
                Diagnostic::warning(format!("`{}` belongs to no {what}", path.display()))
                    .fix(format!("did you mean `{word}`?"))
            })
        })
        .collect();
    found.sort_by(|a, b| a.message.cmp(&b.message));
    found
}
