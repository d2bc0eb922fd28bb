//! The sites of Nginx, taken live as one transaction: write, test, reload, confirm; or put everything back.

use serde::{Deserialize, Serialize};

use super::nginx;
use super::nginx_site::{self, NginxSite};
use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Host, Kind, Look};

/// Every site of a host that is ours, enabled, and loaded by the running Nginx; those of before are disabled.
///
/// They go live together, for what moves from one to another is twice there, or nowhere, in between.
///
/// ```yaml
/// nginx_sites: { sites: "{{ sites }}", template: nginx/site.conf.tera, prefix: deployer }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NginxSites {
    /// The sites.
    pub sites: Vec<NginxSite>,
    /// What our sites are called, or begin with before a `_`: an enabled one that is not among `sites` was ours and is
    /// disabled, its file stays. None leaves all others alone.
    pub prefix: Option<String>,
}

/// The link of the site that Debian and Ubuntu ship; two default servers cannot both listen.
const STOCK: &str = "/etc/nginx/sites-enabled/default";

/// The sites, the stock site, and the names of our sites that are no longer wanted.
pub struct Seen {
    sites: Vec<nginx_site::Seen>,
    stock: Option<Kind>,
    former: Vec<String>,
}

impl NginxSites {
    /// Each with what was seen of it.
    fn pairs<'a>(
        &'a self,
        seen: &'a Seen,
    ) -> impl DoubleEndedIterator<Item = (&'a NginxSite, &'a nginx_site::Seen)> {
        self.sites.iter().zip(&seen.sites)
    }

    /// Whether an enabled site was made by us for an inventory of before.
    fn is_former(&self, name: &str) -> bool {
        let Some(prefix) = &self.prefix else { return false };
        let is_ours =
            name.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        is_ours && self.sites.iter().all(|site| site.name != name)
    }

    fn swap(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        self.sites.iter().try_for_each(|site| site.put(host))?;
        seen.former.iter().try_for_each(|name| host.remove(&nginx_site::enabled(name)))?;
        host.remove(STOCK)
    }

    /// Puts every byte and link of before back; one that cannot be does not keep the others from it.
    fn put_back(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        let sites = self.pairs(seen).map(|(site, seen)| site.put_back(seen, host));
        let link = |name: &String| host.link(&nginx_site::enabled(name), &nginx_site::available(name));
        let stock = match &seen.stock {
            Some(Kind::Link(target)) => host.link(STOCK, target),
            _ => Ok(()),
        };
        sites.chain(seen.former.iter().map(link)).chain([stock]).fold(Ok(()), Result::and)
    }

    /// What `nginx -t` said, with the line it means; the file may be one that is not ours.
    fn refused(&self, text: &str, host: &dyn Host) -> Fault {
        let Some((file, number)) = named(text) else {
            return Fault::new(format!("`nginx -t` refused the configuration; {BACK}")).output(text);
        };
        let ours = self.sites.iter().find(|site| file == site.enabled() || file == site.available());
        let foreign = || host.text(&file).ok().flatten().unwrap_or_default();
        let content = ours.map_or_else(foreign, |site| site.content.clone());
        let line = content.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
        let output = format!("{text}\nline {number}: {line}");
        let Some(site) = ours else {
            return Fault::new(format!("`nginx -t` fails because of `{file}`, which is not ours; {BACK}"))
                .output(&output)
                .fix(format!("correct line {number} of {file} on the host, or move the file away, then run the same command again"));
        };
        Fault::new(format!("`nginx -t` refused site `{}`; {BACK}", site.name)).output(&output).fix(
            "correct the line nginx names (in the template or the inventory); `deployer render` shows the whole file",
        )
    }
}

/// What is true after a refusal.
const BACK: &str = "the old configuration is back and was never unloaded";

/// File and line of `… in FILE:LINE`, where nginx found the mistake.
fn named(text: &str) -> Option<(String, usize)> {
    let line = text.lines().find(|l| l.contains("emerg"))?;
    let (file, number) = line.rsplit_once(" in ")?.1.trim().rsplit_once(':')?;
    Some((file.to_string(), number.parse().ok()?))
}

