//! What templates and playbooks can name on one host: the inventory's variables over the play's defaults, the
//! facts, and everything that was decided about apps and sites.

mod app;
mod balance;
mod haproxy;
mod hardening;
mod header;
mod layout;
mod limit;
mod page;
mod site;
mod tls;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::agent::facts::Facts;
use crate::base::template::Values;
use crate::resource::service::init::Init;

use super::balance::{Link, Seat};
use super::code::Shelf;
use super::inventory::Host;
use super::playbook::Play;
use super::python::Installed;
use super::stack::{App, Database, Server, Site, Stack};
use layout::Layout;

/// What is known of a host when a play is compiled for it.
pub struct Scene<'a> {
    /// The play.
    pub play: &'a Play,
    /// The host.
    pub host: &'a Host,
    /// What is true of it.
    pub facts: &'a Facts,
    /// What it is to run.
    pub stack: &'a Stack,
    /// Who passes requests on to whom.
    pub links: &'a [Link],
    /// The code of its Python applications.
    pub shelf: &'a Shelf,
}

impl Scene<'_> {
    /// The hosts behind a site of this host; none if it does not balance.
    fn seats(&self, id: &str) -> &[Seat] {
        let ours = |link: &&Link| link.balancer == self.host.name && link.id == id;
        self.links.iter().find(ours).map(|link| &link.seats[..]).unwrap_or_default()
    }

    /// The addresses of the balancers in front of a site of this host, in order, each once.
    fn balancers(&self, site: &Site) -> BTreeSet<String> {
        let in_front = self.links.iter().filter(|link| site.is_at(link.port) && link.has(&self.host.name));
        in_front.map(|link| link.address.to_string()).collect()
    }
}

/// Fills in everything that holds for a host in a play.
pub fn fill(values: &mut Values, scene: &Scene) {
    let Scene { play, host, facts, stack, .. } = scene;
    let mut vars: Map<String, Value> =
        play.vars.iter().map(|(k, v)| (k.value.clone(), v.to_json())).collect();
    vars.extend(host.vars.iter().map(|(name, node)| (name.clone(), node.to_json())));
    let layout = Layout::of(&vars, facts);
    vars.insert("inventory_hostname".into(), host.name.as_str().into());
    vars.insert("facts".into(), serde_json::to_value(facts).unwrap_or_default());
    let installed = |app| installed(app, scene, &layout);
    let apps = stack.apps.iter().enumerate();
    let apps =
        apps.map(|(index, app)| app::values(index, app, installed(app).as_ref(), &stack.database, &layout));
    vars.insert("apps".into(), apps.collect());
    let python = stack.apps.iter().filter_map(|app| Some((app, installed(app)?)));
    vars.extend(python_values(&python.collect::<Vec<_>>(), &stack.database, &layout));
    vars.insert("haproxy".into(), haproxy::values(scene, &layout));
    let of_nginx = stack.sites.iter().filter(|one| one.haproxy().is_none());
    let sites: Vec<Value> = of_nginx.map(|one| site::values(one, scene, &layout)).collect();
    vars.insert("balanced".into(), sites.iter().filter(|site| !site["balance"].is_null()).cloned().collect());
    vars.insert("sites".into(), sites.into_iter().map(site::file).collect());
    vars.insert("probes".into(), stack.probes.iter().map(|probe| site::probe(probe, stack, host)).collect());
    vars.extend(tls::certificates(stack.sites.iter().map(|one| (one, one.id())), host));
    vars.insert("hardening".into(), hardening::values(stack, facts));
    vars.insert("database".into(), database(&stack.database, &layout));
    vars.insert("uses_database".into(), stack.apps.iter().any(|a| app::uses_database(&a.run)).into());
    let env_mode = if layout.init == Init::Systemd { "0600" } else { "0640" };
    vars.insert("env_mode".into(), env_mode.into());
    vars.insert("unit_template".into(), layout.unit_template().into());
    for (name, value) in &vars {
        values.insert(name, value);
    }
}

/// Where the apps of a host listen: `HOST:PORT`, or a path.
pub fn listening(stack: &Stack, facts: &Facts) -> Vec<String> {
    stack.apps.iter().enumerate().map(|(index, app)| layout::listen(facts.init, index, app)).collect()
}

/// Where a Python application goes.
fn installed<'a>(app: &'a App, scene: &Scene<'a>, layout: &Layout) -> Option<Installed<'a>> {
    let wsgi = app.run.wsgi()?;
    Some(Installed::new(&app.name, wsgi, scene.shelf.get(wsgi)?, &layout.root, scene.facts))
}

/// What the Python applications need before they can run: each thing once.
fn python_values(apps: &[(&App, Installed)], database: &Database, layout: &Layout) -> Map<String, Value> {
    let mut packages: Vec<String> = apps.iter().flat_map(|(_, installed)| installed.packages()).collect();
    packages.sort();
    packages.dedup();
    let mut envs: Vec<Value> = Vec::new();
    for env in apps.iter().filter_map(|(_, installed)| installed.env()) {
        if !envs.iter().any(|other| other["path"] == env["path"]) {
            envs.push(env);
        }
    }
    let paths: Value = envs.iter().map(|env| env["path"].clone()).collect();
    envs.iter_mut().for_each(|env| env["spare"] = paths.clone());
    let release = |(app, installed): &(&App, Installed)| {
        // What systemd sets by itself comes first: the application's own wins.
        let mut env =
            ["HOME", "STATE_DIRECTORY"].map(|name| (name.to_string(), layout.state.clone())).to_vec();
        env.extend(app::environment(app, database, layout));
        installed.release(&app.name, &layout.user, &env)
    };
    let mut values = Map::new();
    values.insert("python_packages".into(), packages.into());
    values.insert("python_envs".into(), envs.into());
    values.insert("python_apps".into(), apps.iter().map(release).collect());
    values
}

/// What the playbook needs to know of the rows: the application's variables; whether the host has a server of its own,
/// and what its account is made with.
fn database(database: &Database, layout: &Layout) -> Value {
    let setup = |server: &Server| json!({ "SQL": server.sql(), "NAME": server.name, "ACCOUNT": server.user, "PASSWORD": server.password() });
    json!({
        "env": database.environment(&layout.database()).into_iter().collect::<BTreeMap<_, _>>(),
        "own": database.own().is_some(),
        "setup": database.own().map_or_else(|| json!({}), setup),
    })
}
