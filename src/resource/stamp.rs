//! Handlers as state: the digest of the files a service last took up, so that a restart lost in a crash is made
//! by the next run.

use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::host::{Access, Host, Kind, Look};

/// Where stamps lie on a host.
const DIR: &str = "/var/lib/deployer/stamp";

/// SHA-256, lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The digest of what lies at these paths: contents of files, targets of links, nothing for what is absent.
pub fn of(look: &dyn Look, paths: &[String]) -> Result<String, Fault> {
    let mut all = Vec::new();
    for path in paths {
        all.extend_from_slice(path.as_bytes());
        all.push(0);
        match look.stat(path)?.map(|s| s.kind) {
            Some(Kind::Link(target)) => all.extend_from_slice(target.as_bytes()),
            Some(Kind::File) => all.extend_from_slice(&look.read(path)?.unwrap_or_default()),
            _ => {}
        }
        all.push(0);
    }
    Ok(digest(&all))
}

/// Where the stamp of this name lies.
pub fn path(name: &str) -> String {
    format!("{DIR}/{name}")
}

/// The stamp of this name; empty when there is none.
pub fn read(look: &dyn Look, name: &str) -> Result<String, Fault> {
    Ok(look.text(&path(name))?.unwrap_or_default().trim().to_string())
}

/// Writes the stamp of this name.
pub fn write(host: &dyn Host, name: &str, value: &str) -> Result<(), Fault> {
    host.make_directory(DIR, &Access::root(0o755))?;
    host.write(&path(name), format!("{value}\n").as_bytes(), &Access::root(0o644))
}
