//! TLS of a site: where its certificate comes from, and whom it speaks with.

mod pair;

use serde::Deserialize;

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Node, Spanned, Value};

pub use pair::Pair;

/// Where authorities ask for the proof of a name (RFC 8555, 8.3).
const HTTP: u16 = 80;
/// The port of a site that names none for TLS.
const HTTPS: u16 = 443;
/// What `mode` can be.
const MODES: [&str; 4] = ["off", "self_signed", "files", "acme"];
/// What `profile` can be.
const PROFILES: [&str; 3] = ["intermediate", "modern", "old"];
/// Let's Encrypt.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// How long browsers keep to TLS if nothing is said: two years, as Mozilla's guideline has it.
const TWO_YEARS: i64 = 63_072_000;
/// The keys that only one mode has.
const OF_MODE: [(&str, &str); 4] =
    [("certificate", "files"), ("key", "files"), ("email", "acme"), ("directory_url", "acme")];

/// TLS of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// Where the certificate comes from.
    pub issuer: Issuer,
    /// Whom it speaks with; the place of the key, or of `tls`.
    pub profile: Spanned<Profile>,
    /// 1 to 65535.
    pub listen: u16,
    /// The value of `Strict-Transport-Security`.
    pub hsts: Option<String>,
    /// Whether HTTP/2 is spoken, where the Nginx of the host can.
    pub http2: bool,
    /// Whether what comes over plain HTTP is sent to https.
    pub redirect: bool,
}

/// Where a certificate comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Issuer {
    /// Made on the host; nobody vouches for it.
    SelfSigned,
    /// Made elsewhere; sent from the desk.
    Files(Pair),
    /// Given by an authority that speaks ACME (RFC 8555), and renewed by the host.
    Acme {
        /// Where the authority writes to.
        email: Option<String>,
        /// Its directory: an `http(s)://` URL.
        directory_url: String,
    },
}

/// Mozilla's guideline 5.7, <https://wiki.mozilla.org/Security/Server_Side_TLS>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// TLS 1.2 and 1.3: nearly every client.
    Intermediate,
    /// TLS 1.3 alone.
    Modern,
    /// TLS 1.0 and up, for clients of fifteen years ago.
    Old,
}

