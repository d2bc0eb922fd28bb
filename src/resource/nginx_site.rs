//! A site of Nginx, taken live as a transaction: write, test, swap, reload, confirm; or put everything back.

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Access, Host, Kind, Look, Run};
use super::{stamp, worker};

/// A site in `sites-available`, enabled, and loaded by the running Nginx.
///
/// ```yaml
/// nginx_site: { name: hbnb, template: nginx/site.conf.tera }
/// ```
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

/// The link of the site that Debian and Ubuntu ship; two default servers cannot both listen.
const STOCK: &str = "/etc/nginx/sites-enabled/default";

/// The site's file and link, the stock site, and the digest that Nginx last loaded.
pub struct Seen {
    content: Option<Vec<u8>>,
    link: Option<Kind>,
    stock: Option<Kind>,
    /// The digests that Nginx last loaded and that it would load now.
    digests: (String, String),
}

impl NginxSite {
    /// Absolute path of the file.
    pub fn available(&self) -> String {
        format!("/etc/nginx/sites-available/{}", self.name)
    }

    /// Absolute path of the link that enables it.
    pub fn enabled(&self) -> String {
        format!("/etc/nginx/sites-enabled/{}", self.name)
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

    /// Puts the new bytes and links in place of the old ones.
    fn swap(&self, host: &dyn Host) -> Result<(), Fault> {
        host.write(&self.available(), self.content.as_bytes(), &Access { uid: 0, gid: 0, mode: 0o644 })?;
        host.link(&self.enabled(), &self.available())?;
        host.remove(STOCK)
    }

    /// Puts the bytes and links of before back.
    fn put_back(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        match &seen.content {
            Some(bytes) => host.write(&self.available(), bytes, &Access { uid: 0, gid: 0, mode: 0o644 })?,
            None => host.remove(&self.available())?,
        }
        match &seen.link {
            Some(Kind::Link(target)) => host.link(&self.enabled(), target)?,
            _ => host.remove(&self.enabled())?,
        }
        match &seen.stock {
            Some(Kind::Link(target)) => host.link(STOCK, target),
            _ => Ok(()),
        }
    }

    /// What `nginx -t` said, with the line it means; the file may be one that is not ours.
    fn refused(&self, text: &str, host: &dyn Host) -> Fault {
        let Some((file, number)) = named(text) else {
            let what = format!("`nginx -t` refused site `{}`; {BACK}", self.name);
            return Fault::new(what).output(text);
        };
        let ours = file == self.enabled() || file == self.available();
        let bytes = if ours { None } else { host.read(&file).ok().flatten() };
        let content = bytes.map_or(self.content.clone(), |b| String::from_utf8_lossy(&b).into_owned());
        let line = content.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
        let output = format!("{text}\nline {number}: {line}");
        if ours {
            return Fault::new(format!("`nginx -t` refused site `{}`; {BACK}", self.name)).output(&output).fix(
                "correct the line nginx names (in the template or the inventory); `deployer render` shows the whole file",
            );
        }
        Fault::new(format!("`nginx -t` fails because of `{file}`, which is not ours; {BACK}"))
            .output(&output)
            .fix(format!("correct line {number} of {file} on the host, or move the file away, then run the same command again"))
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

impl Verbs for NginxSite {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let kind = |path: &str| Ok(look.stat(path)?.map(|s| s.kind));
        Ok(Seen {
            content: look.read(&self.available())?,
            link: kind(&self.enabled())?,
            stock: kind(STOCK)?,
            digests: (stamp::read(look, &self.stamp())?, self.digest(look)?),
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let old = String::from_utf8_lossy(seen.content.as_deref().unwrap_or_default()).into_owned();
        let mut changes: Vec<Change> = Change::of("content", old, &self.content).into_iter().collect();
        if seen.link != Some(Kind::Link(self.available())) {
            changes.push(Change::new("site", "not enabled", "enabled"));
        }
        if seen.stock.is_some() {
            changes.push(Change::new("stock site", "enabled", "disabled"));
        }
        if changes.is_empty() && seen.digests.0 != seen.digests.1 {
            changes.push(Change::new("nginx", "runs with an older configuration", "reloaded"));
        }
        changes
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        for (path, kind) in [(STOCK, &seen.stock), (&self.enabled(), &seen.link)] {
            if !matches!(kind, None | Some(Kind::Link(_))) {
                let own = format!("`{path}` is a file of its own, not a link into sites-available");
                return Err(Fault::new(own).fix(format!("sudo mv {path} /etc/nginx/sites-available/mine")));
            }
        }
        let tested = self.swap(host).and_then(|()| host.run(&Run::new(&["nginx", "-t"])));
        match tested {
            Ok(tested) if tested.status == 0 => drop(reload(host)?),
            Ok(tested) => {
                self.put_back(seen, host)?;
                return Err(self.refused(&tested.text(), host));
            }
            Err(fault) => {
                self.put_back(seen, host)?;
                return Err(fault);
            }
        }
        self.note_loaded(host)
    }
}

/// The text of a site of ours as it lies on the host.
pub fn available(look: &dyn Look, name: &str) -> Result<String, Fault> {
    let bytes = look.read(&format!("/etc/nginx/sites-available/{name}"))?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reloads Nginx and waits until a new generation of workers serves; a stopped Nginx will read the files when
/// its service starts. The workers of before, which finish what they have begun.
pub fn reload(host: &dyn Host) -> Result<Vec<String>, Fault> {
    let Some(master) = worker::master(host, "nginx")? else { return Ok(Vec::new()) };
    let before = worker::of(host, &master)?;
    let ran = host.run(&Run::new(&["nginx", "-s", "reload"]))?;
    if ran.status != 0 {
        return Err(Fault::new("`nginx -s reload` failed").output(&ran.text()));
    }
    if worker::renewed(host, &master, &before)? {
        return Ok(before);
    }
    Err(Fault::new("nginx was told to reload and no new worker appeared within 10 s")
        .fix("look at /var/log/nginx/error.log on the host"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    fn site(content: &str) -> NginxSite {
        NginxSite { name: "hbnb".into(), content: content.into(), reload_when: Vec::new() }
    }

    #[test]
    fn a_site_goes_live_once() {
        let host = FakeHost::default();
        host.answer("nginx -t", "", 0);
        assert!(matches!(site("server {}\n").converge(&host), Outcome::Changed(_)));
        assert_eq!(site("server {}\n").converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_refused_site_leaves_the_old_bytes_and_never_reloads() {
        let host = FakeHost::default();
        host.answer("nginx -t", "", 0);
        site("old\n").converge(&host);
        host.answer("nginx -t", "emerg: unknown directive \"bad\" in /etc/nginx/sites-enabled/hbnb:1", 1);
        let Outcome::Failed(fault) = site("bad\n").converge(&host) else { panic!("it went live") };
        assert_eq!(host.text("/etc/nginx/sites-available/hbnb"), Some("old\n".into()));
        assert!(fault.output.ends_with("line 1: bad"), "{}", fault.output);
        assert!(!host.writes().iter().any(|w| w.contains("reload")));
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
        assert_eq!(host.text("/etc/nginx/sites-available/hbnb"), None);
    }

    #[test]
    fn a_users_own_file_in_the_stock_sites_place_is_not_touched() {
        let host = FakeHost::default();
        host.put(STOCK, "mine\n");
        assert!(matches!(site("server {}\n").converge(&host), Outcome::Failed(_)));
        assert_eq!((host.text(STOCK), host.writes().len()), (Some("mine\n".into()), 0));
    }

    #[test]
    fn a_file_that_it_includes_is_loaded_when_it_changes() {
        let host = FakeHost::default();
        host.answer("nginx -t", "", 0);
        let site =
            NginxSite { reload_when: vec!["/etc/nginx/deployer/hbnb.servers".into()], ..site("server {}\n") };
        host.put("/etc/nginx/deployer/hbnb.servers", "server 10.0.0.1:80;\n");
        site.converge(&host);
        assert_eq!(site.converge(&host), Outcome::Unchanged);
        host.put("/etc/nginx/deployer/hbnb.servers", "server 10.0.0.2:80;\n");
        let wanted = [Change::new("nginx", "runs with an older configuration", "reloaded")];
        assert_eq!(site.changes(&host).unwrap(), wanted);
        assert_eq!(site.converge(&host), Outcome::Changed(wanted.into()));
    }

    #[test]
    fn a_reload_lost_in_a_crash_is_made_by_the_next_run() {
        let host = FakeHost::default();
        host.answer("nginx -t", "", 0);
        site("new\n").converge(&host);
        stamp::write(&host, "nginx_site.hbnb", "older").unwrap();
        let wanted = [Change::new("nginx", "runs with an older configuration", "reloaded")];
        assert_eq!(site("new\n").changes(&host).unwrap(), wanted);
    }
}
