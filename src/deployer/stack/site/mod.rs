//! The site in front of the apps.

mod balance;

use serde::Deserialize;

use super::{app, word};
use crate::base::diagnostic::Diagnostic;
use crate::base::quote;
use crate::base::yaml::{Entries, Node, Spanned, Value};

pub use balance::{Balance, Method};

/// The port of a site that names none.
const HTTP: u16 = 80;
/// What the names of our sites and upstreams begin with.
pub const PREFIX: &str = "deployer";
/// Keys of later versions, and what they are.
const LATER: [(&str, &str); 6] = [
    ("tls", "TLS"),
    ("ssl", "TLS"),
    ("https", "TLS"),
    ("certificate", "TLS"),
    ("acme", "TLS"),
    ("rate_limit", "a rate limit"),
];
/// Headers that nginx or the template sets itself.
const RESERVED: [(&str, &str); 5] = [
    ("x-served-by", "every answer carries it already, with the host's name"),
    ("content-length", "nginx counts it"),
    ("transfer-encoding", "nginx decides it"),
    ("connection", "nginx decides it"),
    ("date", "nginx sets it"),
];

/// A site of nginx.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its key under `sites`; none for the only one, `site`.
    pub name: Option<Spanned<String>>,
    /// The names it answers to; none means any.
    pub server_name: Vec<String>,
    /// 1 to 65535.
    pub listen: u16,
    /// Further headers of every answer.
    pub headers: Vec<(String, String)>,
    /// Paths that answer 301.
    pub redirects: Vec<Redirect>,
    /// What is shown instead of an error.
    pub error_pages: Vec<ErrorPage>,
    /// Prefix of URLs (starts and ends with `/`) → directory.
    pub statics: Vec<(Spanned<String>, String)>,
    /// The hosts that everything else is passed on to.
    pub balance: Option<Balance>,
}

impl Site {
    /// Its name on a host: its file, and what its variables in Nginx begin with.
    pub fn id(&self) -> String {
        match self.name.as_deref() {
            Some(name) => format!("{PREFIX}_{}", name.replace('-', "_")),
            None => PREFIX.to_string(),
        }
    }
}

impl Default for Site {
    fn default() -> Self {
        Self {
            name: None,
            server_name: Vec::new(),
            listen: HTTP,
            headers: Vec::new(),
            redirects: Vec::new(),
            error_pages: Vec::new(),
            statics: Vec::new(),
            balance: None,
        }
    }
}

/// A path that answers 301.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// Starts with `/`.
    pub path: Spanned<String>,
    /// A path or an `http(s)://` URL.
    pub target: String,
}

/// What is shown instead of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// 400 to 599.
    pub status: u16,
    /// What is shown.
    pub page: Page,
}

/// A page of the site, or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// A path of the site.
    Path(String),
    /// The text itself.
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    server_name: Option<Node>,
    listen: Option<Spanned<i64>>,
    headers: Option<Entries<Spanned<String>>>,
    redirects: Option<Entries<Spanned<String>>>,
    error_pages: Option<Entries<Spanned<String>>>,
    #[serde(rename = "static")]
    statics: Option<Entries<Spanned<String>>>,
    balance: Option<Node>,
}

/// Reads one of `sites`; mistakes are added to `said`.
pub fn named(name: &Spanned<String>, node: &Node, said: &mut Vec<Diagnostic>) -> Site {
    app::check_name("a site", name, said);
    Site { name: Some(name.clone()), ..read(node, said) }
}

/// Reads `site`; mistakes are added to `said`.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Site {
    let later = node.entries().iter().find_map(|(key, _)| {
        let (_, what) = LATER.iter().find(|(word, _)| key.value == *word)?;
        Some(Diagnostic::error(format!("{what} is not supported by this version yet")).at(&key.span))
    });
    if let Some(error) = later {
        said.push(error.fix("take the key away"));
        return Site::default();
    }
    let typed: Typed = match node.decode() {
        Ok(typed) => typed,
        Err(mut e) => {
            e.message = format!("site: {}", e.message);
            said.push(e);
            return Site::default();
        }
    };
    Site {
        name: None,
        server_name: typed.server_name.map(|node| names(&node, said)).unwrap_or_default(),
        listen: typed.listen.map_or(HTTP, |port| listen(&port, said)),
        headers: headers(typed.headers.unwrap_or_default().0, said),
        redirects: typed.redirects.unwrap_or_default().0.into_iter().map(|r| redirect(r, said)).collect(),
        error_pages: typed.error_pages.unwrap_or_default().0.into_iter().map(|p| page(p, said)).collect(),
        statics: typed.statics.unwrap_or_default().0.into_iter().map(|s| app::directory(s, said)).collect(),
        balance: typed.balance.and_then(|node| balance::read(&node, said)),
    }
}

