//! What a host is to run: its apps, the site in front of them and the probes that prove it.
//!
//! Read from the variables `apps`, `database`, `site` or `sites`, `probes` and `hardening`. Limits: 1 to 256 workers an
//! app; ports 1 to 65535; an app's name has at most 32 characters (it becomes a unit's name); a Unix socket's path at
//! most 107 bytes (the kernel's limit).

mod app;
mod bind;
mod check;
mod database;
mod hardening;
pub mod name;
mod probe;
mod setting;
mod site;
mod tls;
mod word;
mod wsgi;

use crate::base::diagnostic::Diagnostic;
use crate::base::secret::Secret;
use crate::base::yaml::{Node, Spanned, Value};
use crate::deployer::inventory::{Host, in_order};

pub use app::{App, Route, Run, Slashes};
pub use bind::Bind;
pub use database::{Database, Peer, Server};
pub use hardening::{Hardening, Protocol};
pub use probe::{Expect, Probe};
pub use setting::{Setting, Words};
pub use site::{
    AccessLog, Balance, ErrorPage, Maintenance, Method, PREFIX, Page, Program, ProxyProtocol, RateLimit,
    Redirect, Site, Snippet, Timeouts,
};
pub use tls::{Issuer, Profile, Tls};
pub use wsgi::{Origin, Python, Wsgi};

/// What a host is to run; empty for a host without `apps`, `site` and `probes`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// In the order of the file.
    pub apps: Vec<App>,
    /// Where the bundled ones keep their rows.
    pub database: Database,
    /// The sites in front of them, at least one; the first is that of apps and probes that name none.
    pub sites: Vec<Site>,
    /// In the order of the file, then the health of every app that no other probe asks for.
    pub probes: Vec<Probe>,
    /// What its playbook for hardening is told.
    pub hardening: Hardening,
    /// What is suspicious and no error.
    pub warnings: Vec<Diagnostic>,
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            database: Database::default(),
            sites: vec![Site::default()],
            probes: Vec::new(),
            hardening: Hardening::default(),
            warnings: Vec::new(),
        }
    }
}

impl Stack {
    /// Reads what a host is to run. Secrets stay unfetched.
    ///
    /// Errors: every mistake of these variables at once: unknown keys, a bind, path or name used twice, what nginx
    /// or a unit could not carry.
    pub fn of(host: &Host, words: Words) -> Result<Self, Vec<Diagnostic>> {
        let mut said = Vec::new();
        let mut stack = Self::default();
        if let Some(apps) = map(host, "apps", &mut said) {
            stack.apps =
                apps.iter().filter_map(|(name, body)| app::read(name, body, words, &mut said)).collect();
        }
        if let Some(node) = host.vars.get("database").filter(|n| !n.is_null()) {
            stack.database = database::read(node, &mut said);
        }
        if let Some(node) = host.vars.get("hardening").filter(|n| !n.is_null()) {
            stack.hardening = hardening::read(node, &mut said);
        }
        stack.sites = sites(host, &mut said);
        if let Some(probes) = list(host, "probes", &mut said) {
            stack.probes = probes.iter().filter_map(|node| probe::read(node, &mut said)).collect();
        }
        check::conflicts(&stack, &mut said);
        if !said.is_empty() {
            return Err(in_order(said));
        }
        for health in stack.healths() {
            let site = |probe: &Probe| &stack.site_named(probe.site.as_ref()).name;
            let asks = |probe: &Probe| probe.get.value == health.get.value && site(probe) == site(&health);
            if !stack.probes.iter().any(asks) {
                stack.probes.push(health);
            }
        }
        stack.warnings = check::uncovered(&stack);
        Ok(stack)
    }

    /// A probe of the health of every app and of every group that a site passes requests on to.
    fn healths(&self) -> Vec<Probe> {
        let apps = self
            .apps
            .iter()
            .filter_map(|app| Some(Probe::of_health(&app.name, app.site.as_ref(), app.health.as_ref()?)));
        let groups = self.sites.iter().filter_map(|site| {
            let balance = site.balance.as_ref()?;
            Some(Probe::of_health(&balance.group, site.name.as_ref(), balance.health.as_ref()?))
        });
        apps.chain(groups).collect()
    }

    /// The site of that name; the first one if there is none.
    pub fn site_named(&self, name: Option<&Spanned<String>>) -> &Site {
        let has_it = |site: &&Site| site.name.as_deref() == name.map(|name| &name.value);
        self.sites.iter().find(has_it).unwrap_or(&self.sites[0])
    }

    /// The sites that a balancer asks at a port.
    pub fn sites_at(&self, port: u16) -> impl Iterator<Item = &Site> {
        self.sites.iter().filter(move |site| site.is_at(port))
    }

    /// The site that an app answers on.
    pub fn site_of(&self, app: &App) -> &Site {
        self.site_named(app.site.as_ref())
    }

    /// What must not be told, though it may stand in the inventory in clear.
    pub fn secrets(&self) -> Vec<Secret> {
        let keys = self.sites.iter().filter_map(|site| match &site.tls.as_ref()?.issuer {
            Issuer::Files(pair) => pair.key.clone(),
            _ => None,
        });
        self.database.password().into_iter().chain(keys).collect()
    }

    /// Whether strangers are turned away beside a site: it is the first on a port of which every site has names. A site
    /// without names answers everybody by itself.
    pub fn turns_away(&self, site: &Site, port: fn(&Site) -> Option<u16>) -> bool {
        let mut here = self.sites.iter().filter(|other| port(other) == port(site));
        let is_first = here.clone().next().is_some_and(|first| first.name == site.name);
        is_first && here.all(|other| !other.server_name.is_empty())
    }

    /// The apps that answer on a site.
    pub fn apps_of(&self, site: &Site) -> impl Iterator<Item = &App> {
        self.apps.iter().filter(move |app| self.site_of(app).name == site.name)
    }
}

/// `site` is one, `sites` a map of several by name.
fn sites(host: &Host, said: &mut Vec<Diagnostic>) -> Vec<Site> {
    let several = map(host, "sites", said).unwrap_or_default();
    let one = host.vars.get("site").filter(|n| !n.is_null());
    if let (Some(one), Some((first, _))) = (one, several.first()) {
        let both = Diagnostic::error("`site` and `sites` cannot both be given").at(&one.span);
        said.push(
            both.note("sites", first.span.to_string()).fix("write the one below `sites` too, with a name"),
        );
    }
    let named = several.iter().map(|(name, node)| site::named(name, node, said));
    let sites: Vec<Site> = named.collect();
    match one {
        _ if !sites.is_empty() => sites,
        Some(node) => vec![site::read(node, said)],
        None => vec![Site::default()],
    }
}

type Named = (Spanned<String>, Node);

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
