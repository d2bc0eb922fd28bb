//! What certbot remembers of a certificate that it renews: a file `KEY = VALUE` a line below `/etc/letsencrypt/renewal`.

use crate::resource::fault::Fault;
use crate::resource::host::{Host, Look, Run, run_or_fault};

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
        Ok(look.text(&path(name))?.map(Self))
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

/// Takes the memory away where nothing leads to the certificate any more: certbot would ask for names that this host
/// does not prove, and fail for ever.
///
/// # Errors
/// Certbot is not there or refuses.
pub fn forget(name: &str, host: &dyn Host) -> Result<(), Fault> {
    let words = ["certbot", "delete", "--non-interactive", "--cert-name", name];
    let fix = format!("take it away on the host: rm {}", path(name));
    run_or_fault(host, &Run::new(&words)).map(drop).map_err(|fault| fault.fix(fix))
}
