//! A site of Nginx as templates see it, and the probes that ask it.

use serde_json::{Map, Value, json};

use super::Scene;
use super::balance;
use super::layout::{Layout, announced, listen};
use super::{header, limit, page, tls};
use crate::deployer::inventory::Host;
use crate::deployer::nginx;
use crate::deployer::stack::name;
use crate::deployer::stack::{AccessLog, App, PREFIX, Probe, Route, Site, Stack};

/// When a request came, on which connection, and as which one there. Random digits, as Nginx's own number has, would cost a
/// fifth of all that it does for a request.
const NUMBER: &str = r#""$msec-$connection-$connection_requests""#;

fn upstream(app: &App) -> String {
    format!("{PREFIX}_{}", app.name.value.replace('-', "_"))
}

/// Everything about one site of a host.
pub fn values(site: &Site, scene: &Scene, layout: &Layout) -> Value {
    let Scene { host, stack, .. } = scene;
    let id = site.id();
    let apps: Vec<&App> = stack.apps_of(site).collect();
    let names = if site.server_name.is_empty() { vec![host.name.clone()] } else { site.server_name.clone() };
    let of_apps = apps.iter().flat_map(|app| app.statics.iter().map(move |entry| (Some(*app), entry)));
    let statics = || of_apps.clone().chain(site.statics.iter().map(|entry| (None, entry)));
    let has_root = apps.iter().flat_map(|app| &app.routes).map(|route| &route.path);
    let has_root = has_root.chain(statics().map(|(_, (path, _))| path)).any(|path| path.value == "/");
    let has_websockets = apps.iter().flat_map(|app| &app.routes).any(|route| route.websocket);
    let balance = balance::balance(site, &id, scene, layout);
    let told = balance::told(site, &id, scene, layout);
    let log = log(site, &id, layout);
    let plain = layout.addresses(site.listen, announced(site), site.server_name.is_empty());
    json!({
        "id": id,
        "balance": balance,
        "told": told,
        "name": site.name.as_deref().map_or("", String::as_str),
        "host": host.name,
        "listens": tls::listens(site, &plain, layout),
        "tls": tls::values(site, stack, (&id, &plain), layout),
        "strangers": strangers(site, stack, layout),
        "server_name": names,
        "limit": limit::values(site, &id, &apps),
        "header": header::values(site, &host.name),
        "always": if layout.nginx >= nginx::ALWAYS { " always" } else { "" },
        "request_id": request_id(&id, &told, &log),
        "gzip": site.gzip,
        "gzip_static": layout.gzip_static,
        "log": log,
        "redirects": page::redirects(site, layout),
        "error_pages": page::errors(site),
        "maintenance": page::maintenance(site),
        "snippet": site.snippet.as_ref().map(|own| json!({ "name": own.name, "text": own.text() })),
        "proxied": proxied(&apps, stack, layout),
        "websockets": site.maintenance.is_none() && (has_websockets || site.balance.is_some()),
        "has_root": has_root || site.balance.is_some(),
        "statics": statics().map(|(app, (path, dir))| json!({ "path": path.value, "dir": layout.directory(app, dir) })).collect::<Vec<_>>(),
    })
}

/// The file of a site of Nginx: what it is called, the files that it includes, and its values for the template.
pub fn file(site: Value) -> Value {
    let included: Vec<&Value> = site["balance"].get("file").into_iter().collect();
    json!({ "name": site["id"], "reload_when": included, "site": site })
}

/// Where nginx must turn strangers away who come by plain HTTP.
fn strangers(site: &Site, stack: &Stack, layout: &Layout) -> Vec<String> {
    match stack.turns_away(site, |site| Some(site.listen)) {
        true => layout.addresses(site.listen, announced(site), true),
        false => Vec::new(),
    }
}

/// Where requests are written down; null leaves it to the host.
fn log(site: &Site, id: &str, layout: &Layout) -> Value {
    let is_json = layout.nginx >= nginx::JSON;
    match site.access_log {
        None => Value::Null,
        Some(AccessLog::Off) => json!({ "kind": "off" }),
        Some(AccessLog::Json) if is_json => {
            json!({ "kind": "json", "path": format!("/var/log/nginx/{id}.log") })
        }
        Some(AccessLog::Json | AccessLog::Combined) => {
            json!({ "kind": "combined", "path": "/var/log/nginx/access.log" })
        }
    }
}

/// The number of a request as applications are told it: one of this host's if its log shows it, else a balancer's or none,
/// and the application server makes one.
fn request_id(id: &str, told: &Value, log: &Value) -> Value {
    let is_logged = log["kind"] == "json";
    let number = if is_logged { NUMBER } else { r#""""# };
    match is_logged || told["sees_peer"] == true {
        true => json!({ "number": number, "is_variable": true, "told": format!("${id}_request") }),
        false => json!({ "number": number, "is_variable": false, "told": number }),
    }
}

/// The apps that answer on the site.
fn proxied(apps: &[&App], stack: &Stack, layout: &Layout) -> Vec<Value> {
    let proxied = apps.iter().filter(|app| !app.routes.is_empty()).map(|app| {
        let index = stack.apps.iter().position(|other| other.name == app.name).unwrap_or_default();
        let listen = listen(layout.init, index, app);
        let server = if listen.starts_with('/') { format!("unix:{listen}") } else { listen };
        let locations = app.routes.iter().flat_map(|route| {
            matches(route)
                .into_iter()
                .map(|matched| json!({ "match": matched, "websocket": route.websocket }))
        });
        let locations: Vec<Value> = locations.collect();
        json!({ "name": app.name.value, "upstream": upstream(app), "server": server, "locations": locations })
    });
    proxied.collect()
}

/// The locations of a route: both forms of its path, whatever becomes of the other one, which is for the application
/// server to say. With one of them alone, Nginx would answer the other by itself; a prefix without its slash would take
/// `/apifoo` for `/api`.
fn matches(route: &Route) -> Vec<String> {
    match route.bare() {
        "" => vec!["/".to_string()],
        bare => vec![format!("= {bare}"), format!("^~ {bare}/")],
    }
}

/// A probe with the port and the name of the site that it asks.
pub fn probe(probe: &Probe, stack: &Stack, host: &Host) -> Value {
    let site = stack.site_named(probe.site.as_ref());
    let expect = match &site.maintenance {
        // Then the page that says so is what is proven.
        Some(_) => json!({ "status": 503 }),
        None => expect(probe),
    };
    let mut value =
        json!({ "name": probe.name.value, "get": probe.get.value, "port": site.listen, "expect": expect });
    if let Some(host) = probe.host.clone().or_else(|| asked_by(site)) {
        value["host"] = host.into();
    }
    if site.proxy_protocol.is_some() {
        value["proxy_protocol"] = true.into();
    }
    if let Some(of_site) = &site.tls {
        value["port"] = of_site.listen.into();
        value["tls"] = tls::shown(site, &site.id(), probe.host.as_deref(), host);
    }
    value
}

fn expect(probe: &Probe) -> Value {
    let header: Map<String, Value> =
        probe.expect.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut expect = json!({ "status": probe.expect.status, "header": header });
    if let Some(body) = &probe.expect.body {
        expect["body"] = body.as_str().into();
    }
    expect
}

/// The Host by which a site is asked: its first name, as a browser would write it; none for a site without names.
pub fn asked_by(site: &Site) -> Option<String> {
    let name = name::examples(site.server_name.first()?).into_iter().next()?;
    let (port, usual) = site.tls.as_ref().map_or((site.listen, 80), |tls| (tls.listen, 443));
    Some(if port == usual { name } else { format!("{name}:{port}") })
}
