//! A certificate and its key, and the files in which they lie.

use serde::{Deserialize, Serialize};

use crate::resource::fault::Fault;
use crate::resource::host::Look;

/// A certificate with those that vouch for it, and its key; both PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The server's own first.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// What signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// ECDSA on P-256: small and fast.
    #[default]
    Ecdsa,
    /// RSA with 2048 bits, which the oldest clients need.
    Rsa,
}

/// The name of the link to the pair that serves.
pub const LIVE: &str = "live";
/// The file of the certificates, as certbot calls it too.
pub const CHAIN: &str = "fullchain.pem";
/// The file of the key, as certbot calls it too.
pub const KEY: &str = "privkey.pem";
/// The file of both.
pub const COMBINED: &str = "combined.pem";
/// A file of a pair; empty where there is none.
///
/// # Errors
/// It cannot be read.
pub fn text(look: &dyn Look, dir: &str, name: &str) -> Result<String, Fault> {
    Ok(look.text(&format!("{dir}/{name}"))?.unwrap_or_default())
}

/// Both in one file, whether or not the first ends with a line break.
pub fn combined(certificate: &str, key: &str) -> String {
    format!("{certificate}\n{key}")
}
