//! From which version on HAProxy can do something.
//! Source: <https://docs.haproxy.org/>

use super::nginx::Version;

/// A request that a host did not answer is asked of another one, `retry-on`.
pub const RETRIES: Version = [2, 0, 0];
/// Checks say their headers by themselves, `http-check send`; and there are random numbers for requests, `uuid`.
pub const SENDS: Version = [2, 2, 0];
/// Rules of headers hold for its own answers too, `http-after-response`.
pub const AFTER: Version = [2, 2, 0];
