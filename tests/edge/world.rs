//! One application, started as deployer renders its unit, and an nginx before it for every site, as deployer renders its site.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::nginx::Nginx;
use crate::support::server::{Server, binary, wait_or};
use crate::support::tls;
use crate::wsgi::venv;

use super::client::{Client, Place};
use super::render::render;

/// The Python application.
const ECHO: &str = include_str!("echo.py");

/// An application and its route.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What runs: `@NAME`, or the Python application `echo:app`.
    pub run: &'static str,
    /// Whether the application is mounted at the route, so that its own paths begin there.
    pub is_mounted: bool,
    /// The route's path.
    pub path: &'static str,
    /// `either`, `redirect` or `exact`.
    pub slashes: &'static str,
}

impl Kind {
    /// Whether it is an application of this project.
    pub fn is_ours(&self) -> bool {
        self.run.starts_with('@')
    }

    /// The route's path without its final slash.
    pub fn bare(&self) -> &'static str {
        self.path.trim_end_matches('/')
    }
}

/// How clients come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The port.
    pub port: u16,
    /// Whether it is the scheme's own.
    pub is_usual: bool,
}

/// A port that is the scheme's own and one that is not, without TLS and with it.
pub const DOORS: [Door; 4] = [
    Door { scheme: "http", port: 80, is_usual: true },
    Door { scheme: "http", port: 8080, is_usual: false },
    Door { scheme: "https", port: 443, is_usual: true },
    Door { scheme: "https", port: 8443, is_usual: false },
];

/// The ports of the sites behind those doors, without TLS and with it.
const SITES: [(u16, u16); 2] = [(80, 443), (8080, 8443)];

/// An application that runs.
pub struct World {
    /// Which.
    pub kind: Kind,
    /// Its files, those that were rendered among them.
    server: Server,
    nginxes: Vec<Nginx>,
}

impl World {
    /// Renders, and starts what was rendered; `spoil` changes a site's text as somebody might write it by hand.
    pub fn start(kind: Kind, doors: &[Door], spoil: impl Fn(String) -> String) -> Self {
        let server = Server::spawn(|dir| command(kind, dir));
        let mut world = Self { kind, server, nginxes: Vec::new() };
        let mut direct = world.direct();
        let complaint = || format!("{kind:?} does not answer:\n{}", world.server.log());
        wait_or(complaint, || direct.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").ok());
        let dir = world.server.dir.path();
        let live = dir.join("live");
        fs::create_dir(&live).unwrap();
        tls::make_pair(&live, "pair", &["shop.example"], "2");
        fs::rename(live.join("pair.pem"), live.join("fullchain.pem")).unwrap();
        fs::rename(live.join("pair.key"), live.join("privkey.pem")).unwrap();
        let is_asked =
            |(plain, secure): &(u16, u16)| doors.iter().any(|door| [*plain, *secure].contains(&door.port));
        world.nginxes = SITES.into_iter().filter(is_asked).map(|site| serve(dir, site, &spoil)).collect();
        world
    }

    /// A client of the application itself.
    pub fn direct(&self) -> Client {
        Client::new(Place::File(self.server.path("socket")))
    }

    /// A client of an nginx before it.
    pub fn through(&self, door: Door) -> Client {
        let place = if door.scheme == "https" { Place::Tls } else { Place::Port };
        Client::new(place(door.port))
    }
}

/// Renders a host for every door, and makes the command of the unit one that runs here.
fn command(kind: Kind, dir: &Path) -> Command {
    rendered(kind, dir);
    let unit = fs::read_to_string(dir.join("hosts/p80/etc/systemd/system/hbnb-app.service")).unwrap();
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let mut command = Command::new(binary());
    command.current_dir(dir).arg("--bind").arg(format!("unix:{}", dir.join("socket").display()));
    command.args(["--error-logfile", "log"]);
    let mut words = line.split(' ').skip(1);
    while let Some(word) = words.next() {
        command.arg(word);
        let here = match word {
            "--chdir" => dir.join("code"),
            "--python" => venv::python(),
            _ => continue,
        };
        words.next();
        command.arg(here);
    }
    if kind.is_ours() {
        let database = dir.join("hbnb.db").display().to_string();
        for step in ["migrate", "seed"] {
            let mut hbnb = Command::new(env!("CARGO_BIN_EXE_hbnb"));
            assert!(hbnb.arg(step).env("DATABASE_URL", &database).output().unwrap().status.success());
        }
        command.env("DATABASE_URL", database);
    }
    command
}

fn rendered(kind: Kind, dir: &Path) {
    fs::create_dir(dir.join("code")).unwrap();
    fs::write(dir.join("code/echo.py"), ECHO).unwrap();
    let host = |(plain, secure)| {
        let tls = format!("{{ mode: self_signed, listen: {secure}, redirect: false }}");
        format!("    p{plain}: {{ site: {{ listen: {plain}, tls: {tls} }} }}\n")
    };
    let hosts = SITES.map(host).concat();
    let source = if kind.is_ours() { "" } else { "source: code, python: system, " };
    let settings = if kind.is_mounted { format!("mount: {}", kind.bare()) } else { String::new() };
    let inventory = format!(
        "all:\n  hosts:\n{hosts}  vars:\n    apps:\n      app: {{ run: '{}', {source}workers: 1, bind: 'unix:{}', \
         settings: {{ {settings} }}, routes: [{{ path: {}, slashes: {} }}] }}\n",
        kind.run,
        dir.join("socket").display(),
        kind.path,
        kind.slashes,
    );
    render(dir, &inventory);
}

/// The nginx of a rendered site, with a certificate where the site looks for one.
fn serve(dir: &Path, (plain, _): (u16, u16), spoil: impl Fn(String) -> String) -> Nginx {
    let site = dir.join(format!("hosts/p{plain}/etc/nginx/sites-enabled/deployer"));
    let text = fs::read_to_string(site).unwrap();
    let (live, here) = ("/etc/ssl/deployer/deployer/live", dir.join("live").display().to_string());
    assert_eq!(text.matches(live).count(), 2, "{text}");
    Nginx::serving(&spoil(text.replace(live, &here)), plain)
}
