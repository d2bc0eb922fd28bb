//! What templates and playbooks can name on one host: the inventory's variables over the play's defaults, the
//! facts, and everything that was decided about apps and site.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::agent::facts::Facts;
use crate::base::secret::Text;
use crate::base::template::Values;
use crate::base::yaml::MASKED;
use crate::resource::init::Init;

use super::code::Shelf;
use super::inventory::Host;
use super::os;
use super::playbook::Play;
use super::python::Installed;
use super::stack::{App, Bind, Database, Page, Peer, Probe, Run, Server, Slashes, Stack};

/// The first Nginx whose `add_header` knows `always`.
const ALWAYS_SINCE: [u32; 3] = [1, 7, 5];
/// The first Nginx that numbers requests.
const REQUEST_ID_SINCE: [u32; 3] = [1, 11, 0];
/// The site's name on a host: its file and the prefix of its variables in Nginx.
const SITE: &str = "deployer";
/// Where apps without a bind listen under Upstart, which opens no sockets for them.
const UPSTART_PORTS: usize = 8100;

/// Seconds an idle connection of Nginx stays open: longer than Nginx itself keeps it (60), so that no request meets
/// a connection that is being closed.
const KEEP_ALIVE: &str = "75";

/// Settings whose flag is not their name with dashes.
const FLAGS: [(&str, &str); 13] = [
    ("accesslog", "access-logfile"),
    ("access_log_format", "access-logformat"),
    ("errorlog", "error-logfile"),
    ("keepalive", "keep-alive"),
    ("loglevel", "log-level"),
    ("pidfile", "pid"),
    ("preload_app", "preload"),
    ("proc_name", "name"),
    ("proxy_allow_ips", "proxy-allow-from"),
    ("syslog", "log-syslog"),
    ("syslog_addr", "log-syslog-to"),
    ("syslog_facility", "log-syslog-facility"),
    ("syslog_prefix", "log-syslog-prefix"),
];

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
    /// The code of its Python applications.
    pub shelf: &'a Shelf,
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
        apps.map(|(index, app)| self::app(index, app, installed(app).as_ref(), &stack.database, &layout));
    vars.insert("apps".into(), apps.collect());
    let python = stack.apps.iter().filter_map(|app| Some((app, installed(app)?)));
    vars.extend(python_values(&python.collect::<Vec<_>>(), &stack.database, &layout));
    vars.insert("site".into(), site(stack, host, &layout));
    vars.insert("probes".into(), stack.probes.iter().map(|p| probe(p, stack.site.listen)).collect());
    vars.insert("database".into(), database(&stack.database, &layout));
    vars.insert("uses_database".into(), stack.apps.iter().any(|a| uses_database(&a.run)).into());
    let env_mode = if layout.init == Init::Systemd { "0600" } else { "0640" };
    vars.insert("env_mode".into(), env_mode.into());
    vars.insert("unit_template".into(), layout.unit_template().into());
    for (name, value) in &vars {
        values.insert(name, value);
    }
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
        env.extend(environment(app, database, layout));
        installed.release(&app.name, &layout.user, &env)
    };
    let mut values = Map::new();
    values.insert("python_packages".into(), packages.into());
    values.insert("python_envs".into(), envs.into());
    values.insert("python_apps".into(), apps.iter().map(release).collect());
    values
}

/// Where things lie on a host.
struct Layout {
    root: String,
    user: String,
    state: String,
    init: Init,
    nginx: [u32; 3],
    ipv6: bool,
}

impl Layout {
    fn of(vars: &Map<String, Value>, facts: &Facts) -> Self {
        let text = |name: &str, otherwise: &str| {
            vars.get(name).and_then(Value::as_str).unwrap_or(otherwise).to_string()
        };
        Self {
            root: text("deploy_root", "/opt/hbnb"),
            user: text("service_user", "hbnb"),
            state: format!("/var/lib/{}", text("state_name", "hbnb")),
            init: facts.init,
            nginx: os::nginx(facts),
            ipv6: facts.ipv6,
        }
    }

    /// The file of SQLite.
    fn database(&self) -> String {
        format!("{}/hbnb.db", self.state)
    }

