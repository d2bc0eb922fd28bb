//! What a site passes on to the hosts of a group, and how it chooses among them.

use serde::Deserialize;

use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Node, Spanned};
use crate::deployer::stack::word;
use crate::resource::web::server_line::Program;

/// A site that passes its requests on to the hosts of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// Who passes them on; the place of the key, or of the group.
    pub with: Spanned<Program>,
    /// A group of the inventory, or a pattern of hosts.
    pub group: Spanned<String>,
    /// Who gets the next request.
    pub method: Method,
    /// Where those hosts' site listens; 1 to 65535.
    pub port: u16,
    /// A path that is asked through the site after every run.
    pub health: Option<Spanned<String>>,
}

/// Who gets the next request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// One after the other.
    RoundRobin,
    /// Whoever has the fewest under way.
    LeastConn,
    /// Always the same host for one address of clients.
    IpHash,
    /// Always the same host for one value of a cookie; for one address as long as there is none.
    Cookie(String),
}

/// The methods by name.
const METHODS: [(&str, Method); 3] =
    [("round_robin", Method::RoundRobin), ("least_conn", Method::LeastConn), ("ip_hash", Method::IpHash)];

/// The programs by name.
const PROGRAMS: [(&str, Program); 2] = [("nginx", Program::Nginx), ("haproxy", Program::Haproxy)];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    group: Spanned<String>,
    with: Option<Spanned<String>>,
    method: Option<Spanned<String>>,
    sticky: Option<Spanned<String>>,
    port: Option<Spanned<i64>>,
    health: Option<Spanned<String>>,
}

/// Reads `balance`; mistakes are added to `said`.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Option<Balance> {
    let typed: Typed = word::decoded("balance", node, said)?;
    word::given("the group to balance", &typed.group, said);
    if let Some(health) = &typed.health {
        word::path("the health", health, said);
    }
    if let (Some(method), Some(sticky)) = (&typed.method, &typed.sticky) {
        let both = Diagnostic::error("`method` and `sticky` cannot both be given").at(&sticky.span);
        said.push(both.note("method", method.span.to_string()).fix("take one of them away"));
    }
    let method = match &typed.sticky {
        Some(cookie) => Some(Method::Cookie(sticky(cookie, said))),
        None => typed.method.map(|name| known("method", &METHODS, &name, said)),
    };
    let with = typed.with.as_ref().unwrap_or(&typed.group);
    let program = typed.with.as_ref().map(|name| known("program", &PROGRAMS, name, said));
    Some(Balance {
        with: Spanned { value: program.unwrap_or_default(), span: with.span.clone() },
        group: typed.group,
        method: method.unwrap_or(Method::RoundRobin),
        port: typed.port.map_or(super::HTTP, |port| word::port(&port, super::HTTP, said)),
        health: typed.health,
    })
}

/// What a name of a list stands for; the first of the list for a name that is not in it.
fn known<T: Clone>(what: &str, list: &[(&str, T)], name: &Spanned<String>, said: &mut Vec<Diagnostic>) -> T {
    let found = list.iter().find(|(known, _)| *known == name.value);
    let (_, value) = found.unwrap_or_else(|| {
        let unknown = Diagnostic::error(format!("unknown {what} `{}`", name.value.escape_debug()));
        let names: Vec<&str> = list.iter().map(|(name, _)| *name).collect();
        let unknown = unknown.at(&name.span).label(format!("known: {}", names.join(", ")));
        said.push(unknown.suggest(&name.value, names));
        &list[0]
    });
    value.clone()
}

/// The name of a cookie, as nginx can have it in the name of a variable.
fn sticky(cookie: &Spanned<String>, said: &mut Vec<Diagnostic>) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if cookie.is_empty() || !cookie.chars().all(fits) {
        said.push(
            Diagnostic::error(format!("`sticky`: `{}` cannot be used", cookie.value.escape_debug()))
                .at(&cookie.span)
                .label("the name of a cookie: letters, digits and `_`")
                .fix("name the cookie of the sessions, or write `method: ip_hash`"),
        );
    }
    cookie.value.clone()
}
