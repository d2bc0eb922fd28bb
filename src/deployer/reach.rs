//! How the hosts of an inventory are reached: by their connection variables, or by the sandbox's own key.

use std::net::Ipv4Addr;

use crate::base::diagnostic::Diagnostic;
use crate::base::path;

use super::inventory::{Host, HostKey, Inventory};
use super::sandbox::{self, HostSpec, Spec};
use super::target::Target;

/// How to reach a host: its connection variables, or the sandbox's own key.
///
/// # Errors
/// Connection variables that cannot be used.
pub fn target(host: &Host, inventory: &Inventory) -> Result<Target, Vec<Diagnostic>> {
    let connection = &host.connection;
    let mut options = connection.ssh_args.clone();
    match &connection.host_key {
        HostKey::Strict => {}
        HostKey::AcceptNew => {
            options.extend(["-o".to_string(), "StrictHostKeyChecking=accept-new".to_string()])
        }
    }
    if connection.become_password.is_some() {
        let error =
            Diagnostic::error(format!("{}: a password for sudo is not supported by this version", host.name));
        let user = connection.user.as_deref().unwrap_or("USER");
        return Err(vec![
            error
                .fix(format!("allow sudo without: {user} ALL=(ALL) NOPASSWD:ALL in /etc/sudoers.d/deployer")),
        ]);
    }
    let mut target = Target {
        name: host.name.clone(),
        address: connection.address.clone(),
        port: connection.port,
        user: connection.user.clone(),
        key: connection.key.as_deref().map(path::expand),
        known_hosts: None,
        options,
        becomes: connection.become_.unwrap_or(connection.user.as_deref() != Some("root")),
        local: connection.local,
    };
    if host.vars.contains_key("sandbox") {
        let spec = sandbox(inventory)?;
        if let Some(own) = spec.hosts.iter().find(|h| h.name == host.name) {
            let access = sandbox::access(&spec, own);
            target.key = target.key.or(Some(access.key));
            target.known_hosts = Some(access.known_hosts);
            target.user = target.user.or(Some(access.user));
        }
    }
    Ok(target)
}

/// The sandbox of an inventory: every host that says `sandbox:`.
///
/// # Errors
/// No host says so; an address that is not IPv4.
pub fn sandbox(inventory: &Inventory) -> Result<Spec, Vec<Diagnostic>> {
    let name = inventory.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut hosts = Vec::new();
    let mut errors = Vec::new();
    for host in &inventory.hosts {
        let Some(node) = host.vars.get("sandbox") else { continue };
        let Ok(address) = host.connection.address.parse::<Ipv4Addr>() else {
            let wrong = format!("`{}` is not an IPv4 address", host.connection.address);
            errors.push(Diagnostic::error(wrong).at(&host.span).fix("give it one: ansible_host: 10.88.0.11"));
            continue;
        };
        let mut spec = HostSpec::new(host.name.clone(), address);
        if let Some(suite) = node.get("suite").and_then(|s| s.text()) {
            spec.suite = suite.to_string();
        }
        if let Some(user) = &host.connection.user {
            spec.user = user.clone();
        }
        hosts.push(spec);
    }
    if hosts.is_empty() && errors.is_empty() {
        let none = Diagnostic::error(format!("no host of `{}` is a sandbox host", inventory.path.display()));
        errors.push(none.fix("say so in a group's vars: sandbox: { suite: bookworm }"));
    }
    if errors.is_empty() { Ok(Spec { name, hosts }) } else { Err(errors) }
}
