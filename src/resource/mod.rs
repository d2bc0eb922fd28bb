//! Floor 1: what a host can have. Each resource has three verbs and a file of its own; what belongs
//! together is a folder.
//!
//! `observe` only reads, `diff` is pure, `apply` only writes; [`converge`] strings them together and looks a
//! second time. Adding a resource touches its own file and the enum below.

pub mod account;
pub mod app;
pub mod certificate;
pub mod command;
pub mod config;
pub mod converge;
#[cfg(test)]
pub mod fake;
pub mod fault;
pub mod file;
pub mod guard;
pub mod host;
pub mod package;
pub mod probe;
pub mod service;
pub mod stamp;
pub mod user;
pub mod web;

use serde::{Deserialize, Serialize};

use converge::Converge;

/// Everything a task can ask for, with finished values: what travels to the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A Debian package.
    Package(package::Package),
    /// A system account.
    User(user::User),
    /// A directory.
    Directory(file::directory::Directory),
    /// A file with its whole content.
    File(file::File),
    /// A configuration file that a program takes up.
    Config(config::Config),
    /// A symbolic link.
    Link(file::link::Link),
    /// A systemd unit file or an Upstart job.
    Unit(service::unit::Unit),
    /// A service or socket that runs.
    Service(service::Service),
    /// The sites of Nginx, taken live as one transaction.
    NginxSites(web::nginx_sites::NginxSites),
    /// The servers behind a site of Nginx.
    Servers(web::servers::Servers),
    /// The file of HAProxy, taken live as a transaction.
    Haproxy(web::haproxy::Haproxy),
    /// Servers of an upstream that get no new requests; made by a run itself, not by a task.
    Drain(web::drain::Drain),
    /// A release directory and the link `current`.
    Release(app::release::Release),
    /// A Python environment with its packages.
    PythonEnv(app::python_env::PythonEnv),
    /// A certificate and its key.
    Certificate(certificate::Certificate),
    /// A certificate from an authority.
    Acme(certificate::acme::Acme),
    /// A command, the escape hatch.
    Command(command::Command),
}

impl Resource {
    /// The three verbs of whatever this is.
    pub fn verbs(&self) -> &dyn Converge {
        match self {
            Self::Package(r) => r,
            Self::User(r) => r,
            Self::Directory(r) => r,
            Self::File(r) => r,
            Self::Config(r) => r,
            Self::Link(r) => r,
            Self::Unit(r) => r,
            Self::Service(r) => r,
            Self::NginxSites(r) => r,
            Self::Servers(r) => r,
            Self::Haproxy(r) => r,
            Self::Drain(r) => r,
            Self::Release(r) => r,
            Self::PythonEnv(r) => r,
            Self::Certificate(r) => r,
            Self::Acme(r) => r,
            Self::Command(r) => r,
        }
    }
}

/// One step of a host's plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What people call it.
    pub name: String,
    /// Where it is written: `playbooks/site.yml:14`.
    pub place: String,
    /// What is wanted.
    pub resource: Resource,
}
