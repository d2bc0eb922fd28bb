//! What people brought themselves to a site of Nginx, a snippet or templates of their own, read as Nginx would read it.

mod found;
mod origin;

use std::sync::Arc;

use crate::agent::wire::Plan;
use crate::base::secret::Mask;
use crate::base::source::Source;
use crate::deployer::lint::{self, Around, Listener, syntax};
use crate::deployer::stack::{Site, Snippet, Stack};
use crate::resource::Resource;
use crate::resource::web::nginx_site::NginxSite;

use origin::Origin;

pub use found::{Found, add, in_all};

/// A host's sites, and what in them is the user's own.
pub struct Review<'a> {
    /// The host's name.
    pub host: &'a str,
    /// What it would get.
    pub plan: &'a Plan,
    /// What it is to run.
    pub stack: &'a Stack,
    /// Where its apps listen.
    pub listening: Vec<String>,
    /// Templates of Nginx that are not ours.
    pub own: Vec<Arc<Source>>,
    /// What is not to be repeated.
    pub mask: &'a Mask,
}

impl Review<'_> {
    /// Everything that is wrong or suspicious in the sites with a snippet, or in all if there are templates.
    pub fn findings(&self) -> Vec<Found> {
        let brought: Vec<&NginxSite> = self.sites().filter(|site| self.is_brought(site)).collect();
        if brought.is_empty() {
            return Vec::new();
        }
        let mut around = Around { listeners: self.listeners().collect(), ..Around::default() };
        for text in self.texts().filter_map(|text| syntax::parse(&Source::new("", text)).ok()) {
            around.add(&text);
        }
        brought.into_iter().flat_map(|site| self.of_site(site, &around)).collect()
    }

    /// Whoever listens on the host beside its Nginx: the apps, and HAProxy on every address.
    fn listeners(&self) -> impl Iterator<Item = Listener> {
        let apps = self.listening.iter().filter_map(|address| Listener::of(address, "80"));
        let of_haproxy =
            self.stack.sites.iter().filter(|site| site.haproxy().is_some()).flat_map(Site::ports);
        let any = |port: u16| ["0.0.0.0", "[::]"].map(|host| Listener::Tcp(host.into(), port.to_string()));
        apps.chain(of_haproxy.flat_map(any))
    }

    fn sites(&self) -> impl Iterator<Item = &NginxSite> {
        self.plan.steps.iter().flat_map(|step| match &step.resource {
            Resource::NginxSites(all) => &all.sites[..],
            _ => &[],
        })
    }

    /// The files that Nginx reads.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let included = self.plan.steps.iter().filter_map(|step| match &step.resource {
            Resource::Servers(file) => Some(file.content.as_str()),
            Resource::File(file) if file.path.starts_with("/etc/nginx/") => Some(file.content.as_str()),
            _ => None,
        });
        included.chain(self.sites().map(|site| site.content.as_str()))
    }

    fn snippet(&self, site: &NginxSite) -> Option<&Snippet> {
        self.stack.sites.iter().find(|of_stack| of_stack.id() == site.name)?.snippet.as_ref()
    }

    fn is_brought(&self, site: &NginxSite) -> bool {
        !self.own.is_empty() || self.snippet(site).is_some()
    }

    fn of_site(&self, site: &NginxSite, around: &Around) -> Vec<Found> {
        let source =
            Source::new(format!("{}:{}", self.host, site.available()), self.mask.hide(&site.content));
        let origin = Origin::of(self.snippet(site), &source, &self.own);
        match syntax::parse(&source) {
            Ok(text) => lint::findings(&text, around).into_iter().map(|found| origin.placed(found)).collect(),
            Err(mistake) => vec![origin.placed(lint::unread(&mistake).into())],
        }
    }
}
