//! Who is trusted: addresses and networks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, commas};
use crate::base::diagnostic::Diagnostic;

/// An address, and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `ADDRESS` or `ADDRESS/BITS`; none where the bits behind those are not zero.
    fn parse(typed: &str) -> Option<Self> {
        let (address, bits) = typed.split_once('/').map_or((typed, None), |(a, bits)| (a, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        let network = Self { address, prefix };
        (prefix <= most && number(address) & !network.mask() == 0).then_some(network)
    }

    /// Ones in front: the 32 bits of an IPv4 address are the last ones.
    fn mask(&self) -> u128 {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        let ones = if width == 128 { u128::MAX } else { (1 << width) - 1 };
        ones & !ones.checked_shr(self.prefix.into()).unwrap_or(0)
    }

    /// Whether an address lies in it.
    fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && number(address) & self.mask() == number(self.address)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.prefix) {
            (IpAddr::V4(_), 32) | (IpAddr::V6(_), 128) => self.address.fmt(f),
            (_, prefix) => write!(f, "{}/{prefix}", self.address),
        }
    }
}

/// Whom to trust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Networks {
    everyone: bool,
    networks: Vec<Network>,
}

impl Networks {
    /// Nobody.
    pub const fn none() -> Self {
        Self { everyone: false, networks: Vec::new() }
    }

    /// This host alone.
    pub fn loopback() -> Self {
        let v4 = Network { address: Ipv4Addr::LOCALHOST.into(), prefix: 32 };
        let v6 = Network { address: Ipv6Addr::LOCALHOST.into(), prefix: 128 };
        Self { everyone: false, networks: vec![v4, v6] }
    }

    /// Whether an address is one of them; an IPv4 address in the form of IPv6 is that IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.everyone || self.networks.iter().any(|network| network.contains(address))
    }
}

impl Value for Networks {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let mut read = Self::none();
        for typed in commas(given)? {
            if typed == "*" {
                read.everyone = true;
                continue;
            }
            read.networks.push(Network::parse(&typed).ok_or_else(|| {
                Diagnostic::error(format!("`{typed}` is neither an address nor a network"))
                    .fix("like `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`, with commas between; `*` is everyone")
            })?);
        }
        *self = read;
        Ok(())
    }

    fn show(&self) -> String {
        let everyone = self.everyone.then(|| "*".to_string());
        let shown: Vec<String> =
            everyone.into_iter().chain(self.networks.iter().map(ToString::to_string)).collect();
        shown.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trusted_if_it_lies_in_a_network() {
        let mut networks = Networks::none();
        let given = Json::from("10.0.0.0/8, 192.0.2.7,fd00::/8,::1");
        networks.read(&given, &(0..=0)).unwrap();
        let is_trusted = |address: &str| networks.contains(address.parse().unwrap());
        for address in ["10.9.8.7", "192.0.2.7", "fd12::1", "::1", "::ffff:10.1.1.1"] {
            assert!(is_trusted(address), "{address}");
        }
        for address in ["11.0.0.1", "192.0.2.8", "fe00::1", "127.0.0.1", "::2"] {
            assert!(!is_trusted(address), "{address}");
        }
        assert_eq!(networks.show(), "10.0.0.0/8,192.0.2.7,fd00::/8,::1");
        networks.read(&Json::from("0.0.0.0/0"), &(0..=0)).unwrap();
        assert!(networks.contains("8.8.8.8".parse().unwrap()) && !networks.contains("::1".parse().unwrap()));
        networks.read(&Json::from("*"), &(0..=0)).unwrap();
        assert!(networks.contains("8.8.8.8".parse().unwrap()));
        networks.read(&Json::from(""), &(0..=0)).unwrap();
        assert!(!networks.contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_network_with_bits_of_a_host_is_refused() {
        let parsed = |typed: &str| Network::parse(typed).is_some();
        assert_eq!(
            ["10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0.0/", "10.0.0.0/8"].map(parsed),
            [false, false, false, false, true]
        );
    }
}