    fn unit_template(&self) -> &'static str {
        match self.init {
            Init::Systemd => "systemd/app.service.tera",
            Init::Upstart => "upstart/app.conf.tera",
        }
    }

    /// Where an app listens: `HOST:PORT`, or a path.
    fn listen(&self, index: usize, app: &App) -> String {
        match (&app.bind, self.init) {
            (Bind::Tcp { host, port }, _) if host.contains(':') => format!("[{host}]:{port}"),
            (Bind::Tcp { host, port }, _) => format!("{host}:{port}"),
            (Bind::Unix(path), _) => path.clone(),
            (Bind::Own, Init::Systemd) => format!("/run/{}.sock", unit(app)),
            (Bind::Own, Init::Upstart) => format!("127.0.0.1:{}", UPSTART_PORTS + index),
        }
    }

    /// A directory of the inventory; a relative one lies in the live release, of a Python application in its own.
    fn directory(&self, app: Option<&App>, dir: &str) -> String {
        let own = app.filter(|app| app.run.wsgi().is_some());
        let own = own.map_or(String::new(), |app| format!("/apps/{}", app.name.value));
        let absolute =
            if dir.starts_with('/') { dir.to_string() } else { format!("{}{own}/current/{dir}", self.root) };
        absolute.trim_end_matches('/').to_string() + "/"
    }
}

fn unit(app: &App) -> String {
    format!("hbnb-{}", app.name.value)
}

fn upstream(app: &App) -> String {
    format!("{SITE}_{}", app.name.value.replace('-', "_"))
}

fn uses_database(run: &Run) -> bool {
    matches!(run, Run::Hbnb | Run::Api | Run::Web)
}

/// Hosts send pictures of up to 5 MB to the bundled pages.
fn takes_pictures(run: &Run) -> bool {
    matches!(run, Run::Hbnb | Run::Web)
}

fn app(index: usize, app: &App, python: Option<&Installed>, database: &Database, layout: &Layout) -> Value {
    let listen = layout.listen(index, app);
    let is_unix = listen.starts_with('/');
    let mut command =
        vec![format!("{}/current/appserver", layout.root), "--workers".into(), app.workers.to_string()];
    command.extend(options(app));
    command.extend(python.map(Installed::options).unwrap_or_default());
    let bind = if is_unix { format!("unix:{listen}") } else { listen.clone() };
    let mut command_with_bind = command.clone();
    command_with_bind.extend(["--bind".to_string(), bind, app.run.name().to_string()]);
    command.push(app.run.name().to_string());
    json!({
        "name": app.name.value,
        "title": match python {
            Some(_) => format!("{}: {}", app.name.value, app.run.name()),
            None => format!("{} of the Airbnb clone", app.name.value),
        },
        "is_python": python.is_some(),
        // A new release of its code is taken up without a gap.
        "reload_when": python.map(|python| vec![python.current()]).unwrap_or_default(),
        "code_root": python.map(|python| &python.root),
        "log": log(app),
        "unit": unit(app),
        "unit_file": layout.init.path(&format!("{}.service", unit(app))),
        "env_file": format!("/etc/default/{}", unit(app)),
        "pid_file": format!("{}/{}.pid", layout.state, app.name.value),
        "listen": listen,
        "is_unix": is_unix,
        "peers": peers(app, &listen, database),
        // It waits for the server of its rows at boot.
        "after": if uses_database(&app.run) && database.own().is_some() { "network.target mariadb.service" } else { "network.target" },
        "command": command,
        "command_with_bind": command_with_bind,
        "env": environment(app, database, layout).iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        // A log in /tmp must be seen by people.
        "private_tmp": !app.settings.iter().any(|(_, value)| value.starts_with("/tmp/")),
    })
}

