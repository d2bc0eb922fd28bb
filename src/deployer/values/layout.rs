//! Where things lie on a host.

use serde_json::{Map, Value};

use crate::agent::facts::Facts;
use crate::deployer::nginx::Version;
use crate::deployer::os;
use crate::deployer::stack::{App, Bind, Site};
use crate::resource::service::init::Init;

/// Where apps without a bind listen under Upstart, which opens no sockets for them.
const UPSTART_PORTS: usize = 8100;

/// Where things lie on a host.
pub struct Layout {
    /// `releases/ID` and `current` lie in it.
    pub root: String,
    /// The account the applications run as.
    pub user: String,
    /// The directory of what they keep.
    pub state: String,
    /// What starts them.
    pub init: Init,
    /// Nginx's version.
    pub nginx: Version,
    /// Whether Nginx sends files that were packed before.
    pub gzip_static: bool,
    /// Whether the kernel has IPv6.
    pub ipv6: bool,
}

impl Layout {
    /// From the variables and the facts of a host.
    pub fn of(vars: &Map<String, Value>, facts: &Facts) -> Self {
        let text = |name: &str, otherwise: &str| {
            vars.get(name).and_then(Value::as_str).unwrap_or(otherwise).to_string()
        };
        Self {
            root: text("deploy_root", "/opt/hbnb"),
            user: text("service_user", "hbnb"),
            state: format!("/var/lib/{}", text("state_name", "hbnb")),
            init: facts.init,
            nginx: os::nginx(facts),
            gzip_static: facts.gzip_static,
            ipv6: facts.ipv6,
        }
    }

    /// A port of every address, in the words of `listen`; without IPv6 in the kernel nginx would not start on `[::]`.
    pub fn addresses(&self, port: u16, words: &str, is_default: bool) -> Vec<String> {
        let default = if is_default { " default_server" } else { "" };
        let mut addresses = vec![format!("{port}{words}{default}")];
        addresses.extend(self.ipv6.then(|| format!("[::]:{port}{words}{default}")));
        addresses
    }

    /// The file of SQLite.
    pub fn database(&self) -> String {
        format!("{}/hbnb.db", self.state)
    }

    /// The template of an app's unit.
    pub fn unit_template(&self) -> &'static str {
        match self.init {
            Init::Systemd => "systemd/app.service.tera",
            Init::Upstart => "upstart/app.conf.tera",
        }
    }

    /// A directory of the inventory; a relative one lies in the live release, of a Python application in its own.
    pub fn directory(&self, app: Option<&App>, dir: &str) -> String {
        let own = app.filter(|app| app.run.wsgi().is_some());
        let own = own.map_or(String::new(), |app| format!("/apps/{}", app.name.value));
        let absolute =
            if dir.starts_with('/') { dir.to_string() } else { format!("{}{own}/current/{dir}", self.root) };
        absolute.trim_end_matches('/').to_string() + "/"
    }
}

/// Where an app listens, the stack's `index`th: `HOST:PORT`, or a path.
pub fn listen(init: Init, index: usize, app: &App) -> String {
    match (&app.bind, init) {
        (Bind::Tcp { host, port }, _) if host.contains(':') => format!("[{host}]:{port}"),
        (Bind::Tcp { host, port }, _) => format!("{host}:{port}"),
        (Bind::Unix(path), _) => path.clone(),
        (Bind::Own, Init::Systemd) => format!("/run/{}.sock", unit(app)),
        (Bind::Own, Init::Upstart) => format!("127.0.0.1:{}", UPSTART_PORTS + index),
    }
}

/// The word of `listen` for a site that is asked by the PROXY protocol.
pub fn announced(site: &Site) -> &'static str {
    if site.proxy_protocol.is_some() { " proxy_protocol" } else { "" }
}

/// The name of an app's unit.
pub fn unit(app: &App) -> String {
    format!("hbnb-{}", app.name.value)
}
