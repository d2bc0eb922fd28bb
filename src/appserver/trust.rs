//! Which peers are believed: addresses and networks, as typed.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::base::diagnostic::Diagnostic;

/// A set of addresses. Peers on a socket file have none; whether they are trusted is the caller's to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    networks: Vec<IpNet>,
    is_all: bool,
}

impl Trust {
    /// Reads a list such as `127.0.0.1,::1,10.0.0.0/8`; `*` is everyone, an empty text nobody.
    pub fn parse(typed: &str) -> Result<Self, Diagnostic> {
        let mut trust = Self::default();
        for part in typed.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if part == "*" {
                trust.is_all = true;
                continue;
            }
            let address = part.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            trust.networks.push(address.or_else(|_| part.parse()).map_err(|_| wrong(typed, part))?);
        }
        Ok(trust)
    }

    /// Whether `address` is in it. An IPv4 address in IPv6 clothes is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.is_all || self.networks.iter().any(|network| network.contains(&address))
    }
}

fn wrong(typed: &str, part: &str) -> Diagnostic {
    Diagnostic::error(format!("cannot trust `{typed}`: `{part}` is not an address or a network"))
        .fix("addresses and networks with commas between, such as `127.0.0.1,10.0.0.0/8`, or `*`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn believed(typed: &str, address: &str) -> bool {
        Trust::parse(typed).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn only_the_addresses_of_the_list_are_believed() {
        let typed = "127.0.0.1, ::1,10.1.2.3/8";
        for address in ["127.0.0.1", "::1", "10.255.0.1", "::ffff:10.0.0.1"] {
            assert!(believed(typed, address), "{address}");
        }
        for address in ["127.0.0.2", "::2", "11.0.0.1", "::ffff:11.0.0.1", "::127.0.0.1"] {
            assert!(!believed(typed, address), "{address}");
        }
        assert!(believed("::ffff:10.0.0.1", "10.0.0.1"));
        assert!(believed("10.0.0.1,*", "192.0.2.1") && !believed("", "127.0.0.1"));
    }

    #[test]
    fn a_wrong_address_is_told_with_a_form_that_works() {
        assert_eq!(
            Trust::parse("::1,10.0.0.0/33").unwrap_err().to_string(),
            "error: cannot trust `::1,10.0.0.0/33`: `10.0.0.0/33` is not an address or a network\n  = fix: addresses and networks with commas between, such as `127.0.0.1,10.0.0.0/8`, or `*`"
        );
        assert!(Trust::parse("localhost").is_err());
    }
}
