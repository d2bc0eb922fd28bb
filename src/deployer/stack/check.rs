//! What can only be seen over the whole of a host: things used twice, routes that nothing proves.

use super::word::{claim, twice};
use super::{App, Bind, Route, Slashes, Stack};
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::Spanned;

/// What two parts of a host both want, and a health that is not the app's own; added to `said`.
pub fn conflicts(stack: &Stack, said: &mut Vec<Diagnostic>) {
    binds(stack, said);
    paths(stack, said);
    healths(stack, said);
    for (at, probe) in stack.probes.iter().enumerate() {
        if let Some(first) = stack.probes[..at].iter().find(|p| p.name.value == probe.name.value) {
            said.push(twice("the probe's name", &probe.name, &first.name));
        }
    }
}

fn binds(stack: &Stack, said: &mut Vec<Diagnostic>) {
    for (at, app) in stack.apps.iter().enumerate() {
        if let Some(first) = stack.apps[..at].iter().find(|first| same_bind(&first.bind, &app.bind)) {
            said.push(twice("the bind", &app.bind_at, &first.bind_at));
        }
        if matches!(&app.bind, Bind::Tcp { port, .. } if *port == stack.site.listen) {
            said.push(
                Diagnostic::error(format!("the bind `{}` has the site's own port", app.bind_at.value))
                    .at(&app.bind_at.span)
                    .label(format!("nginx listens on {} of every address", stack.site.listen))
                    .fix("give the app another port"),
            );
        }
    }
}

fn same_bind(one: &Bind, other: &Bind) -> bool {
    match (one, other) {
        (Bind::Tcp { host, port }, Bind::Tcp { host: host2, port: port2 }) => {
            let any = |h: &str| h == "0.0.0.0" || h == "::";
            let name = |h: &str| if h == "localhost" { "127.0.0.1".to_string() } else { h.to_string() };
            // Port 0 stands for one that could not be read.
            *port != 0 && port == port2 && (name(host) == name(host2) || any(host) || any(host2))
        }
        (Bind::Unix(path), Bind::Unix(path2)) => path == path2,
        _ => false,
    }
}

/// A path of the site and whether only its exact form is claimed.
type Claim<'s> = (&'s Spanned<String>, bool);

fn paths(stack: &Stack, said: &mut Vec<Diagnostic>) {
    let route = |r: &'_ Route| r.slashes == Slashes::Exact;
    let mut claims: Vec<Claim<'_>> = Vec::new();
    for app in &stack.apps {
        claims.extend(app.routes.iter().map(|r| (&r.path, route(r))));
        claims.extend(app.statics.iter().map(|(prefix, _)| (prefix, false)));
    }
    claims.extend(stack.site.redirects.iter().map(|r| (&r.path, false)));
    claims.extend(stack.site.statics.iter().map(|(prefix, _)| (prefix, false)));
    for (at, (path, exact)) in claims.iter().enumerate() {
        let same = |(other, other_exact): &&Claim<'_>| match *exact && *other_exact {
            true => other.value == path.value,
            false => claim(&other.value) == claim(&path.value),
        };
        if let Some((first, _)) = claims[..at].iter().find(same) {
            said.push(twice("the path", path, first));
        }
    }
}

/// An app's health is asked through the site: a path that leads elsewhere would prove another app, or nothing.
fn healths(stack: &Stack, said: &mut Vec<Diagnostic>) {
    let routes: Vec<&Route> = stack.apps.iter().flat_map(|app| &app.routes).collect();
    for app in &stack.apps {
        let Some(health) = &app.health else { continue };
        let reached = answers(&routes, health);
        if reached.is_some_and(|route| app.routes.iter().any(|own| own.path == route.path)) {
            continue;
        }
        let message =
            format!("no route of the app `{}` leads to its health `{}`", app.name.value, health.value);
        said.push(
            Diagnostic::error(message)
                .at(&health.span)
                .label("it is asked through the site")
                .fix("name a path below one of its `routes`, or take `health` away"),
        );
    }
}

/// Warnings: routes that no probe's request reaches.
pub fn uncovered(stack: &Stack) -> Vec<Diagnostic> {
    let routes: Vec<&Route> = stack.apps.iter().flat_map(|app: &App| &app.routes).collect();
    let reached: Vec<&Route> = stack.probes.iter().filter_map(|p| answers(&routes, &p.get.value)).collect();
    let missing = routes.iter().filter(|route| !reached.iter().any(|r| r.path == route.path));
    let warning = |route: &&Route| {
        Diagnostic::warning(format!("no probe covers the route `{}`", route.path.value))
            .at(&route.path.span)
            .fix(format!("add to `probes`: {{ name: …, get: {} }}", route.path.value))
    };
    missing.map(warning).collect()
}

/// The route that answers a request: the longest that matches it.
fn answers<'r>(routes: &[&'r Route], request: &str) -> Option<&'r Route> {
    let path = request.split('?').next().unwrap_or_default();
    let begins = |route: &&&Route| {
        let (written, claimed) = (route.path.as_str(), claim(&route.path));
        match route.slashes {
            _ if claimed == "/" => true,
            Slashes::Exact if written.ends_with('/') => path.starts_with(written),
            Slashes::Exact => path == written,
            Slashes::Either => {
                path.strip_prefix(claimed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    };
    routes.iter().filter(begins).max_by_key(|route| claim(&route.path.value).len()).copied()
}
