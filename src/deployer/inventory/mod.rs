//! The inventory: which hosts there are, how they are reached, and every variable they have.
//!
//! The shape is Ansible's YAML inventory
//! (<https://docs.ansible.com/ansible/latest/collections/ansible/builtin/yaml_inventory.html>): groups with `hosts`,
//! `children`, `vars`; a root with or without `all`; bodies of nothing; ranges in names; `group_vars/` and `host_vars/`
//! beside the file. Variables win in Ansible's order: the file's `all` < its groups, parent before child, then
//! alphabetical < `group_vars/all` < other `group_vars` < the host < `host_vars` < `-e`. A later value replaces an
//! earlier one whole; maps are not merged. Values are not templates here.

mod beside;
mod connection;
mod extra;
mod group;
mod known;
mod listing;
mod pattern;
mod range;
mod resolve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Level};
use crate::base::source::{Source, Span};
use crate::base::yaml::{self, Node};

pub use connection::{Connection, HostKey};
pub use group::Group;

/// Variables by name; their places survive in the nodes.
pub type Vars = BTreeMap<String, Node>;

/// All hosts and groups, resolved.
#[derive(Debug)]
pub struct Inventory {
    /// The file it was read from.
    pub path: PathBuf,
    /// In the order of the file.
    pub hosts: Vec<Host>,
    /// `all`, `ungrouped`, then the others in the order of the file.
    pub groups: Vec<Group>,
    /// What is suspicious and no error.
    pub warnings: Vec<Diagnostic>,
}

/// A host with everything that holds for it.
#[derive(Clone, Debug)]
pub struct Host {
    /// The name in the inventory.
    pub name: String,
    /// Where it is listed first.
    pub span: Span,
    /// Every group it is in, parents before children; `all` is the first.
    pub groups: Vec<String>,
    /// Every variable that holds for it.
    pub vars: Vars,
    /// How it is reached.
    pub connection: Connection,
}

impl Inventory {
    /// Reads an inventory, the variables beside it and `-e KEY=VALUE` from the command line.
    ///
    /// Errors: every mistake at once: broken YAML, unknown keys, a host with two addresses, no host at all, …
    pub fn load(path: &Path, extra: &[(String, String)]) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::read(path).map_err(|e| vec![unreadable(path, &e)])?;
        Self::read(&source, path, extra)
    }

    fn read(source: &Arc<Source>, path: &Path, extra: &[(String, String)]) -> Result<Self, Vec<Diagnostic>> {
        let mut said = Vec::new();
        let root = yaml::parse(source).map_err(|e| vec![not_yaml(source, e)])?;
        let tree = group::read(&root, &mut said);
        let beside = beside::read(path.parent().unwrap_or(Path::new("")), &tree, &mut said);
        let extra = extra::read(extra, &mut said);
        let hosts = resolve::hosts(&tree, &beside, &extra, &mut said);
        if hosts.is_empty() && said.iter().all(|d| d.level == Level::Warning) {
            said.push(
                Diagnostic::error("the inventory names no host")
                    .at(&root.span)
                    .fix("list one: `all: { hosts: { web-01: { ansible_host: 203.0.113.10 } } }`"),
            );
        }
        let (errors, warnings): (Vec<_>, Vec<_>) = said.into_iter().partition(|d| d.level == Level::Error);
        if !errors.is_empty() {
            return Err(in_order(errors));
        }
        Ok(Self { path: path.into(), hosts, groups: tree.groups, warnings })
    }

    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|h| h.name == name)
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }
}

/// Complaints in the order of the text they point at, file after file as they came.
pub fn in_order(mut said: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut files: Vec<String> = Vec::new();
    for name in said.iter().filter_map(|d| d.span.as_ref()).map(|span| &span.source.name) {
        if !files.contains(name) {
            files.push(name.clone());
        }
    }
    said.sort_by_key(|d| {
        d.span.as_ref().map(|s| (files.iter().position(|f| *f == s.source.name), s.line, s.column))
    });
    said
}

fn unreadable(path: &Path, why: &std::io::Error) -> Diagnostic {
    let shown = path.display();
    let said = Diagnostic::error(format!("the inventory `{shown}` cannot be read"));
    if path.is_dir() {
        return said.label("it is a directory").fix("name a file in it; one inventory is one YAML file");
    }
    said.label(why.to_string()).fix("name an inventory that exists; `deployer init` writes one to start from")
}

/// People also hand us Ansible's INI inventories.
fn not_yaml(source: &Source, broken: Diagnostic) -> Diagnostic {
    let ini = source.text.lines().any(|line| {
        line.trim().strip_prefix('[').and_then(|l| l.strip_suffix(']')).is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-:.".contains(c))
        })
    });
    if !ini {
        return broken;
    }
    broken.note("note", "this looks like an INI inventory; only YAML is read").fix(format!(
        "convert it: ansible-inventory -i {} --list --yaml --export > inventory.yml",
        source.name
    ))
}

#[cfg(test)]
mod tests;
