//! An application as templates see it: its unit, its command, its environment.

use serde_json::{Value, json};

use super::layout::{Layout, listen, unit};
use crate::base::secret::Text;
use crate::base::yaml::MASKED;
use crate::deployer::python::Installed;
use crate::deployer::stack::{App, Database, Peer, Run, Slashes};

/// Seconds an idle connection of Nginx stays open: longer than Nginx itself keeps it (60), so that no request meets
/// a connection that is being closed.
const KEEP_ALIVE: &str = "75";
/// The header with the id of a request; Nginx passes on none but its own or a balancer's.
const REQUEST_ID: &str = "X-Request-ID";

/// Seconds that requests under way have to end when a server stops, if no setting says it.
const GRACEFUL: u64 = 30;
/// Seconds after which a server that should have ended by then is killed.
const BEYOND: u64 = 10;

/// Whether it keeps rows in the database.
pub fn uses_database(run: &Run) -> bool {
    matches!(run, Run::Hbnb | Run::Api | Run::Web)
}

/// Everything about one app; `index` is its place among the apps of the host.
pub fn values(
    index: usize,
    app: &App,
    python: Option<&Installed>,
    database: &Database,
    layout: &Layout,
) -> Value {
    let listen = listen(layout.init, index, app);
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
        "graceful": graceful(app),
        // The init system's patience: more than the server's own.
        "stop_limit": graceful(app).saturating_add(BEYOND),
        "unit": unit(app),
        "unit_file": layout.init.path(&format!("{}.service", unit(app))),
        "env_file": format!("/etc/default/{}", unit(app)),
        "state": layout.state,
        "pid_file": format!("{}/{}.pid", layout.state, app.name.value),
        "listen": listen,
        "is_unix": is_unix,
        "peers": peers(app, &listen, database),
        "is_private": is_unix && is_private(app, database),
        // It waits for the server of its rows at boot.
        "after": if uses_database(&app.run) && database.own().is_some() { "network.target mariadb.service" } else { "network.target" },
        "command": command,
        "command_with_bind": command_with_bind,
        "env": environment(app, database, layout).iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        // A log in /tmp must be seen by people.
        "private_tmp": !app.settings.typed.iter().any(|(_, value)| value.starts_with("/tmp/")),
    })
}

/// The addresses that an app may talk to; none where they are not known, as those of a Python application.
fn peers(app: &App, listen: &str, database: &Database) -> Option<String> {
    let is_local = ["/", "127.", "[::1]:"].iter().any(|start| listen.starts_with(start));
    if app.run.wsgi().is_some() || !is_local {
        return None;
    }
    match database.peer() {
        Peer::Name if uses_database(&app.run) => None,
        Peer::Address(address) if uses_database(&app.run) => Some(format!("localhost {address}")),
        _ => Some("localhost".into()),
    }
}

/// Whether an app talks to nobody over a network, not even to this host: its rows, if any, are in a file or behind a socket.
fn is_private(app: &App, database: &Database) -> bool {
    let elsewhere = |(name, _): &(String, Text)| name == "DATABASE_URL" || name.starts_with("HBNB_MYSQL_");
    let rows_are_near = match database {
        Database::Sqlite => true,
        Database::MySql(server) => server.host.as_ref().is_none_or(|host| host.starts_with('/')),
    };
    app.run.wsgi().is_none() && (!uses_database(&app.run) || rows_are_near && !app.env.iter().any(elsewhere))
}

/// The file that an app's error log goes to, if it is one that people can find.
fn log(app: &App) -> Option<&str> {
    let last = app.settings.get("errorlog");
    last.filter(|path| path.starts_with('/'))
}

/// Seconds that requests under way have to end.
fn graceful(app: &App) -> u64 {
    app.settings.get("graceful_timeout").and_then(|value| value.parse().ok()).unwrap_or(GRACEFUL)
}

/// The app's settings as options of the server, and those that suit a server behind Nginx.
fn options(app: &App) -> Vec<String> {
    let mut options = app.settings.options.clone();
    if app.settings.get("keepalive").is_none() {
        options.extend(["--keep-alive".to_string(), KEEP_ALIVE.to_string()]);
    }
    if app.settings.get("request_id_header").is_none() {
        options.extend(["--request-id-header".to_string(), REQUEST_ID.to_string()]);
    }
    for route in app.routes.iter().filter(|route| !route.bare().is_empty()) {
        let word = match route.slashes {
            Slashes::Either => continue,
            Slashes::Redirect => "redirect",
            Slashes::Exact => "exact",
        };
        options.extend(["--slashes".to_string(), format!("{word}:{}", route.path.value)]);
    }
    options
}

/// What every app is told, then the user's own, which win.
pub fn environment(app: &App, database: &Database, layout: &Layout) -> Vec<(String, String)> {
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