/// One name or a list of them.
fn names(node: &Node, said: &mut Vec<Diagnostic>) -> Vec<String> {
    let wanted = match &node.value {
        Value::Seq(_) => node.decode::<Vec<Spanned<String>>>(),
        _ => node.decode::<Spanned<String>>().map(|name| vec![name]),
    };
    let names = wanted.unwrap_or_else(|e| {
        said.push(e);
        Vec::new()
    });
    for (at, name) in names.iter().enumerate() {
        name_of_a_site(name, said);
        if let Some(first) = names[..at].iter().find(|n| n.value == name.value) {
            said.push(word::twice("the name", name, first));
        }
    }
    names.into_iter().map(|name| name.value).collect()
}

fn name_of_a_site(name: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    let bare = name.strip_prefix("*.").or_else(|| name.strip_prefix('.')).unwrap_or(name);
    let fits = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let before = said.len();
    word::characters("the server name", name, "\"';{}$%\\", said);
    if said.len() == before && (bare.is_empty() || !bare.chars().all(fits) || bare.len() > 253) {
        said.push(
            Diagnostic::error(format!("the server name `{}` cannot be used", name.value))
                .at(&name.span)
                .label("a host name: letters, digits, `-` and `.`; `*.` may stand in front")
                .fix("leave `server_name` out for a site that answers to any name; write other letters in Punycode"),
        );
    }
}

fn listen(port: &Spanned<i64>, said: &mut Vec<Diagnostic>) -> u16 {
    u16::try_from(port.value).ok().filter(|port| *port > 0).unwrap_or_else(|| {
        let error = Diagnostic::error(format!("the port {} is out of range", port.value));
        said.push(error.at(&port.span).label("1 to 65535"));
        HTTP
    })
}

fn headers(
    typed: Vec<(Spanned<String>, Spanned<String>)>,
    said: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    for (at, (name, value)) in typed.iter().enumerate() {
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            said.push(
                Diagnostic::error(format!("`{}` cannot be the name of a header", name.value.escape_debug()))
                    .at(&name.span)
                    .label("letters, digits, `-` and `_`"),
            );
        }
        if let Some((_, why)) = RESERVED.iter().find(|(reserved, _)| *reserved == lower) {
            let message = format!("the header `{}` is not yours to set", name.value);
            said.push(Diagnostic::error(message).at(&name.span).label(*why).fix("take it away"));
        }
        if let Some((first, _)) = typed[..at].iter().find(|(n, _)| n.eq_ignore_ascii_case(&lower)) {
            said.push(word::twice("the header", name, first));
        }
        word::quotable(&format!("the value of the header `{}`", name.value), value, quote::nginx, said);
    }
    typed.into_iter().map(|(name, value)| (name.value, value.value)).collect()
}

fn redirect((path, target): (Spanned<String>, Spanned<String>), said: &mut Vec<Diagnostic>) -> Redirect {
    word::path("the redirect", &path, said);
    let known = ["/", "http://", "https://"].iter().any(|start| target.starts_with(start));
    if !known || target.value == path.value {
        let label = if known { "it leads to itself" } else { "a path, or a URL of http or https" };
        let message = format!("the target `{}` cannot be used", target.value.escape_debug());
        said.push(Diagnostic::error(message).at(&target.span).label(label));
    }
    word::characters("the target", &target, "\"';{}$\\", said);
    Redirect { path, target: target.value }
}

fn page((status, page): (Spanned<String>, Spanned<String>), said: &mut Vec<Diagnostic>) -> ErrorPage {
    let number = status.parse().ok().filter(|n| (400..=599).contains(n)).unwrap_or_else(|| {
        let message = format!("`{}` is no status of an error", status.value.escape_debug());
        said.push(Diagnostic::error(message).at(&status.span).label("400 to 599"));
        404
    });
    if page.starts_with('/') {
        word::path("the page", &page, said);
        return ErrorPage { status: number, page: Page::Path(page.value) };
    }
    word::quotable("the text of the page", &page, quote::nginx, said);
    ErrorPage { status: number, page: Page::Text(page.value) }
}
