//! What can only be seen over the whole of a host: things used twice, routes that nothing proves.

use std::collections::BTreeMap;

use super::word::{claim, twice};
use super::{Bind, Probe, Route, Site, Stack, Tls, name};
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::Spanned;

/// What two parts of a host both want, and a health that is not the app's own; added to `said`.
pub fn conflicts(stack: &Stack, said: &mut Vec<Diagnostic>) {
    sites(stack, said);
    ports(stack, said);
    haproxy(stack, said);
    proxy_protocol(stack, said);
    binds(stack, said);
    stack.sites.iter().for_each(|site| paths(site, stack, said));
    healths(stack, said);
    one_name_on_the_host("the app's name", stack.apps.iter().map(|app| &app.name), said);
    for (at, probe) in stack.probes.iter().enumerate() {
        if let Some(first) = stack.probes[..at].iter().find(|p| p.name.value == probe.name.value) {
            said.push(twice("the probe's name", &probe.name, &first.name));
        }
    }
}

/// Sites that are named and not there, and those that Nginx could not tell apart.
fn sites(stack: &Stack, said: &mut Vec<Diagnostic>) {
    let known: Vec<&str> =
        stack.sites.iter().filter_map(|site| site.name.as_deref()).map(String::as_str).collect();
    let asked = stack.apps.iter().filter_map(|app| app.site.as_ref());
    for name in asked.chain(stack.probes.iter().filter_map(|probe| probe.site.as_ref())) {
        if !known.contains(&name.as_str()) {
            let error =
                Diagnostic::error(format!("unknown site `{}`", name.value.escape_debug())).at(&name.span);
            let label = if known.is_empty() {
                "there are no `sites`".into()
            } else {
                format!("sites here: {}", known.join(", "))
            };
            said.push(error.label(label).suggest(&name.value, known.iter().copied()));
        }
    }
    let named = stack.sites.iter().filter_map(|site| site.name.as_ref());
    one_name_on_the_host("the site's name", named, said);
    let of_nginx: Vec<&Site> = stack.sites.iter().filter(|site| site.haproxy().is_none()).collect();
    for (at, site) in of_nginx.iter().enumerate() {
        let shared = |other: &&&Site| {
            let same = |name: &String| other.server_name.iter().any(|first| name::is_shared(first, name));
            let nameless = site.server_name.is_empty() && other.server_name.is_empty();
            other.ports().any(|port| site.ports().any(|own| own == port))
                && (nameless || site.server_name.iter().any(same))
        };
        if let (Some(name), Some(first)) = (&site.name, of_nginx[..at].iter().find(shared)) {
            let other = first.name.as_deref().map_or("", String::as_str);
            let error = Diagnostic::error(format!(
                "nginx could not tell the sites `{other}` and `{}` apart",
                name.value
            ));
            said.push(
                error.at(&name.span).label("the same port and name").fix("give each its own `server_name`"),
            );
        }
    }
}

/// Names of which a host would make the same: there a `-` becomes a `_`.
fn one_name_on_the_host<'s>(
    what: &str,
    names: impl Iterator<Item = &'s Spanned<String>>,
    said: &mut Vec<Diagnostic>,
) {
    let mut taken: BTreeMap<String, &Spanned<String>> = BTreeMap::new();
    for name in names {
        if let Some(first) = taken.insert(name.value.replace('-', "_"), name) {
            said.push(twice(what, name, first).label("on a host, `-` and `_` are the same in a name"));
        }
    }
}

/// A port speaks TLS or not, and to the same clients for every site: Nginx takes its protocols from the first.
fn ports(stack: &Stack, said: &mut Vec<Diagnostic>) {
    for (at, site) in stack.sites.iter().enumerate() {
        let Some(tls) = &site.tls else { continue };
        let is_nginx = |one: &Site| one.haproxy().is_none();
        let meets = |other: &&Site| std::ptr::eq(*other, site) || is_nginx(site) && is_nginx(other);
        let error = |message: String| Diagnostic::error(message).at(&tls.profile.span);
        if stack.sites.iter().filter(meets).any(|other| other.listen == tls.listen) {
            said.push(
                error(format!("the port {} cannot speak both HTTP and TLS", tls.listen))
                    .label("`listen` is for plain HTTP, `tls: { listen: … }` for TLS")
                    .fix("give one of them another port"),
            );
        }
        let other = |first: &&Tls| first.listen == tls.listen && first.profile.value != tls.profile.value;
        let mut before = stack.sites[..at].iter().filter(meets).filter_map(|first| first.tls.as_ref());
        if let Some(first) = before.find(other) {
            let message = format!("two sites on port {} have different profiles", tls.listen);
            said.push(
                error(message)
                    .label("nginx takes the protocols of the first")
                    .note("first", first.profile.span.to_string())
                    .fix("give both the same `profile`, or one of them another `tls: { listen: … }`"),
            );
        }
    }
}

