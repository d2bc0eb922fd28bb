//! The servers behind a site of Nginx, in a file of their own that it includes.

use serde::{Deserialize, Serialize};

use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Look};

use super::server_line::Program;

/// The file of the servers of a site of Nginx, which includes it. A server that is drained there stays so: only a
/// drain puts it back.
///
/// ```yaml
/// servers: { path: /etc/nginx/deployer/shop.servers, template: nginx/servers.tera }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    /// Absolute path.
    pub path: String,
    /// The whole file, nothing in it drained.
    pub content: String,
}

impl Servers {
    fn wanted(&self, seen: &str) -> String {
        Program::Nginx.with_drained(&self.content, seen)
    }
}

impl Verbs for Servers {
    /// The file as it is; empty where there is none.
    type State = String;

    fn observe(&self, look: &dyn Look) -> Result<String, Fault> {
        Ok(look.text(&self.path)?.unwrap_or_default())
    }

    fn diff(&self, seen: &String) -> Vec<Change> {
        Change::of("content", seen, self.wanted(seen)).into_iter().collect()
    }

    fn apply(&self, seen: &String, host: &dyn Host) -> Result<(), Fault> {
        host.write(&self.path, self.wanted(seen).as_bytes(), &Access::root(0o644))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    const PATH: &str = "/etc/nginx/deployer/deployer.servers";

    fn servers(addresses: &[&str]) -> Servers {
        let lines = addresses.iter().map(|address| format!("server {address} max_fails=3;\n"));
        Servers { path: PATH.into(), content: lines.collect() }
    }

    #[test]
    fn a_drained_server_stays_drained_while_others_come_and_go() {
        let host = FakeHost::default();
        servers(&["10.0.0.1:80", "10.0.0.2:80"]).converge(&host);
        host.put(PATH, "server 10.0.0.1:80 max_fails=3 down;\nserver 10.0.0.2:80 max_fails=3;\n");
        assert_eq!(servers(&["10.0.0.1:80", "10.0.0.2:80"]).converge(&host), Outcome::Unchanged);
        assert!(matches!(servers(&["10.0.0.1:80", "10.0.0.3:80"]).converge(&host), Outcome::Changed(_)));
        let wanted = "server 10.0.0.1:80 max_fails=3 down;\nserver 10.0.0.3:80 max_fails=3;\n";
        assert_eq!(host.text(PATH), Some(wanted.into()));
        servers(&["10.0.0.1:80"]).converge(&host);
        assert_eq!(host.text(PATH), Some("server 10.0.0.1:80 max_fails=3;\n".into()), "nobody else serves");
    }
}
