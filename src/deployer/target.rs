//! How to reach a host: finished values, whoever computed them.

use std::net::Ipv6Addr;
use std::path::PathBuf;

/// How to reach a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The host's name in the inventory, for people.
    pub name: String,
    /// Address or alias of `~/.ssh/config`.
    pub address: String,
    /// Port, when it is not ssh's own choice.
    pub port: Option<u16>,
    /// Login, when it is not ssh's own choice.
    pub user: Option<String>,
    /// Private key, when it is not ssh's own choice.
    pub key: Option<PathBuf>,
    /// Known hosts, when they are not the user's own.
    pub known_hosts: Option<PathBuf>,
    /// Further options, as `ssh` takes them (`-o ProxyJump=bastion`).
    pub options: Vec<String>,
    /// Whether to become root by sudo.
    pub becomes: bool,
    /// This machine: no SSH.
    pub local: bool,
}

impl Target {
    /// Where a site on this host is asked from here.
    pub fn probe_address(&self) -> String {
        match self.address.parse::<Ipv6Addr>() {
            _ if self.local => "127.0.0.1".to_string(),
            Ok(six) => format!("[{six}]"),
            Err(_) => self.address.clone(),
        }
    }
}
