//! The sandbox's addresses: one /24 of a private range, this machine at `.1`.

use std::net::Ipv4Addr;

use super::Spec;
use crate::base::diagnostic::Diagnostic;

/// A /24 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet([u8; 3]);

impl Subnet {
    /// The network of a sandbox's hosts; addresses that cannot be given to them are refused.
    pub(super) fn of(spec: &Spec) -> Result<Self, Diagnostic> {
        let Some(first) = spec.hosts.first() else {
            return Err(Diagnostic::error(format!("sandbox `{}` has no hosts", spec.name))
                .fix("name at least one host with an `ansible_host` such as 10.88.0.11"));
        };
        let subnet = Self::around(first.address);
        for (number, host) in spec.hosts.iter().enumerate() {
            let (name, address) = (&host.name, host.address);
            let last = address.octets()[3];
            let wrong = if !address.is_private() {
                "is not private; a sandbox must not hide a public address".to_string()
            } else if Self::around(address) != subnet {
                format!("lies outside of the sandbox's network {subnet}, which `{}` began", first.name)
            } else if last == 1 {
                format!("is this machine's own in {subnet}")
            } else if last == 0 || last == 255 {
                format!("cannot be a host's in {subnet}")
            } else if let Some(other) = spec.hosts[..number].iter().find(|h| h.address == address) {
                format!("is already the address of `{}`", other.name)
            } else {
                continue;
            };
            return Err(Diagnostic::error(format!("sandbox host `{name}`: the address {address} {wrong}"))
                .fix(format!("ansible_host: {}", subnet.free(spec))));
        }
        Ok(subnet)
    }

    fn around(address: Ipv4Addr) -> Self {
        let [a, b, c, _] = address.octets();
        Self([a, b, c])
    }

    fn address(self, last: u8) -> Ipv4Addr {
        let Self([a, b, c]) = self;
        Ipv4Addr::new(a, b, c, last)
    }

    /// This machine's address on the bridge.
    pub(super) fn gateway(self) -> Ipv4Addr {
        self.address(1)
    }

    /// An address that no host of `spec` has.
    fn free(self, spec: &Spec) -> Ipv4Addr {
        let taken = |address: &Ipv4Addr| spec.hosts.iter().any(|host| host.address == *address);
        (11..=254).map(|last| self.address(last)).find(|a| !taken(a)).unwrap_or(self.address(11))
    }

    /// Whether a route's destination, as `ip route` prints it, shares addresses with this network.
    pub(super) fn overlaps(self, destination: &str) -> bool {
        let (base, length) = destination.split_once('/').unwrap_or((destination, "32"));
        let (Ok(base), Ok(length)) = (base.parse::<Ipv4Addr>(), length.parse::<u32>()) else {
            return false;
        };
        let mask = |bits: u32| u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
        let common = mask(length.min(24));
        base.to_bits() & common == self.address(0).to_bits() & common
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/24", self.address(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployer::sandbox::HostSpec;

    fn refused(addresses: &[&str]) -> Option<String> {
        let host = |(n, a): (usize, &&str)| HostSpec::new(format!("h{n}"), a.parse().unwrap());
        let spec = Spec { name: "t".into(), hosts: addresses.iter().enumerate().map(host).collect() };
        Subnet::of(&spec).err().map(|said| said.to_string())
    }

    #[test]
    fn hosts_of_one_private_network_are_accepted() {
        assert_eq!(refused(&["10.88.0.11", "10.88.0.12"]), None);
    }

    #[test]
    fn an_address_that_cannot_be_given_is_refused_with_one_that_can() {
        let outside = "error: sandbox host `h1`: the address 10.88.1.12 lies outside of the sandbox's network \
                       10.88.0.0/24, which `h0` began\n  = fix: ansible_host: 10.88.0.12";
        assert_eq!(refused(&["10.88.0.11", "10.88.1.12"]).as_deref(), Some(outside));
        let twice = "error: sandbox host `h1`: the address 10.88.0.11 is already the address of `h0`\n  \
                     = fix: ansible_host: 10.88.0.12";
        assert_eq!(refused(&["10.88.0.11", "10.88.0.11"]).as_deref(), Some(twice));
        assert!(refused(&["8.8.8.8"]).unwrap().contains("is not private"));
        assert!(refused(&["10.88.0.1"]).unwrap().contains("this machine's own"));
        assert!(refused(&["10.88.0.255"]).unwrap().contains("cannot be a host's"));
        assert!(refused(&[]).unwrap().contains("has no hosts"));
    }

    #[test]
    fn a_route_clashes_exactly_when_it_shares_addresses() {
        let subnet = Subnet([10, 88, 0]);
        let clashing = ["10.0.0.0/8", "10.88.0.0/24", "10.88.0.128/25", "10.88.0.7", "10.88.0.0/16"];
        let apart = ["default", "10.88.1.0/24", "192.168.0.0/16", "10.89.0.1", "10.88.1.0/25"];
        assert_eq!(clashing.map(|route| subnet.overlaps(route)), [true; 5]);
        assert_eq!(apart.map(|route| subnet.overlaps(route)), [false; 5]);
    }
}
