//! A system account for services: no password, no login.

use serde::{Deserialize, Serialize};

use super::account;
use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Host, Look, Run, run_or_fault};

/// A system user with a group of the same name.
///
/// ```yaml
/// user: { name: hbnb, home: /var/lib/hbnb }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Account and group.
    pub name: String,
    /// Home directory; it is not created.
    pub home: String,
    /// Login shell.
    #[serde(default = "default_shell")]
    pub shell: String,
}

fn default_shell() -> String {
    "/usr/sbin/nologin".to_string()
}

impl Verbs for User {
    /// Home and shell, when the account exists.
    type State = Option<(String, String)>;

    fn observe(&self, look: &dyn Look) -> Result<Self::State, Fault> {
        account::home_and_shell(look, &self.name)
    }

    fn diff(&self, seen: &Self::State) -> Vec<Change> {
        match seen {
            None => vec![Change::new("user", "absent", "present")],
            Some((home, shell)) => {
                let home = Change::of("home", home, &self.home);
                home.into_iter().chain(Change::of("shell", shell, &self.shell)).collect()
            }
        }
    }

    fn apply(&self, seen: &Self::State, host: &dyn Host) -> Result<(), Fault> {
        let options = ["--home-dir", &self.home, "--shell", &self.shell, &self.name];
        let argv: Vec<&str> = match seen {
            None => ["useradd", "--system", "--user-group", "--no-create-home"]
                .into_iter()
                .chain(options)
                .collect(),
            Some(_) => vec!["usermod", "--home", &self.home, "--shell", &self.shell, &self.name],
        };
        run_or_fault(host, &Run::new(&argv)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    #[test]
    fn an_account_is_read_from_passwd() {
        let host = FakeHost::default();
        let user = User { name: "hbnb".into(), home: "/var/lib/hbnb".into(), shell: default_shell() };
        let seen = user.observe(&host).unwrap();
        assert_eq!(user.diff(&seen), [Change::new("user", "absent", "present")]);
        host.put("/etc/passwd", "hbnbx:x:1:1::/x:/bin/sh\nhbnb:x:998:998::/home/hbnb:/usr/sbin/nologin\n");
        let seen = user.observe(&host).unwrap();
        assert_eq!(user.diff(&seen), [Change::new("home", "/home/hbnb", "/var/lib/hbnb")]);
    }
}
