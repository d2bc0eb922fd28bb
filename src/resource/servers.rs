//! The servers that a balancer passes requests on to, a line each, and which of them are drained.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Access, Host, Look};

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
        Ok(String::from_utf8_lossy(&look.read(&self.path)?.unwrap_or_default()).into_owned())
    }

    fn diff(&self, seen: &String) -> Vec<Change> {
        Change::of("content", seen, self.wanted(seen)).into_iter().collect()
    }

    fn apply(&self, seen: &String, host: &dyn Host) -> Result<(), Fault> {
        host.write(&self.path, self.wanted(seen).as_bytes(), &Access { uid: 0, gid: 0, mode: 0o644 })
    }
}

/// Who passes requests on, and how the line of a server reads there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// `server 10.0.0.1:80 max_fails=3;`, and `down` where it is drained.
    #[default]
    Nginx,
    /// `    server web-01 10.0.0.1:80 check`, and `disabled` where it is drained.
    Haproxy,
}

impl Program {
    /// How the line of a server ends, and how that of a drained one does.
    fn ends(self) -> (&'static str, &'static str) {
        match self {
            Self::Nginx => (";", " down;"),
            Self::Haproxy => ("", " disabled"),
        }
    }

    /// The address in the line of a server.
    pub fn address(self, line: &str) -> Option<&str> {
        match self {
            Self::Nginx => line.strip_prefix("server ")?.split([' ', ';']).next(),
            Self::Haproxy => line.strip_prefix("    server ")?.split(' ').nth(1),
        }
    }

    /// Whether it is the line of a drained server.
    pub fn is_drained(self, line: &str) -> bool {
        self.address(line).is_some() && line.ends_with(self.ends().1)
    }

    /// The line of a server as it is to be.
    pub fn marked(self, line: &str, is_drained: bool) -> String {
        let (end, end_drained) = self.ends();
        let bare = line.strip_suffix(end_drained).or(line.strip_suffix(end)).unwrap_or(line);
        format!("{bare}{}", if is_drained { end_drained } else { end })
    }

    /// Every line after the head of the section that it is in: `backend NAME` of HAProxy; Nginx has one section without.
    pub fn lines(self, content: &str) -> impl Iterator<Item = (&str, &str)> {
        let mut head = "";
        content.lines().map(move |line| {
            if self == Self::Haproxy && line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                head = line;
            }
            (head, line)
        })
    }

    /// A new file whose servers are drained where they are so in the one that is there, unless that were all of a section.
    pub fn with_drained(self, content: &str, seen: &str) -> String {
        let drained: BTreeSet<_> = self
            .lines(seen)
            .filter(|(_, line)| self.is_drained(line))
            .map(|(head, line)| (head, self.address(line)))
            .collect();
        let is_drained = |head: &str, line: &str| drained.contains(&(head, self.address(line)));
        let serving: BTreeSet<&str> = self
            .lines(content)
            .filter(|(head, line)| self.address(line).is_some() && !is_drained(head, line))
            .map(|(head, _)| head)
            .collect();
        let kept = |(head, line): (&str, &str)| match is_drained(head, line) && serving.contains(head) {
            true => self.marked(line, true) + "\n",
            false => line.to_string() + "\n",
        };
        self.lines(content).map(kept).collect()
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

    #[test]
    fn the_same_server_of_two_backends_is_drained_in_one_of_them() {
        let file = |first: &str| {
            format!(
                "backend a\n    server x 1:1 check{first}\n    server y 2:2 check\nbackend b\n    server x 1:1 check\n"
            )
        };
        assert_eq!(Program::Haproxy.with_drained(&file(""), &file(" disabled")), file(" disabled"));
    }
}
