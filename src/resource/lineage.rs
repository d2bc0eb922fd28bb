//! What certbot remembers of a certificate that it renews: a file `KEY = VALUE` a line below `/etc/letsencrypt/renewal`.

use super::fault::Fault;
use super::host::Look;

/// What certbot does after every renewal; workers that serve go on with the old certificate until they are done.
pub const HOOK: &str = "nginx -t -q && nginx -s reload";

/// The memory of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage(String);

impl Lineage {
    /// What is remembered of the certificate of this name; none if certbot has none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(look: &dyn Look, name: &str) -> Result<Option<Self>, Fault> {
        let bytes = look.read(&path(name))?;
        Ok(bytes.map(|bytes| Self(String::from_utf8_lossy(&bytes).into_owned())))
    }

    /// What is said of a key.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))
    }

    /// Whether it is renewed as we ask for it.
    pub fn is_ours(&self) -> bool {
        self.value("renew_hook") == Some(HOOK)
    }
}

/// Where it lies.
pub fn path(name: &str) -> String {
    format!("/etc/letsencrypt/renewal/{name}.conf")
}
