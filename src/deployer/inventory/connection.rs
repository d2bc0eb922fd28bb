//! How a host is reached: Ansible's connection variables, also under their old names.

use std::path::PathBuf;

use super::Vars;
use crate::base::diagnostic::{self, Diagnostic};
use crate::base::secret::Text;
use crate::base::yaml::Node;

/// How a host is reached. What is none is left to the user's `~/.ssh/config`.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// A name or address that ssh understands; the host's name if nothing else is given. Never starts with `-`.
    pub address: String,
    /// 1 to 65535.
    pub port: Option<u16>,
    /// The user to log in as.
    pub user: Option<String>,
    /// The private key, `~/` still unexpanded, relative to where we were started.
    pub key: Option<PathBuf>,
    /// Whether sudo is wanted; none means: if the user is not root.
    pub become_: Option<bool>,
    /// What sudo asks for.
    pub become_password: Option<Text>,
    /// This machine itself, without ssh.
    pub local: bool,
    /// More arguments of ssh, split into words.
    pub ssh_args: Vec<String>,
    /// What we demand of the host's key.
    pub host_key: HostKey,
}

/// What we demand of a host's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKey {
    /// It is in `known_hosts`.
    Strict,
    /// A new one is accepted, a changed one is not.
    AcceptNew,
}

/// The connection a host's variables describe; mistakes are added to `said`, each only once.
pub fn of(name: &str, vars: &Vars, said: &mut Vec<Diagnostic>) -> Connection {
    let mut wishes = Wishes { vars, said };
    let address = wishes.word(&["ansible_host", "ansible_ssh_host"]);
    let local = wishes.local();
    wishes.sudo_only();
    Connection {
        address: address.unwrap_or_else(|| name.into()),
        port: wishes.port(),
        user: wishes.word(&["ansible_user", "ansible_ssh_user"]),
        key: wishes.text(&["ansible_ssh_private_key_file", "ansible_private_key_file"]).map(PathBuf::from),
        become_: wishes.decode(&["ansible_become", "ansible_sudo"]),
        become_password: wishes.decode(&[
            "ansible_become_password",
            "ansible_become_pass",
            "ansible_sudo_pass",
        ]),
        local,
        ssh_args: wishes.arguments(),
        host_key: wishes.host_key(),
    }
}

struct Wishes<'v> {
    vars: &'v Vars,
    said: &'v mut Vec<Diagnostic>,
}

impl Wishes<'_> {
    /// The first of several names that has a value.
    fn node(&self, names: &[&str]) -> Option<&Node> {
        names.iter().filter_map(|name| self.vars.get(*name)).find(|node| !node.is_null())
    }

    /// A group's mistake is met at each of its hosts and said once.
    fn say(&mut self, error: Diagnostic) {
        diagnostic::add(self.said, [error]);
    }

    fn decode<T: serde::de::DeserializeOwned>(&mut self, names: &[&str]) -> Option<T> {
        match self.node(names)?.decode() {
            Ok(value) => Some(value),
            Err(mut e) => {
                e.message = format!("`{}`: {}", names[0], e.message);
                self.say(e);
                None
            }
        }
    }

    fn text(&mut self, names: &[&str]) -> Option<String> {
        let text: String = self.decode(names)?;
        let node = self.node(names)?;
        if text.contains("{{") {
            let error = Diagnostic::error(format!("`{}` is a template", names[0]))
                .at(&node.span)
                .label("values of an inventory are not rendered")
                .fix("write the value itself");
            self.say(error);
        }
        Some(text)
    }

    /// A text that ssh takes as one argument.
    fn word(&mut self, names: &[&str]) -> Option<String> {
        let text = self.text(names)?;
        let bad = |c: char| c.is_control() || c.is_whitespace() || "\"'`$\\;|&<>(){}@".contains(c);
        if !text.contains("{{") && (text.is_empty() || text.starts_with('-') || text.contains(bad)) {
            let span = self.node(names)?.span.clone();
            let error = Diagnostic::error(format!(
                "`{}`: `{}` cannot be used",
                names[0],
                text.escape_debug()
            ))
            .at(&span)
            .label("empty, starts with `-`, or has a blank, a quote, `@` or a character of the shell in it");
            self.say(error);
        }
        Some(text)
    }

    fn port(&mut self) -> Option<u16> {
        let names = ["ansible_port", "ansible_ssh_port"];
        let port: i64 = self.decode(&names)?;
        if !(1..=65535).contains(&port) {
            let span = self.node(&names)?.span.clone();
            self.say(
                Diagnostic::error(format!("the port {port} is out of range")).at(&span).label("1 to 65535"),
            );
        }
        u16::try_from(port).ok()
    }

    fn local(&mut self) -> bool {
        let Some(way) = self.text(&["ansible_connection"]) else { return false };
        let span = self.node(&["ansible_connection"]).map(|n| n.span.clone());
        match (way.as_str(), span) {
            ("local", _) => return true,
            ("ssh" | "smart", _) | (_, None) => {}
            (_, Some(span)) => {
                let error = Diagnostic::error(format!("unknown connection `{way}`"));
                self.say(error.at(&span).label("known connections: ssh, local"));
            }
        }
        false
    }

    /// Whatever is not sudo to root is refused rather than ignored.
    fn sudo_only(&mut self) {
        for (name, wanted) in [("ansible_become_method", "sudo"), ("ansible_become_user", "root")] {
            let Some(text) = self.text(&[name]).filter(|text| text != wanted) else { continue };
            let Some(span) = self.node(&[name]).map(|n| n.span.clone()) else { continue };
            let error = Diagnostic::error(format!("`{name}: {text}` is not supported"));
            self.say(error.at(&span).label(format!("only `{wanted}`")));
        }
    }

    fn arguments(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        for name in ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"] {
            let Some(text) = self.text(&[name]) else { continue };
            match shlex::split(&text) {
                Some(words) => all.extend(words),
                None => {
                    let span = self.node(&[name]).map(|n| n.span.clone());
                    let error = Diagnostic::error(format!("`{name}`: a quote is never closed"));
                    self.say(Diagnostic { span, ..error });
                }
            }
        }
        all
    }

    fn host_key(&mut self) -> HostKey {
        let Some(text) = self.text(&["host_key"]) else { return HostKey::Strict };
        match text.as_str() {
            "strict" => HostKey::Strict,
            "accept-new" => HostKey::AcceptNew,
            _ => {
                let span = self.node(&["host_key"]).map(|n| n.span.clone());
                let error = Diagnostic::error(format!("unknown `host_key: {text}`"))
                    .label("`strict` (it is in known_hosts) or `accept-new`");
                self.say(Diagnostic { span, ..error });
                HostKey::Strict
            }
        }
    }
}
