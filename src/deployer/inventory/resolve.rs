//! From groups and files to one set of variables a host, in Ansible's order.

use std::collections::BTreeSet;

use super::beside::Beside;
use super::connection;
use super::group::{Group, Listed, Tree};
use super::{Host, Vars};
use crate::base::diagnostic::Diagnostic;

/// The hosts with everything that holds for them; mistakes are added to `said`.
pub fn hosts(tree: &Tree, beside: &Beside, extra: &Vars, said: &mut Vec<Diagnostic>) -> Vec<Host> {
    let mut hosts = Vec::new();
    for listed in &tree.hosts {
        let groups = ancestors(tree, listed);
        let own = groups.iter().map(|g| Some(&g.vars));
        let files = groups.iter().map(|g| beside.groups.get(&g.name));
        let last = [Some(&listed.vars), beside.hosts.get(&listed.name), Some(extra)];
        let mut vars = Vars::new();
        for layer in own.chain(files).chain(last).flatten() {
            vars.extend(layer.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        let connection = connection::of(&listed.name, &vars, said);
        let groups = groups.into_iter().map(|g| g.name.clone()).collect();
        let (name, span) = (listed.name.clone(), listed.span.clone());
        hosts.push(Host { name, span, groups, vars, connection });
    }
    hosts
}

/// Every group a host is in: parents before children, then by priority, then by name.
fn ancestors<'t>(tree: &'t Tree, host: &Listed) -> Vec<&'t Group> {
    let mut names: BTreeSet<&str> = host.groups.iter().map(String::as_str).collect();
    names.insert("all");
    loop {
        let parents: Vec<&str> = tree
            .groups
            .iter()
            .filter(|g| !names.contains(g.name.as_str()))
            .filter(|g| g.children.iter().any(|c| names.contains(c.as_str())))
            .map(|g| g.name.as_str())
            .collect();
        if parents.is_empty() {
            break;
        }
        names.extend(parents);
    }
    let mut groups: Vec<&Group> = tree.groups.iter().filter(|g| names.contains(g.name.as_str())).collect();
    groups.sort_by_key(|g| (g.depth, g.priority, g.name.as_str()));
    groups
}
