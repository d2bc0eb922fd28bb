//! One site of Nginx: its file, the link that enables it, and what Nginx last loaded of it.

use serde::{Deserialize, Serialize};

use crate::resource::converge::Change;
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Kind, Look};
use crate::resource::stamp;

/// Where enabled sites lie; the files are in `sites-available` beside it.
const ENABLED: &str = "/etc/nginx/sites-enabled";

/// A site in `sites-available`, enabled, and loaded by the running Nginx.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NginxSite {
    /// The file's name in `/etc/nginx/sites-available`.
    pub name: String,
    /// The whole file.
    pub content: String,
    /// Files that it includes: Nginx is reloaded when they change.
    #[serde(default)]
    pub reload_when: Vec<String>,
}

/// A site's file and link as they are, and the digests that Nginx last loaded and that it would load now.
pub struct Seen {
    content: Option<Vec<u8>>,
    link: Option<Kind>,
    digests: (String, String),
}

impl NginxSite {
    /// Absolute path of the file.
    pub fn available(&self) -> String {
        available(&self.name)
    }

    /// Absolute path of the link that enables it.
    pub fn enabled(&self) -> String {
        enabled(&self.name)
    }

    fn stamp(&self) -> String {
        format!("nginx_site.{}", self.name)
    }

    /// What a reload would load.
    fn digest(&self, look: &dyn Look) -> Result<String, Fault> {
        let own = stamp::digest(self.content.as_bytes());
        if self.reload_when.is_empty() {
            return Ok(own);
        }
        Ok(stamp::digest(format!("{own} {}", stamp::of(look, &self.reload_when)?).as_bytes()))
    }

    /// Notes that Nginx has loaded the site as it lies there.
    pub fn note_loaded(&self, host: &dyn Host) -> Result<(), Fault> {
        stamp::write(host, &self.stamp(), &self.digest(host)?)
    }

    /// What there is of it.
    pub fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        Ok(Seen {
            content: look.read(&self.available())?,
            link: look.stat(&self.enabled())?.map(|stat| stat.kind),
            digests: (stamp::read(look, &self.stamp())?, self.digest(look)?),
        })
    }

    /// What its file and its link lack.
    ///
    /// What differs of a site that `is_alone` needs no name.
    pub fn diff(&self, seen: &Seen, is_alone: bool) -> Vec<Change> {
        let old = String::from_utf8_lossy(seen.content.as_deref().unwrap_or_default()).into_owned();
        let what = if is_alone { "content".to_string() } else { format!("content of {}", self.name) };
        let mut changes: Vec<Change> = Change::of(&what, old, &self.content).into_iter().collect();
        if seen.link != Some(Kind::Link(self.available())) {
            changes.push(Change::new(&format!("site {}", self.name), "not enabled", "enabled"));
        }
        changes
    }

    /// Writes the new bytes and turns the link.
    pub fn put(&self, host: &dyn Host) -> Result<(), Fault> {
        host.write(&self.available(), self.content.as_bytes(), &ACCESS)?;
        host.link(&self.enabled(), &self.available())
    }

    /// Puts the bytes and the link of before back.
    pub fn put_back(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        match &seen.content {
            Some(bytes) => host.write(&self.available(), bytes, &ACCESS)?,
            None => host.remove(&self.available())?,
        }
        match &seen.link {
            Some(Kind::Link(target)) => host.link(&self.enabled(), target),
            _ => host.remove(&self.enabled()),
        }
    }
}

impl Seen {
    /// What lies where the link belongs.
    pub fn link(&self) -> Option<&Kind> {
        self.link.as_ref()
    }

    /// Whether Nginx runs with something else than what lies there.
    pub fn is_unloaded(&self) -> bool {
        self.digests.0 != self.digests.1
    }
}

/// Everybody may read a site.
const ACCESS: Access = Access::root(0o644);

/// The file of the site of a name.
pub fn available(name: &str) -> String {
    format!("/etc/nginx/sites-available/{name}")
}

/// The link of the site of a name.
pub fn enabled(name: &str) -> String {
    format!("{ENABLED}/{name}")
}

/// The sites that are enabled, each by a link of its name: what is a file of its own is none of them.
pub fn all_enabled(look: &dyn Look) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for name in look.list(ENABLED)? {
        let kind = look.stat(&enabled(&name))?.map(|stat| stat.kind);
        if kind == Some(Kind::Link(available(&name))) {
            names.push(name);
        }
    }
    Ok(names)
}
