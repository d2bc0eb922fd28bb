//! Who is trusted: addresses and networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, commas};
use crate::base::diagnostic::Diagnostic;

/// Whom to trust. Peers on a socket file have no address; whether they are trusted is the caller's to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Networks {
    everyone: bool,
    networks: Vec<IpNet>,
}

impl Networks {
    /// Nobody.
    pub const fn none() -> Self {
        Self { everyone: false, networks: Vec::new() }
    }

    /// This host alone.
    pub fn loopback() -> Self {
        let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
        Self { everyone: false, networks: loopback.map(IpNet::from).into() }
    }

    /// Whether an address is one of them; an IPv4 address in the form of IPv6 is that IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.everyone || self.networks.iter().any(|network| network.contains(&address))
    }
}

/// Reads `ADDRESS` or `ADDRESS/BITS`; none where the bits behind those are not zero.
fn parse(typed: &str) -> Option<IpNet> {
    match typed.parse::<IpAddr>() {
        Ok(address) => Some(address.to_canonical().into()),
        Err(_) => typed.parse().ok().filter(|network: &IpNet| network.trunc() == *network),
    }
}

/// As typed: an address alone without its bits.
fn show(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
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
            read.networks.push(parse(&typed).ok_or_else(|| {
                Diagnostic::error(format!("`{typed}` is neither an address nor a network"))
                    .fix("like `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`, with commas between; `*` is everyone")
            })?);
        }
        *self = read;
        Ok(())
    }

    fn show(&self) -> String {
        let everyone = self.everyone.then(|| "*".to_string());
        let shown: Vec<String> = everyone.into_iter().chain(self.networks.iter().map(show)).collect();
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
        for address in
            ["11.0.0.1", "192.0.2.8", "fe00::1", "127.0.0.1", "::2", "::ffff:11.0.0.1", "::10.0.0.1"]
        {
            assert!(!is_trusted(address), "{address}");
        }
        assert_eq!(networks.show(), "10.0.0.0/8,192.0.2.7,fd00::/8,::1");
        networks.read(&Json::from("0.0.0.0/0"), &(0..=0)).unwrap();
        assert!(networks.contains("8.8.8.8".parse().unwrap()) && !networks.contains("::1".parse().unwrap()));
        networks.read(&Json::from("::ffff:10.0.0.1"), &(0..=0)).unwrap();
        assert!(networks.contains("10.0.0.1".parse().unwrap()));
        networks.read(&Json::from("*"), &(0..=0)).unwrap();
        assert!(networks.contains("8.8.8.8".parse().unwrap()));
        networks.read(&Json::from(""), &(0..=0)).unwrap();
        assert!(!networks.contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_network_with_bits_of_a_host_is_refused() {
        let parsed = |typed: &str| parse(typed).is_some();
        assert_eq!(
            ["10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0.0/", "10.0.0.0/8"].map(parsed),
            [false, false, false, false, true]
        );
    }
}
