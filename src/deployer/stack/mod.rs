//! What a host is to run: its apps, the site in front of them and the probes that prove it.
//!
//! Read from the variables `apps`, `database`, `site` and `probes`. Limits: 1 to 256 workers an app; ports 1 to 65535; an app's name
//! has at most 32 characters (it becomes a unit's name); a Unix socket's path at most 107 bytes (the kernel's limit);
//! TLS, rate limits and redirecting slashes are refused by name.

mod app;
mod bind;
mod check;
mod database;
mod probe;
mod site;
mod word;
mod wsgi;

use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Node, Value};
use crate::deployer::inventory::{Host, in_order};

pub use app::{App, Route, Run, Slashes};
pub use bind::Bind;
pub use database::{Database, Peer, Server};
pub use probe::{Expect, Probe};
pub use site::{ErrorPage, Page, Redirect, Site};
pub use wsgi::{Origin, Python, Wsgi};

/// What a host is to run; empty for a host without `apps`, `site` and `probes`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// In the order of the file.
    pub apps: Vec<App>,
    /// Where the bundled ones keep their rows.
    pub database: Database,
    /// The site in front of them.
    pub site: Site,
    /// In the order of the file, then the health of every app that no other probe asks for.
    pub probes: Vec<Probe>,
    /// What is suspicious and no error.
    pub warnings: Vec<Diagnostic>,
}

impl Stack {
    /// Reads what a host is to run. Secrets stay unfetched.
    ///
    /// Errors: every mistake of these variables at once: unknown keys, a bind, path or name used twice, what nginx
    /// or a unit could not carry, what this version does not support yet.
    pub fn of(host: &Host) -> Result<Self, Vec<Diagnostic>> {
        let mut said = Vec::new();
        let mut stack = Self::default();
        if let Some(apps) = map(host, "apps", &mut said) {
            stack.apps = apps.iter().filter_map(|(name, body)| app::read(name, body, &mut said)).collect();
        }
        if let Some(node) = host.vars.get("database").filter(|n| !n.is_null()) {
            stack.database = database::read(node, &mut said);
        }
        if let Some(node) = host.vars.get("site").filter(|n| !n.is_null()) {
            stack.site = site::read(node, &mut said);
        }
        if let Some(probes) = list(host, "probes", &mut said) {
            stack.probes = probes.iter().filter_map(|node| probe::read(node, &mut said)).collect();
        }
        check::conflicts(&stack, &mut said);
        if !said.is_empty() {
            return Err(in_order(said));
        }
        for (app, health) in stack.apps.iter().filter_map(|app| Some((app, app.health.as_ref()?))) {
            if !stack.probes.iter().any(|probe| probe.get.value == health.value) {
                stack.probes.push(Probe::of_health(&app.name, health));
            }
        }
        stack.warnings = check::uncovered(&stack);
        Ok(stack)
    }
}

type Named = (crate::base::yaml::Spanned<String>, Node);

fn map<'h>(host: &'h Host, key: &str, said: &mut Vec<Diagnostic>) -> Option<&'h [Named]> {
    let node = host.vars.get(key).filter(|n| !n.is_null())?;
    if !matches!(node.value, Value::Map(_)) {
        let message = format!("`{key}` is a map by name, found {}", node.kind());
        said.push(
            Diagnostic::error(message).at(&node.span).fix(format!("write `{key}: {{ web: {{ … }} }}`")),
        );
    }
    Some(node.entries())
}

fn list<'h>(host: &'h Host, key: &str, said: &mut Vec<Diagnostic>) -> Option<&'h [Node]> {
    let node = host.vars.get(key).filter(|n| !n.is_null())?;
    if !matches!(node.value, Value::Seq(_)) {
        let message = format!("`{key}` is a list, found {}", node.kind());
        said.push(
            Diagnostic::error(message)
                .at(&node.span)
                .fix(format!("write `{key}: [{{ name: home, get: / }}]`")),
        );
    }
    Some(node.items())
}

#[cfg(test)]
mod tests;
