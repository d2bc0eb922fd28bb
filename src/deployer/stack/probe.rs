//! A probe: a request, and the answer that proves the site.

use serde::Deserialize;

use super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Entries, Node, Spanned};

/// A request and what it must answer. Redirects are not followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// No other probe of the host has it.
    pub name: Spanned<String>,
    /// The path of a GET, with its query; starts with `/`.
    pub get: Spanned<String>,
    /// The `Host` of the request; none means the address that is asked.
    pub host: Option<String>,
    /// The site that is asked; none means the first.
    pub site: Option<Spanned<String>>,
    /// What must come back.
    pub expect: Expect,
}

/// What an answer must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// 100 to 599; 200 if nothing is given.
    pub status: u16,
    /// A text the body contains.
    pub body: Option<String>,
    /// Headers and their whole values; names in any case.
    pub headers: Vec<(String, String)>,
}

impl Probe {
    /// The probe of the health of an app, or of a group that a site passes requests on to: 200 at that path of the site.
    pub fn of_health(of: &Spanned<String>, site: Option<&Spanned<String>>, health: &Spanned<String>) -> Self {
        Self {
            name: Spanned { value: format!("health of {}", of.value), span: of.span.clone() },
            get: health.clone(),
            host: None,
            site: site.cloned(),
            expect: Expect { status: 200, body: None, headers: Vec::new() },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    name: Spanned<String>,
    get: Spanned<String>,
    host: Option<Spanned<String>>,
    site: Option<Spanned<String>>,
    expect: Option<TypedExpect>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedExpect {
    status: Option<Spanned<u16>>,
    body: Option<String>,
    header: Option<Entries<String>>,
}

/// Reads one probe; mistakes are added to `said`.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Option<Probe> {
    let typed: Typed = word::decoded("probe", node, said)?;
    word::given("the probe's name", &typed.name, said);
    if typed.name.contains(char::is_control) {
        said.push(Diagnostic::error("the probe's name has a control character").at(&typed.name.span));
    }
    if !typed.get.starts_with('/') {
        said.push(
            Diagnostic::error(format!("the probe's path `{}` does not start with `/`", typed.get.value))
                .at(&typed.get.span)
                .fix(format!("write `/{}`", typed.get.value)),
        );
    }
    word::characters("the probe's path", &typed.get, "\"#<>\\^`{}|", said);
    if let Some(host) = &typed.host {
        word::given("the probe's host", host, said);
        word::characters("the probe's host", host, "\"'/;{}$%\\@#?", said);
    }
    let expect = typed.expect.unwrap_or_default();
    if let Some(status) = expect.status.as_ref().filter(|s| !(100..=599).contains(&s.value)) {
        said.push(
            Diagnostic::error(format!("`{}` is no status", status.value))
                .at(&status.span)
                .label("100 to 599"),
        );
    }
    Some(Probe {
        name: typed.name,
        get: typed.get,
        host: typed.host.map(|host| host.value),
        site: typed.site,
        expect: Expect {
            status: expect.status.map_or(200, |status| status.value),
            body: expect.body,
            headers: expect.header.unwrap_or_default().0.into_iter().map(|(k, v)| (k.value, v)).collect(),
        },
    })
}
