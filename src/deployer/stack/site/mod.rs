//! The site in front of the apps.

mod balance;
mod haproxy;
mod header;
mod limit;
mod page;
mod proxy_protocol;
mod snippet;

use serde::Deserialize;

use super::tls::{self, Tls};
use super::{app, name, word};
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Entries, Node, Spanned};

pub use crate::resource::web::server_line::Program;
pub use balance::{Balance, Method};
pub use limit::{RateLimit, Timeouts};
pub use page::{ErrorPage, Maintenance, Page, Redirect};
pub use proxy_protocol::ProxyProtocol;
pub use snippet::Snippet;

/// The port of a site that names none.
const HTTP: u16 = 80;
/// What the names of our sites and upstreams begin with.
pub const PREFIX: &str = "deployer";
/// Nginx finds its variables by names of at most 46 letters: what ours begin and end with leaves so many.
const MAX_NAME: usize = 20;

/// A site of nginx.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its key under `sites`; none for the only one, `site`.
    pub name: Option<Spanned<String>>,
    /// The names it answers to; none means any.
    pub server_name: Vec<String>,
    /// The port of plain HTTP: 1 to 65535.
    pub listen: u16,
    /// TLS, if it has any.
    pub tls: Option<Tls>,
    /// Further headers of every answer.
    pub headers: Vec<(String, String)>,
    /// Whether answers carry the headers that keep browsers from guessing, framing and telling too much.
    pub security_headers: bool,
    /// The largest body of a request, as nginx writes it; none leaves it to the apps.
    pub body_size: Option<String>,
    /// Seconds that nginx waits.
    pub timeouts: Timeouts,
    /// How often one address may ask.
    pub rate_limit: Option<RateLimit>,
    /// Whether texts are packed for clients that can unpack them.
    pub gzip: bool,
    /// Where requests are written down; none leaves it to the host's own `nginx.conf`.
    pub access_log: Option<AccessLog>,
    /// Somebody works on it: nothing else is answered.
    pub maintenance: Option<Maintenance>,
    /// Lines of the user's own.
    pub snippet: Option<Snippet>,
    /// Paths that lead elsewhere.
    pub redirects: Vec<Redirect>,
    /// What is shown instead of an error.
    pub error_pages: Vec<ErrorPage>,
    /// Prefix of URLs (starts and ends with `/`) → directory.
    pub statics: Vec<(Spanned<String>, String)>,
    /// The hosts that everything else is passed on to.
    pub balance: Option<Balance>,
    /// Whether it is asked by the PROXY protocol alone, and by whom.
    pub proxy_protocol: Option<ProxyProtocol>,
}

impl Site {
    /// Its name on a host: its file, and what its variables in Nginx begin with.
    pub fn id(&self) -> String {
        match self.name.as_deref() {
            Some(name) => format!("{PREFIX}_{}", name.replace('-', "_")),
            None => PREFIX.to_string(),
        }
    }

    /// What HAProxy passes on, if it is a site of HAProxy and not of Nginx.
    pub fn haproxy(&self) -> Option<&Balance> {
        self.balance.as_ref().filter(|balance| balance.with.value == Program::Haproxy)
    }

    /// Whether a balancer that asks a port asks it: they speak plain HTTP.
    pub fn is_at(&self, port: u16) -> bool {
        self.listen == port
    }

    /// The TLS that everybody is sent to who comes without, if there is any.
    pub fn redirect(&self) -> Option<&Tls> {
        self.tls.as_ref().filter(|tls| tls.redirect)
    }

    /// The ports that are opened for it.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        // Port 0 stands for one that could not be read.
        [self.listen].into_iter().chain(self.tls.as_ref().map(|tls| tls.listen)).filter(|port| *port != 0)
    }
}

impl Default for Site {
    fn default() -> Self {
        Self {
            name: None,
            server_name: Vec::new(),
            listen: HTTP,
            tls: None,
            headers: Vec::new(),
            security_headers: true,
            body_size: None,
            timeouts: Timeouts::default(),
            rate_limit: None,
            gzip: true,
            access_log: None,
            maintenance: None,
            snippet: None,
            redirects: Vec::new(),
            error_pages: Vec::new(),
            statics: Vec::new(),
            balance: None,
            proxy_protocol: None,
        }
    }
}

/// Where requests are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessLog {
    /// A file of the site's own, an object a line.
    Json,
    /// The usual file, in the usual form.
    Combined,
    /// Nowhere.
    Off,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    server_name: Option<Node>,
    listen: Option<Spanned<i64>>,
    tls: Option<Node>,
    headers: Option<Entries<Spanned<String>>>,
    security_headers: Option<bool>,
    body_size: Option<Spanned<String>>,
    timeouts: Option<Node>,
    rate_limit: Option<Node>,
    gzip: Option<bool>,
    access_log: Option<AccessLog>,
    maintenance: Option<Node>,
    include: Option<Spanned<String>>,
    redirects: Option<Entries<Node>>,
    error_pages: Option<Entries<Spanned<String>>>,
    #[serde(rename = "static")]
    statics: Option<Entries<Spanned<String>>>,
    balance: Option<Node>,
    proxy_protocol: Option<Node>,
}

/// Reads one of `sites`; mistakes are added to `said`.
pub fn named(name: &Spanned<String>, node: &Node, said: &mut Vec<Diagnostic>) -> Site {
    app::check_name("a site", name, MAX_NAME, said);
    Site { name: Some(name.clone()), ..read(node, said) }
}

/// Reads `site`; mistakes are added to `said`.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Site {
    let Some(typed): Option<Typed> = word::decoded("site", node, said) else { return unread() };
    let server_name = typed.server_name.map(|node| name::read(&node, said)).unwrap_or_default();
    let listen = typed.listen.map_or(HTTP, |port| word::port(&port, HTTP, said));
    let tls = typed.tls.filter(|node| !node.is_null());
    let site = Site {
        name: None,
        listen,
        tls: tls.and_then(|node| tls::read(&node, &server_name, listen, said)),
        server_name,
        headers: header::read(typed.headers.unwrap_or_default(), said),
        security_headers: typed.security_headers.unwrap_or(true),
        body_size: typed.body_size.and_then(|size| limit::body_size(size, said)),
        timeouts: typed.timeouts.map(|node| limit::timeouts(&node, said)).unwrap_or_default(),
        rate_limit: typed.rate_limit.and_then(|node| limit::rate(&node, said)),
        gzip: typed.gzip.unwrap_or(true),
        access_log: typed.access_log,
        maintenance: typed.maintenance.and_then(|node| page::maintenance(&node, said)),
        snippet: typed.include.and_then(|path| snippet::read(&path, said)),
        redirects: entries(typed.redirects).filter_map(|r| page::redirect(r, said)).collect(),
        error_pages: entries(typed.error_pages).map(|p| page::error_page(p, said)).collect(),
        statics: entries(typed.statics).map(|s| app::directory(s, said)).collect(),
        balance: typed.balance.and_then(|node| balance::read(&node, said)),
        proxy_protocol: typed.proxy_protocol.and_then(|node| proxy_protocol::read(&node, said)),
    };
    if site.haproxy().is_some() {
        haproxy::check(&site, node, said);
    }
    site
}

fn entries<T>(typed: Option<Entries<T>>) -> impl Iterator<Item = (Spanned<String>, T)> {
    typed.unwrap_or_default().0.into_iter()
}

/// A site that could not be read: its port is nobody's.
fn unread() -> Site {
    Site { listen: 0, ..Site::default() }
}