impl Verbs for NginxSites {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let mut former = nginx_site::all_enabled(look)?;
        former.retain(|name| self.is_former(name));
        Ok(Seen {
            sites: self.sites.iter().map(|site| site.observe(look)).collect::<Result<_, _>>()?,
            stock: look.stat(STOCK)?.map(|stat| stat.kind),
            former,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let mut changes: Vec<Change> =
            self.pairs(seen).flat_map(|(site, seen)| site.diff(seen, self.sites.len() == 1)).collect();
        changes.extend(
            seen.former.iter().map(|name| Change::new(&format!("site {name}"), "enabled", "disabled")),
        );
        if seen.stock.is_some() {
            changes.push(Change::new("stock site", "enabled", "disabled"));
        }
        if changes.is_empty() && seen.sites.iter().any(nginx_site::Seen::is_unloaded) {
            changes.push(Change::new("nginx", "runs with an older configuration", "reloaded"));
        }
        changes
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        let links = self.pairs(seen).map(|(site, seen)| (site.enabled(), seen.link()));
        for (path, kind) in links.chain([(STOCK.to_string(), seen.stock.as_ref())]) {
            if !matches!(kind, None | Some(Kind::Link(_))) {
                let own = format!("`{path}` is a file of its own, not a link into sites-available");
                return Err(Fault::new(own).fix(format!("sudo mv {path} /etc/nginx/sites-available/mine")));
            }
        }
        nginx::take_up(
            host,
            || self.swap(seen, host),
            || self.put_back(seen, host),
            |said| self.refused(said, host),
        )?;
        self.sites.iter().try_for_each(|site| site.note_loaded(host))
    }
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;
    use crate::resource::stamp;

    fn named_site(name: &str, content: &str) -> NginxSite {
        NginxSite { name: name.into(), content: content.into(), reload_when: Vec::new() }
    }

    fn all(sites: &[(&str, &str)]) -> NginxSites {
        let sites = sites.iter().map(|(name, content)| named_site(name, content)).collect();
        NginxSites { sites, prefix: Some("deployer".into()) }
    }

    fn site(content: &str) -> NginxSites {
        all(&[("deployer", content)])
    }

    fn answering() -> FakeHost {
        let host = FakeHost::default();
        host.answer("nginx -t", "", 0);
        host
    }

    fn link(name: &str) -> (String, String) {
        (nginx_site::enabled(name), nginx_site::available(name))
    }

    #[test]
    fn sites_go_live_once_and_together() {
        let host = answering();
        let both = all(&[("deployer_a", "server {}\n"), ("deployer_b", "server {}\n")]);
        assert!(matches!(both.converge(&host), Outcome::Changed(_)));
        assert_eq!(both.converge(&host), Outcome::Unchanged);
        assert_eq!(host.writes().iter().filter(|w| w.contains("nginx -t")).count(), 1);
    }

    #[test]
    fn a_site_of_an_inventory_of_before_is_disabled_in_the_same_step_and_its_file_stays() {
        let host = answering();
        site("old\n").converge(&host);
        for (path, target) in [link("deployers"), link("mine")] {
            host.link(&path, &target).unwrap();
        }
        let changed = all(&[("deployer_a", "new\n")]).converge(&host);
        let wanted = [
            Change::new("content", "", "new\n"),
            Change::new("site deployer_a", "not enabled", "enabled"),
            Change::new("site deployer", "enabled", "disabled"),
        ];
        assert_eq!(changed, Outcome::Changed(wanted.into()));
        assert_eq!(nginx_site::all_enabled(&host).unwrap(), ["deployer_a", "deployers", "mine"]);
        assert_eq!(host.text("/etc/nginx/sites-available/deployer"), Some("old\n".into()));
    }

    #[test]
    fn sites_without_a_prefix_leave_all_others_alone() {
        let host = answering();
        site("old\n").converge(&host);
        let own = NginxSites { sites: vec![named_site("mine", "x\n")], prefix: None };
        own.converge(&host);
        assert_eq!(nginx_site::all_enabled(&host).unwrap(), ["deployer", "mine"]);
    }

    #[test]
    fn a_refused_site_leaves_the_bytes_and_links_of_all_and_never_reloads() {
        let host = answering();
        site("old\n").converge(&host);
        host.answer(
            "nginx -t",
            "emerg: unknown directive \"bad\" in /etc/nginx/sites-enabled/deployer_b:1",
            1,
        );
        let new = all(&[("deployer_a", "good\n"), ("deployer_b", "bad\n")]);
        let Outcome::Failed(fault) = new.converge(&host) else { panic!("it went live") };
        assert!(fault.output.ends_with("line 1: bad"), "{}", fault.output);
        assert_eq!(nginx_site::all_enabled(&host).unwrap(), ["deployer"]);
        let texts = ["deployer", "deployer_a"].map(|name| host.text(&nginx_site::available(name)));
        assert_eq!(texts, [Some("old\n".into()), None]);
        assert!(!host.writes().iter().any(|w| w.contains("reload")));
    }

    #[test]
    fn sites_that_nginx_does_not_follow_give_way_to_those_of_before() {
        let host = answering();
        site("server { listen 80; }\n").converge(&host);
        host.put("/run/nginx.pid", "7\n");
        host.put("/proc/7/comm", "nginx\n");
        host.answer("nginx -s reload", "", 1);
        let Outcome::Failed(fault) = site("server { listen 90; }\n").converge(&host) else {
            panic!("it went live")
        };
        assert_eq!(fault.message, "`nginx -s reload` failed; the old configuration is back");
        assert_eq!(host.text(&nginx_site::available("deployer")), Some("server { listen 80; }\n".into()));
        host.remove("/run/nginx.pid").unwrap();
        assert_eq!(site("server { listen 80; }\n").converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_file_that_is_not_ours_is_named_with_its_line() {
        let host = FakeHost::default();
        host.put("/etc/nginx/conf.d/x.conf", "# mine\ncolour red;\n");
        let said = "nginx: [emerg] unknown directive \"colour\" in /etc/nginx/conf.d/x.conf:2\n";
        host.answer("nginx -t", said, 1);
        let Outcome::Failed(fault) = site("server {}\n").converge(&host) else { panic!("it went live") };
        let wanted = "`nginx -t` fails because of `/etc/nginx/conf.d/x.conf`, which is not ours; the old configuration is back and was never unloaded";
        assert_eq!(fault.message, wanted);
        assert!(fault.output.ends_with("line 2: colour red;"), "{}", fault.output);
        assert_eq!(host.text("/etc/nginx/sites-available/deployer"), None);
    }

    #[test]
    fn a_users_own_file_in_the_stock_sites_place_is_not_touched() {
        let host = FakeHost::default();
        host.put(STOCK, "mine\n");
        assert!(matches!(site("server {}\n").converge(&host), Outcome::Failed(_)));
        assert_eq!((host.text(STOCK), host.writes().len()), (Some("mine\n".into()), 0));
    }

    #[test]
    fn a_file_that_one_includes_is_loaded_when_it_changes() {
        let host = answering();
        let mut site = site("server {}\n");
        site.sites[0].reload_when = vec!["/etc/nginx/deployer/deployer.servers".into()];
        host.put("/etc/nginx/deployer/deployer.servers", "server 10.0.0.1:80;\n");
        site.converge(&host);
        assert_eq!(site.converge(&host), Outcome::Unchanged);
        host.put("/etc/nginx/deployer/deployer.servers", "server 10.0.0.2:80;\n");
        let wanted = [Change::new("nginx", "runs with an older configuration", "reloaded")];
        assert_eq!(site.changes(&host).unwrap(), wanted);
        assert_eq!(site.converge(&host), Outcome::Changed(wanted.into()));
    }

    #[test]
    fn a_reload_lost_in_a_crash_is_made_by_the_next_run() {
        let host = answering();
        site("new\n").converge(&host);
        stamp::write(&host, "nginx_site.deployer", "older").unwrap();
        let wanted = [Change::new("nginx", "runs with an older configuration", "reloaded")];
        assert_eq!(site("new\n").changes(&host).unwrap(), wanted);
    }
}
