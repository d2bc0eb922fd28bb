//! A site of Nginx as templates see it, and the probes that ask it.

use serde_json::{Map, Value, json};

use super::Scene;
use super::balance;
use super::layout::Layout;
use crate::deployer::balance::servers_file;
use crate::deployer::stack::{App, PREFIX, Page, Probe, Run, Site, Stack};

/// The first Nginx whose `add_header` knows `always`.
const ALWAYS_SINCE: [u32; 3] = [1, 7, 5];
/// The first Nginx that numbers requests.
const REQUEST_ID_SINCE: [u32; 3] = [1, 11, 0];

fn upstream(app: &App) -> String {
    format!("{PREFIX}_{}", app.name.value.replace('-', "_"))
}

/// Hosts send pictures of up to 5 MB to the bundled pages.
fn takes_pictures(run: &Run) -> bool {
    matches!(run, Run::Hbnb | Run::Web)
}

/// Everything about one site of a host.
pub fn values(site: &Site, scene: &Scene, layout: &Layout) -> Value {
    let Scene { host, stack, .. } = scene;
    let id = site.id();
    let apps: Vec<&App> = stack.apps_of(site).collect();
    // A site that balances shows who answered behind it, and is named itself only where it answers alone.
    let mut headers =
        Vec::from_iter(site.balance.is_none().then(|| json!({ "name": "X-Served-By", "value": host.name })));
    headers.extend(site.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })));
    let names = if site.server_name.is_empty() { vec![host.name.clone()] } else { site.server_name.clone() };
    let of_apps = apps.iter().flat_map(|app| app.statics.iter().map(move |entry| (Some(*app), entry)));
    let statics = || of_apps.clone().chain(site.statics.iter().map(|entry| (None, entry)));
    let has_root = apps.iter().flat_map(|app| &app.routes).map(|route| &route.path);
    let has_root = has_root.chain(statics().map(|(_, (path, _))| path)).any(|path| path.value == "/");
    let balance = balance::balance(site, &id, scene, layout);
    json!({
        "id": id,
        "host": host.name,
        "reload_when": site.balance.iter().map(|_| servers_file(&id)).collect::<Vec<_>>(),
        "balance": balance,
        "told": balance::told(site, &id, scene, layout),
        "name": site.name.as_deref().map_or("", String::as_str),
        "listens": listens(site.listen, layout),
        // The first site of a port answers to names that none has.
        "default_server": stack.sites.iter().find(|other| other.listen == site.listen).is_some_and(|first| first.name == site.name),
        "server_name": names,
        "body_limit": if site.balance.is_some() || apps.iter().any(|app| takes_pictures(&app.run)) { "6m" } else { "1m" },
        "headers": headers,
        "always": if layout.nginx >= ALWAYS_SINCE { " always" } else { "" },
        "request_id": layout.nginx >= REQUEST_ID_SINCE,
        "redirects": site.redirects.iter().map(|r| json!({ "path": r.path.value, "target": r.target })).collect::<Vec<_>>(),
        "error_pages": site.error_pages.iter().map(|p| error_page(p.status, &p.page)).collect::<Vec<_>>(),
        "proxied": proxied(site, stack, layout),
        "has_root": has_root || site.balance.is_some(),
        "statics": statics().map(|(app, (path, dir))| json!({ "path": path.value, "dir": layout.directory(app, dir) })).collect::<Vec<_>>(),
    })
}

/// Where nginx listens; without IPv6 in the kernel it would not start on `[::]`.
fn listens(port: u16, layout: &Layout) -> Vec<String> {
    let mut listens = vec![port.to_string()];
    listens.extend(layout.ipv6.then(|| format!("[::]:{port}")));
    listens
}

/// The apps that answer on the site.
fn proxied(site: &Site, stack: &Stack, layout: &Layout) -> Vec<Value> {
    let on_it = |app: &App| !app.routes.is_empty() && stack.site_of(app).name == site.name;
    let routed = stack.apps.iter().enumerate().filter(|(_, app)| on_it(app));
    let proxied = routed.map(|(index, app)| {
        let listen = layout.listen(index, app);
        let server = if listen.starts_with('/') { format!("unix:{listen}") } else { listen };
        json!({ "name": app.name.value, "upstream": upstream(app), "server": server, "locations": locations(app) })
    });
    proxied.collect()
}

/// The locations of an app's routes: both forms of each path, whatever becomes of the other one, which is for the
/// application server to say. With one of them alone, Nginx would answer the other by itself; a prefix without its slash
/// would take `/apifoo` for `/api`.
fn locations(app: &App) -> Vec<String> {
    let matches = app.routes.iter().flat_map(|route| match route.bare() {
        "" => vec!["/".to_string()],
        bare => vec![format!("= {bare}"), format!("^~ {bare}/")],
    });
    matches.collect()
}

/// A page that is a text gets an internal path of its own.
fn error_page(status: u16, page: &Page) -> Value {
    match page {
        Page::Path(path) => json!({ "status": status, "path": path, "text": null }),
        Page::Text(text) => json!({ "status": status, "path": format!("/.error/{status}"), "text": text }),
    }
}

/// A probe with the port and the name of the site that it asks.
pub fn probe(probe: &Probe, stack: &Stack) -> Value {
    let site = stack.site_named(probe.site.as_ref());
    let header: Map<String, Value> =
        probe.expect.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut expect = json!({ "status": probe.expect.status, "header": header });
    if let Some(body) = &probe.expect.body {
        expect["body"] = body.as_str().into();
    }
    let mut value =
        json!({ "name": probe.name.value, "get": probe.get.value, "port": site.listen, "expect": expect });
    // The first site answers to the bare address too.
    let by_name = probe.site.as_ref().and_then(|_| site.server_name.first());
    if let Some(host) = probe.host.as_ref().or(by_name) {
        value["host"] = host.as_str().into();
    }
    value
}