/// The addresses that an app may talk to; none where they are not known, as those of a Python application.
fn peers(app: &App, listen: &str, database: &Database) -> Option<String> {
    let is_local = ["/", "127.", "localhost:", "[::1]:"].iter().any(|start| listen.starts_with(start));
    if app.run.wsgi().is_some() || !is_local {
        return None;
    }
    match database.peer() {
        Peer::Name if uses_database(&app.run) => None,
        Peer::Address(address) if uses_database(&app.run) => Some(format!("localhost {address}")),
        _ => Some("localhost".into()),
    }
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

/// The file that an app's error log goes to, if it is one that people can find.
fn log(app: &App) -> Option<&str> {
    let is_log = |name: &str| ["errorlog", "error_logfile", "log_file"].contains(&name);
    let last = app.settings.iter().rfind(|(name, _)| is_log(name)).map(|(_, value)| value.as_str());
    last.filter(|path| path.starts_with('/'))
}

/// The app's settings as options of the server, and those that suit a server behind Nginx.
fn options(app: &App) -> Vec<String> {
    let flag = |name: &str| match FLAGS.iter().find(|(setting, _)| *setting == name) {
        Some((_, flag)) => format!("--{flag}"),
        None => format!("--{}", name.replace('_', "-")),
    };
    let mut options: Vec<(String, String)> =
        app.settings.iter().map(|(name, value)| (flag(name), value.clone())).collect();
    if !options.iter().any(|(name, _)| name == "--keep-alive") {
        options.push(("--keep-alive".into(), KEEP_ALIVE.into()));
    }
    // A switch has no value: it is there or it is not.
    let words = options.into_iter().map(|(name, value)| match value.as_str() {
        "true" => vec![name],
        "false" => Vec::new(),
        _ => vec![name, value],
    });
    words.flatten().collect()
}

/// What every app is told, then the user's own, which win.
fn environment(app: &App, database: &Database, layout: &Layout) -> Vec<(String, String)> {
    let mut env: Vec<(String, String)> = Vec::new();
    if uses_database(&app.run) {
        env.extend(database.environment(&layout.database()));
    }
    if app.run.wsgi().is_some() {
        env.push(("PYTHONUNBUFFERED".into(), "1".into()));
        env.push(("PYTHONDONTWRITEBYTECODE".into(), "1".into()));
    }
    if let (Run::Dynamic, Some(route)) = (&app.run, app.routes.first()) {
        env.push(("HBNB_DYNAMIC_MOUNT".into(), route.path.trim_end_matches('/').to_string()));
    }
    for (name, text) in &app.env {
        env.retain(|(n, _)| n != name);
        let value = match text {
            Text::Plain(value) => value.clone(),
            Text::Secret(_) => MASKED.to_string(),
        };
        env.push((name.clone(), value));
    }
    env
}

fn site(stack: &Stack, host: &Host, layout: &Layout) -> Value {
    let site = &stack.site;
    let mut headers = vec![json!({ "name": "X-Served-By", "value": host.name })];
    headers.extend(site.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })));
    let names = if site.server_name.is_empty() { vec![host.name.clone()] } else { site.server_name.clone() };
    let of_apps = stack.apps.iter().flat_map(|app| app.statics.iter().map(move |entry| (Some(app), entry)));
    let statics = || of_apps.clone().chain(site.statics.iter().map(|entry| (None, entry)));
    let has_root = stack.apps.iter().flat_map(|app| &app.routes).map(|route| &route.path);
    let has_root = has_root.chain(statics().map(|(_, (path, _))| path)).any(|path| path.value == "/");
    json!({
        "id": SITE,
        "listens": listens(site.listen, layout),
        "server_name": names,
        "body_limit": if stack.apps.iter().any(|app| takes_pictures(&app.run)) { "6m" } else { "1m" },
        "headers": headers,
        "always": if layout.nginx >= ALWAYS_SINCE { " always" } else { "" },
        "request_id": layout.nginx >= REQUEST_ID_SINCE,
        "redirects": site.redirects.iter().map(|r| json!({ "path": r.path.value, "target": r.target })).collect::<Vec<_>>(),
        "error_pages": site.error_pages.iter().map(|p| error_page(p.status, &p.page)).collect::<Vec<_>>(),
        "proxied": proxied(stack, layout),
        "has_root": has_root,
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
fn proxied(stack: &Stack, layout: &Layout) -> Vec<Value> {
    let routed = stack.apps.iter().enumerate().filter(|(_, app)| !app.routes.is_empty());
    let proxied = routed.map(|(index, app)| {
        let listen = layout.listen(index, app);
        let server = if listen.starts_with('/') { format!("unix:{listen}") } else { listen };
        json!({ "name": app.name.value, "upstream": upstream(app), "server": server, "locations": locations(app) })
    });
    proxied.collect()
}

/// The locations of an app's routes. Never a prefix without its slash: it would take `/apifoo` for `/api`.
fn locations(app: &App) -> Vec<String> {
    let mut matches: Vec<String> = Vec::new();
    for route in &app.routes {
        let path = route.path.value.as_str();
        let bare = path.trim_end_matches('/');
        match (bare, route.slashes) {
            ("", _) => matches.push("/".to_string()),
            (_, Slashes::Either) => matches.extend([format!("= {bare}"), format!("^~ {bare}/")]),
            (_, Slashes::Exact) if path.ends_with('/') => matches.push(format!("^~ {path}")),
            (_, Slashes::Exact) => matches.push(format!("= {path}")),
        }
    }
    matches
}

/// A page that is a text gets an internal path of its own.
fn error_page(status: u16, page: &Page) -> Value {
    match page {
        Page::Path(path) => json!({ "status": status, "path": path, "text": null }),
        Page::Text(text) => json!({ "status": status, "path": format!("/.error/{status}"), "text": text }),
    }
}

fn probe(probe: &Probe, port: u16) -> Value {
    let header: Map<String, Value> =
        probe.expect.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut expect = json!({ "status": probe.expect.status, "header": header });
    if let Some(body) = &probe.expect.body {
        expect["body"] = body.as_str().into();
    }
    let mut value =
        json!({ "name": probe.name.value, "get": probe.get.value, "port": port, "expect": expect });
    if let Some(host) = &probe.host {
        value["host"] = host.as_str().into();
    }
    value
}