impl Tls {
    /// What follows the name in a URL: nothing for the usual port.
    pub fn port_suffix(&self) -> String {
        if self.listen == HTTPS { String::new() } else { format!(":{}", self.listen) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    mode: Spanned<String>,
    profile: Option<Spanned<String>>,
    listen: Option<Spanned<i64>>,
    hsts: Option<Node>,
    http2: Option<bool>,
    redirect: Option<bool>,
    certificate: Option<Node>,
    key: Option<Node>,
    email: Option<Spanned<String>>,
    directory_url: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedHsts {
    max_age: Option<Spanned<i64>>,
    include_subdomains: Option<bool>,
    preload: Option<bool>,
}

/// Reads `tls` of a site with these names and this port of plain HTTP; none if it is off. Mistakes are added to `said`.
pub fn read(node: &Node, names: &[String], plain: u16, said: &mut Vec<Diagnostic>) -> Option<Tls> {
    let typed: Typed = word::decoded("tls", node, said)?;
    for (key, mode) in OF_MODE.iter().filter(|(_, mode)| *mode != typed.mode.value) {
        if let Some((key, _)) = node.entries().iter().find(|(name, _)| name.value == *key) {
            let message = format!("`{}` belongs to the mode `{mode}`", key.value);
            let error = Diagnostic::error(message).at(&key.span);
            said.push(
                error
                    .label(format!("the mode is `{}`", typed.mode.value))
                    .fix(format!("write `mode: {mode}`, or take the key away")),
            );
        }
    }
    let redirect = typed.redirect.unwrap_or(true);
    let tls = Tls {
        profile: profile(typed.profile.as_ref(), &typed.mode, said),
        listen: typed.listen.as_ref().map_or(HTTPS, |port| word::port(port, HTTPS, said)),
        hsts: typed.hsts.as_ref().and_then(|node| hsts(node, redirect, said)),
        http2: typed.http2.unwrap_or(true),
        redirect,
        issuer: issuer(&typed, (names, plain), said)?,
    };
    Some(tls)
}

fn issuer(typed: &Typed, (names, plain): (&[String], u16), said: &mut Vec<Diagnostic>) -> Option<Issuer> {
    match typed.mode.as_str() {
        "off" => None,
        "self_signed" => Some(Issuer::SelfSigned),
        "files" => {
            named(&typed.mode, names, said);
            let given = |key: &str, node: &Option<Node>| node.clone().ok_or_else(|| key.to_string());
            match (given("certificate", &typed.certificate), given("key", &typed.key)) {
                (Ok(certificate), Ok(key)) => {
                    Some(Issuer::Files(pair::read(&certificate, &key, names, said)))
                }
                (Err(missing), _) | (_, Err(missing)) => {
                    let error = Diagnostic::error(format!("tls: the mode `files` needs `{missing}`"))
                        .at(&typed.mode.span);
                    said.push(error.fix(format!("add `{missing}: !file secrets/site.pem`")));
                    None
                }
            }
        }
        "acme" => {
            named(&typed.mode, names, said);
            reachable(&typed.mode, names, said);
            let (email, directory) = (typed.email.as_ref(), typed.directory_url.as_ref());
            email.iter().for_each(|email| check_email(email, said));
            directory.iter().for_each(|url| check_url(url, said));
            if directory.is_none() && plain != HTTP {
                said.push(elsewhere(&typed.mode, plain));
            }
            let directory_url = directory.map_or(DIRECTORY, |url| &url.value).to_string();
            Some(Issuer::Acme { email: email.map(|email| email.value.clone()), directory_url })
        }
        other => {
            let error =
                Diagnostic::error(format!("unknown mode `{}`", other.escape_debug())).at(&typed.mode.span);
            said.push(error.label(format!("known modes: {}", MODES.join(", "))).suggest(other, MODES));
            None
        }
    }
}

/// Authorities in public ask at one port alone; one of the operator's own may ask elsewhere.
fn elsewhere(mode: &Spanned<String>, plain: u16) -> Diagnostic {
    let error =
        Diagnostic::error(format!("Let's Encrypt asks at port {HTTP}, and the site listens on {plain}"));
    error.at(&mode.span).label("`acme` proves each name by a page of it").fix(format!(
        "write `listen: {HTTP}`, use `mode: files`, or name another authority in `directory_url`"
    ))
}

/// A certificate that somebody else makes is for names.
fn named(mode: &Spanned<String>, names: &[String], said: &mut Vec<Diagnostic>) {
    if names.is_empty() {
        let error = Diagnostic::error("the site has no `server_name`").at(&mode.span);
        said.push(error.label("a certificate is for names").fix("name it: server_name: [example.com]"));
    }
}

/// The authority asks every name over HTTP; a pattern cannot be asked.
fn reachable(mode: &Spanned<String>, names: &[String], said: &mut Vec<Diagnostic>) {
    if let Some(pattern) = names.iter().find(|name| name.starts_with(['*', '.'])) {
        let message = format!("no certificate for `{pattern}` can be had over HTTP");
        let error =
            Diagnostic::error(message).at(&mode.span).label("`acme` proves each name by a page of it");
        said.push(error.fix("write each name out in `server_name`, or use `mode: files`"));
    }
}

fn profile(
    typed: Option<&Spanned<String>>,
    mode: &Spanned<String>,
    said: &mut Vec<Diagnostic>,
) -> Spanned<Profile> {
    let Some(typed) = typed else {
        return Spanned { value: Profile::Intermediate, span: mode.span.clone() };
    };
    let value = match typed.as_str() {
        "intermediate" => Profile::Intermediate,
        "modern" => Profile::Modern,
        "old" => Profile::Old,
        other => {
            let error =
                Diagnostic::error(format!("unknown profile `{}`", other.escape_debug())).at(&typed.span);
            said.push(
                error.label(format!("known profiles: {}", PROFILES.join(", "))).suggest(other, PROFILES),
            );
            Profile::Intermediate
        }
    };
    Spanned { value, span: typed.span.clone() }
}

/// `true`, seconds, or a map.
fn hsts(node: &Node, redirect: bool, said: &mut Vec<Diagnostic>) -> Option<String> {
    let typed = match &node.value {
        Value::Null | Value::Bool(false) => return None,
        Value::Bool(true) => TypedHsts { max_age: None, include_subdomains: None, preload: None },
        Value::Int(seconds) => {
            let max_age = Some(Spanned { value: *seconds, span: node.span.clone() });
            TypedHsts { max_age, include_subdomains: None, preload: None }
        }
        Value::Map(_) => node.decode().map_err(|e| said.push(e)).ok()?,
        _ => {
            let error = Diagnostic::error(format!("`hsts` cannot be {}", node.kind())).at(&node.span);
            said.push(error.label("`true`, seconds, or a map").fix("write `hsts: true`, `hsts: 31536000` or `hsts: { max_age: 31536000, include_subdomains: true }`"));
            return None;
        }
    };
    if !redirect {
        let error = Diagnostic::error("`hsts` needs the redirect to https").at(&node.span);
        said.push(
            error
                .label("browsers that know it ask over https alone")
                .fix("take `redirect: false` or `hsts` away"),
        );
    }
    let age = typed.max_age.map_or(TWO_YEARS, |age| {
        if age.value < 0 {
            said.push(
                Diagnostic::error(format!("`{}` is no time", age.value))
                    .at(&age.span)
                    .label("seconds, 0 or more; 0 makes browsers forget it"),
            );
        }
        age.value
    });
    let flag = |given: Option<bool>, words: &'static str| if given == Some(true) { words } else { "" };
    let subdomains = flag(typed.include_subdomains, "; includeSubDomains");
    Some(format!("max-age={age}{subdomains}{}", flag(typed.preload, "; preload")))
}

fn check_email(email: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    let before = said.len();
    word::characters("the address", email, "\"'\\;<>(),:", said);
    let whole = email
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    if said.len() == before && (!whole || email.starts_with('-')) {
        let error = Diagnostic::error(format!("`{}` is no address for mail", email.value.escape_debug()));
        said.push(error.at(&email.span).fix("write `email: you@example.com`, or take it away"));
    }
}

fn check_url(url: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    word::characters("the directory", url, "\"'\\;<>{}|^`", said);
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) {
        let error =
            Diagnostic::error(format!("`{}` is no URL of an ACME directory", url.value.escape_debug()));
        said.push(error.at(&url.span).fix(format!("write `directory_url: {DIRECTORY}`, or take it away")));
    }
}