/// A site of HAProxy has its ports to itself, and no apps.
fn haproxy(stack: &Stack, said: &mut Vec<Diagnostic>) {
    for (at, site) in stack.sites.iter().enumerate() {
        // Of two on a port, the second one is told, or the one of HAProxy.
        let others = stack.sites.iter().enumerate();
        let others = others.filter(|(other, s)| *other < at || *other > at && s.haproxy().is_none());
        let Some(with) = site.haproxy().map(|balance| &balance.with) else { continue };
        let mut others = others.flat_map(|(_, other)| other.ports());
        if let Some(port) = others.find(|port| site.ports().any(|own| own == *port)) {
            said.push(
                Diagnostic::error(format!("HAProxy and another site both want the port {port}"))
                    .at(&with.span)
                    .label("a site of HAProxy has its ports to itself")
                    .fix("give it another `listen`, or balance `with: nginx`"),
            );
        }
        let answers = |app: &&super::App| !app.routes.is_empty() || !app.statics.is_empty();
        for app in stack.apps_of(site).filter(answers) {
            said.push(
                Diagnostic::error(format!("the app `{}` answers on a site of HAProxy", app.name.value))
                    .at(&app.name.span)
                    .label("it passes every request on to other hosts")
                    .note("with", with.span.to_string())
                    .fix("balance `with: nginx`, or give the app another `site`"),
            );
        }
    }
}

/// What opens a connection says so or not on the whole of a port.
fn proxy_protocol(stack: &Stack, said: &mut Vec<Diagnostic>) {
    for (site, proxied) in stack.sites.iter().filter_map(|site| Some((site, site.proxy_protocol.as_ref()?))) {
        let plain = stack.sites.iter().filter(|other| other.proxy_protocol.is_none());
        let Some(port) = plain.flat_map(Site::ports).find(|port| site.ports().any(|own| own == *port)) else {
            continue;
        };
        said.push(
            Diagnostic::error(format!(
                "the port {port} cannot be asked with the PROXY protocol and without it"
            ))
            .at(&proxied.at)
            .label("another site listens there without it")
            .fix("give both sites `proxy_protocol`, or one of them another `listen`"),
        );
    }
}

fn binds(stack: &Stack, said: &mut Vec<Diagnostic>) {
    for (at, app) in stack.apps.iter().enumerate() {
        if let Some(first) = stack.apps[..at].iter().find(|first| same_bind(&first.bind, &app.bind)) {
            said.push(twice("the bind", &app.bind_at, &first.bind_at));
        }
        let Bind::Tcp { port, .. } = &app.bind else { continue };
        if let Some(site) = stack.sites.iter().find(|site| site.ports().any(|taken| taken == *port)) {
            let program = if site.haproxy().is_some() { "HAProxy" } else { "nginx" };
            said.push(
                Diagnostic::error(format!("the bind `{}` has the site's own port", app.bind_at.value))
                    .at(&app.bind_at.span)
                    .label(format!("{program} listens on {port} of every address"))
                    .fix("give the app another port"),
            );
        }
    }
}

fn same_bind(one: &Bind, other: &Bind) -> bool {
    match (one, other) {
        (Bind::Tcp { host, port }, Bind::Tcp { host: host2, port: port2 }) => {
            let any = |h: &str| h == "0.0.0.0" || h == "::";
            // Port 0 stands for one that could not be read.
            *port != 0 && port == port2 && (host == host2 || any(host) || any(host2))
        }
        (Bind::Unix(path), Bind::Unix(path2)) => path == path2,
        _ => false,
    }
}

fn paths(site: &Site, stack: &Stack, said: &mut Vec<Diagnostic>) {
    let mut claims: Vec<&Spanned<String>> = Vec::new();
    for app in stack.apps_of(site) {
        claims.extend(app.routes.iter().map(|route| &route.path));
        claims.extend(app.statics.iter().map(|(prefix, _)| prefix));
    }
    claims.extend(site.redirects.iter().map(|redirect| &redirect.path));
    claims.extend(site.statics.iter().map(|(prefix, _)| prefix));
    let root = site.balance.as_ref().map(|b| Spanned { value: "/".to_string(), span: b.group.span.clone() });
    claims.extend(root.as_ref());
    for (at, path) in claims.iter().enumerate() {
        if let Some(first) = claims[..at].iter().find(|other| claim(&other.value) == claim(&path.value)) {
            said.push(twice("the path", path, first));
        }
    }
}

/// An app's health is asked through the site: a path that leads elsewhere would prove another app, or nothing.
fn healths(stack: &Stack, said: &mut Vec<Diagnostic>) {
    for app in &stack.apps {
        let Some(health) = &app.health else { continue };
        let reached = answers(&routes(stack.site_of(app), stack), health);
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
    let asked =
        |probe: &Probe| answers(&routes(stack.site_named(probe.site.as_ref()), stack), &probe.get.value);
    let reached: Vec<&Route> = stack.probes.iter().filter_map(asked).collect();
    let all = stack.apps.iter().flat_map(|app| &app.routes);
    let missing = all.filter(|route| !reached.iter().any(|r| std::ptr::eq(*r, *route)));
    let warning = |route: &Route| {
        Diagnostic::warning(format!("no probe covers the route `{}`", route.path.value))
            .at(&route.path.span)
            .fix(format!("add to `probes`: {{ name: …, get: {} }}", route.path.value))
    };
    missing.map(warning).collect()
}

fn routes<'s>(site: &Site, stack: &'s Stack) -> Vec<&'s Route> {
    stack.apps_of(site).flat_map(|app| &app.routes).collect()
}

/// The route that answers a request: the longest that matches it.
fn answers<'r>(routes: &[&'r Route], request: &str) -> Option<&'r Route> {
    let path = request.split('?').next().unwrap_or_default();
    let claiming = routes.iter().filter(|route| route.claims(path));
    claiming.max_by_key(|route| route.bare().len()).filter(|route| route.answers(path)).copied()
}
