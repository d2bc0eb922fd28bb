//! A probe for tests.

use super::{Expect, Probe};

/// A request for `/` by plain HTTP.
pub fn probe(port: u16, expect: Expect) -> Probe {
    Probe { name: "home".into(), get: "/".into(), host: None, port, tls: None, proxy_protocol: false, expect }
}
