//! The sites of HAProxy as its template sees them.

use serde_json::{Value, json};

use super::layout::Layout;
use super::{Scene, header, limit, site, tls};
use crate::deployer::balance::{Seat, hosts_behind};
use crate::deployer::stack::{Balance, Method, Site, Tls, name};
use crate::deployer::{haproxy, os};

/// Seconds that a host may take to accept a connection.
const CONNECT: u32 = 2;

/// The sites of a host that HAProxy passes on.
pub fn values(scene: &Scene, layout: &Layout) -> Value {
    let all = scene.stack.sites.iter();
    all.filter_map(|one| Some(of_site(one, one.haproxy()?, scene, layout))).collect()
}

fn of_site(one: &Site, balance: &Balance, scene: &Scene, layout: &Layout) -> Value {
    let id = one.id();
    let seat =
        |seat: &Seat| json!({ "name": seat.host, "address": seat.server, "is_proxied": seat.is_proxied });
    let (exact, below) = names(one);
    let timeouts = &one.timeouts;
    json!({
        "id": id,
        "host": scene.host.name,
        "binds": binds(one, &id, layout),
        "exact": exact,
        "below": below,
        "balancers": scene.balancers(one),
        "redirect": one.redirect().map(Tls::port_suffix),
        "tls": one.tls.is_some(),
        "headers": header::fixed(one),
        "backend": hosts_behind(&id),
        "group": balance.group.value,
        "method": method(&balance.method),
        "hashes": matches!(balance.method, Method::IpHash | Method::Cookie(_)),
        "cookie": match &balance.method { Method::Cookie(name) => Some(name), _ => None },
        "connect": timeouts.connect.unwrap_or(CONNECT),
        "server": timeouts.read.unwrap_or(limit::BEHIND).max(timeouts.send.unwrap_or_default()),
        "health": balance.health.as_deref(),
        "asked_by": site::asked_by(one).unwrap_or_else(|| scene.host.name.clone()),
        "names_itself": os::haproxy(scene.facts) >= haproxy::AFTER,
        "sends": os::haproxy(scene.facts) >= haproxy::SENDS,
        "servers": scene.seats(&id).iter().map(seat).collect::<Vec<_>>(),
    })
}

fn method(method: &Method) -> &'static str {
    match method {
        Method::RoundRobin => "roundrobin",
        Method::LeastConn => "leastconn",
        Method::IpHash => "source",
        Method::Cookie(_) => "hdr(X-Visitor)",
    }
}

/// The names it answers to, and the ends of those of which any will do; none of both means every name.
fn names(site: &Site) -> (Vec<String>, Vec<String>) {
    let names = site.server_name.iter().flat_map(|name| name::written_out(name));
    let (below, exact): (Vec<String>, Vec<String>) = names.partition(|name| name.starts_with('*'));
    (exact, below.iter().map(|name| name.trim_start_matches('*').to_string()).collect())
}

/// Each port of every address, in the words of `bind`.
fn binds(site: &Site, id: &str, layout: &Layout) -> Vec<String> {
    let of = |port: u16| if layout.ipv6 { format!(":{port},:::{port} v6only") } else { format!(":{port}") };
    let secure = site.tls.as_ref().map(|tls| format!("{} {}", of(tls.listen), tls::haproxy(tls, id)));
    [of(site.listen)].into_iter().chain(secure).collect()
}
