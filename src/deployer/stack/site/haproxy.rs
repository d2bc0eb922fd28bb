//! What a site of HAProxy can be told: it passes requests on, and the sites behind it do the rest.

use super::Site;
use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::Node;
use crate::deployer::stack::Issuer;

/// The keys that it can have.
const KEYS: [&str; 6] = ["server_name", "listen", "tls", "headers", "timeouts", "balance"];

/// Refuses what HAProxy cannot do for a site.
pub fn check(site: &Site, node: &Node, said: &mut Vec<Diagnostic>) {
    for (key, _) in node.entries().iter().filter(|(key, _)| !KEYS.contains(&key.value.as_str())) {
        said.push(
            Diagnostic::error(format!("`{}` cannot be had with HAProxy", key.value))
                .at(&key.span)
                .label(format!("it passes requests on; it knows {}", KEYS.join(", ")))
                .fix("write it at the site of the hosts behind, or balance `with: nginx`"),
        );
    }
    let Some(tls) = site.tls.as_ref().filter(|tls| matches!(tls.issuer, Issuer::Acme { .. })) else { return };
    said.push(
        Diagnostic::error("`mode: acme` cannot be had with HAProxy")
            .at(&tls.profile.span)
            .label("the authority asks for a page that nobody shows it")
            .fix("use `mode: files` or `self_signed`, or balance `with: nginx`"),
    );
}
