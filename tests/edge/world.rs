//! One application, started as deployer renders its unit, and an nginx before it for every port, as deployer renders its site.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::nginx::Nginx;
use crate::support::server::{Server, binary, wait_for};
use crate::wsgi::venv;

use super::client::{Client, Place};

/// The Python application.
const ECHO: &str = include_str!("echo.py");

/// This machine, as far as files depend on it; one that has no IPv6 is like every other here.
const FACTS: &str = "hostname: a\nos: debian\nos_version: '12'\narch: x86_64\ninit: systemd\nsystemd: 252\n\
                     nginx: [1, 22, 1]\nipv6: false\n";

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

/// An application that runs.
pub struct World {
    /// Which.
    pub kind: Kind,
    /// Its files, those that were rendered among them.
    server: Server,
    fronts: Vec<Nginx>,
}

impl World {
    /// Renders, and starts what was rendered; `spoil` changes the site's text as somebody might write it by hand.
    pub fn start(kind: Kind, spoil: impl Fn(String) -> String) -> Self {
        let server = Server::spawn(|dir| command(kind, dir));
        let mut world = Self { kind, server, fronts: Vec::new() };
        let mut direct = world.direct();
        wait_for(&format!("{kind:?}"), || direct.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").ok());
        certificate(world.server.dir.path());
        for door in DOORS {
            let text = spoil(site_of(world.server.dir.path(), door));
            world.fronts.push(Nginx::serving(&text, door.port));
        }
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
    render(kind, dir);
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

fn render(kind: Kind, dir: &Path) {
    fs::create_dir(dir.join("code")).unwrap();
    fs::write(dir.join("code/echo.py"), ECHO).unwrap();
    let hosts = DOORS.map(|door| format!("    p{0}: {{ site: {{ listen: {0} }} }}\n", door.port)).concat();
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
    fs::write(dir.join("inventory.yml"), inventory).unwrap();
    let mut render = Command::new(env!("CARGO_BIN_EXE_deployer"));
    render.current_dir(dir).args(["render", "inventory.yml", "--facts", "facts.yml", "--out", "hosts"]);
    fs::write(dir.join("facts.yml"), FACTS).unwrap();
    let said = render.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// The site of a door as rendered. What it does not say of TLS yet is added.
fn site_of(dir: &Path, door: Door) -> String {
    let site = dir.join(format!("hosts/p{}/etc/nginx/sites-enabled/deployer", door.port));
    let text = fs::read_to_string(site).unwrap();
    if door.scheme == "http" {
        return text;
    }
    let listen = format!("listen {} default_server;", door.port);
    assert_eq!(text.matches(&listen).count(), 1, "{text}");
    let at = dir.display();
    let secured = format!(
        "listen {} ssl default_server;\n    ssl_certificate {at}/cert.pem;\n    ssl_certificate_key {at}/key.pem;",
        door.port
    );
    text.replace(&listen, &secured)
}

/// A certificate that nobody trusts.
fn certificate(dir: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(dir).args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=shop.example", "-days", "2"]);
    let said = openssl.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}
