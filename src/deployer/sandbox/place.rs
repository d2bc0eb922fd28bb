//! Where a sandbox lives: its paths, and names short enough for the kernel.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// Hosts, keys and consoles of all sandboxes.
pub(super) const STATE: &str = "/var/lib/deployer/sandbox";
/// Base images, kept when a sandbox goes.
pub(super) const CACHE: &str = "/var/cache/deployer/sandbox";
/// What every network device and namespace of ours begins with.
pub(super) const MARK: &str = "dsb";

/// One sandbox's paths and names, all derived from its name, so that a crash loses none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    name: String,
    tag: String,
}

impl Place {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into(), tag: tag(name) }
    }

    pub(super) fn directory(&self) -> PathBuf {
        PathBuf::from(STATE).join(&self.name)
    }

    /// Keys; the leading dot keeps them apart from a host of that name.
    pub(super) fn access(&self) -> PathBuf {
        self.directory().join(".access")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.access().join("key")
    }

    pub(super) fn known_hosts(&self) -> PathBuf {
        self.access().join("known_hosts")
    }

    pub(super) fn host(&self, host: &str) -> PathBuf {
        self.directory().join(host)
    }

    /// The host's root file system, as mounted.
    pub(super) fn root(&self, host: &str) -> PathBuf {
        self.host(host).join("root")
    }

    /// What the host said while booting.
    pub(super) fn console(&self, host: &str) -> PathBuf {
        self.host(host).join("console.log")
    }

    /// There once the root is fully prepared; without it the host's directory is half made.
    pub(super) fn ready(&self, host: &str) -> PathBuf {
        self.host(host).join("ready")
    }

    pub(super) fn bridge(&self) -> String {
        format!("{MARK}{}", self.tag)
    }

    /// This machine's end of the host's cable.
    pub(super) fn cable(&self, host: &str) -> String {
        format!("dsv{}", tag(&format!("{}/{host}", self.name)))
    }

    /// What the network namespaces, cgroups and units of this sandbox begin with.
    pub(super) fn prefix(&self) -> String {
        format!("{MARK}-{}-", self.tag)
    }

    /// Network namespace, cgroup and machine name of a host.
    pub(super) fn unit(&self, host: &str) -> String {
        format!("{}{host}", self.prefix())
    }

    pub(super) fn namespace(&self, host: &str) -> PathBuf {
        PathBuf::from("/run/netns").join(self.unit(host))
    }

    /// The nftables table with our rules and nobody else's.
    pub(super) fn table(&self) -> String {
        format!("deployer_{}", self.tag)
    }
}

/// Eight hexadecimal digits that stand for `text`.
fn tag(text: &str) -> String {
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_fit_into_the_kernels_fifteen_bytes_whatever_the_sandbox_is_called() {
        let place = Place::new("a-very-long-name-of-an-inventory-of-somebody");
        let lengths = [place.bridge(), place.cable("web-01.example.com")].map(|name| name.len());
        assert_eq!(lengths, [11, 11]);
    }

    #[test]
    fn two_sandboxes_share_no_name() {
        let (one, other) = (Place::new("a"), Place::new("a-b"));
        assert_ne!(one.unit("b-c"), other.unit("c"));
        assert_ne!(one.bridge(), other.bridge());
        assert_ne!(one.table(), other.table());
    }
}
