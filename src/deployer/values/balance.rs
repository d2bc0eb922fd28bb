//! What Nginx is told of the hosts behind a site, and of the balancers in front of one.

use serde_json::{Value, json};

use super::Scene;
use super::layout::Layout;
use crate::deployer::balance::{hosts_behind, servers_file};
use crate::deployer::nginx;
use crate::deployer::stack::{Balance, Method, Site};

/// The hosts behind a site; null for a site that does not balance.
pub fn balance(site: &Site, id: &str, scene: &Scene, layout: &Layout) -> Value {
    let Some(balance) = &site.balance else { return Value::Null };
    let cookie = match &balance.method {
        Method::Cookie(cookie) if layout.nginx >= nginx::HASH => Some(cookie),
        _ => None,
    };
    json!({
        "upstream": hosts_behind(id),
        "group": balance.group.value,
        "file": servers_file(id),
        "servers": scene.seats(id).iter().map(|seat| &seat.server).collect::<Vec<_>>(),
        "zone": layout.nginx >= nginx::ZONE,
        "retries": layout.nginx >= nginx::SAFE_RETRY,
        "keepalive": layout.nginx >= nginx::SOCKET_KEEPALIVE,
        "method": method(balance, id, layout),
        "cookie": cookie,
    })
}

/// The directive that chooses; none for one after the other.
fn method(balance: &Balance, id: &str, layout: &Layout) -> Option<String> {
    match &balance.method {
        Method::RoundRobin => None,
        Method::LeastConn => Some("least_conn".into()),
        Method::Cookie(_) if layout.nginx >= nginx::HASH => Some(format!("hash ${id}_visitor consistent")),
        Method::IpHash | Method::Cookie(_) => Some("ip_hash".into()),
    }
}

/// What a site tells its applications of a request: what the balancers in front of it say, from nobody else.
pub fn told(site: &Site, id: &str, scene: &Scene, layout: &Layout) -> Value {
    let balancers = scene.balancers(site);
    // Without it, nobody could tell a balancer's headers from a stranger's: only the client's address is believed.
    let sees_peer = !balancers.is_empty() && layout.nginx >= nginx::PEER;
    let variable =
        |believed: &str, own: &str| if sees_peer { format!("${id}_{believed}") } else { own.into() };
    let further = site.proxy_protocol.iter().flat_map(|proxied| &proxied.from);
    json!({
        // Whose words on the client are believed, and where they stand.
        "trusted": balancers.iter().chain(further).collect::<Vec<_>>(),
        "client": if site.proxy_protocol.is_some() { "proxy_protocol" } else { "X-Forwarded-For" },
        "balancers": balancers,
        "sees_peer": sees_peer,
        "addresses": variable("addresses", "$proxy_add_x_forwarded_for"),
        "scheme": variable("scheme", "$scheme"),
    })
}
