//! Servers of an upstream that get no new requests: marked `down` in the file that the upstream includes.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::converge::{Change, Verbs};
use super::fault::Fault;
use super::host::{Access, Host, Look};
use super::nginx;
use super::nginx_site::{self, NginxSite};

/// How long requests under way are waited for; what lasts longer is left to the server's own graceful stop.
const UNDER_WAY: Duration = Duration::from_secs(15);

/// Servers of an upstream that are drained, and others that are not; those in neither list stay as they are.
///
/// Never the last ones: with every server `down` there would be no site. A host without the file has nothing to drain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drain {
    /// The name of the site whose upstream it is, as in `sites-available`.
    pub site: String,
    /// The file of its servers, a line each: `server 10.0.0.1:80 max_fails=3;`.
    pub path: String,
    /// The addresses that get nothing.
    pub down: Vec<String>,
    /// The addresses that get requests.
    pub up: Vec<String>,
}

impl Drain {
    /// The file as it is wanted.
    fn marked(&self, content: &str) -> String {
        let marked = with_marks(content, &self.down, &self.up);
        let serves = |line: &str| address(line).is_some() && !line.ends_with(DOWN);
        if marked.lines().any(serves) { marked } else { with_marks(content, &[], &self.up) }
    }
}

/// How the line of a drained server ends.
const DOWN: &str = " down;";

/// The address in the line of a server.
fn address(line: &str) -> Option<&str> {
    line.strip_prefix("server ")?.split([' ', ';']).next()
}

fn with_marks(content: &str, down: &[String], up: &[String]) -> String {
    let mark = |line: &str| {
        let is_in = |list: &[String]| address(line).is_some_and(|own| list.iter().any(|one| one == own));
        match line.strip_suffix(DOWN) {
            Some(bare) if is_in(up) => format!("{bare};\n"),
            None if is_in(down) => format!("{}{DOWN}\n", line.trim_end_matches(';')),
            _ => format!("{line}\n"),
        }
    };
    content.lines().map(mark).collect()
}

/// The drained servers of a file, for people.
fn drained(content: &str) -> String {
    let down = content.lines().filter(|line| line.ends_with(DOWN)).filter_map(address);
    let list = down.collect::<Vec<_>>().join(", ");
    if list.is_empty() { "none".into() } else { list }
}

impl Verbs for Drain {
    /// The file as it is; none where there is none.
    type State = Option<String>;

    fn observe(&self, look: &dyn Look) -> Result<Option<String>, Fault> {
        Ok(look.read(&self.path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let Some(content) = seen else { return Vec::new() };
        Change::of("drained", drained(content), drained(&self.marked(content))).into_iter().collect()
    }

    fn apply(&self, seen: &Option<String>, host: &dyn Host) -> Result<(), Fault> {
        let Some(content) = seen else { return Ok(()) };
        let access = Access { uid: 0, gid: 0, mode: 0o644 };
        host.write(&self.path, self.marked(content).as_bytes(), &access)?;
        let tested = nginx::test(host)?;
        if tested.status != 0 {
            host.write(&self.path, content.as_bytes(), &access)?;
            let refused = "`nginx -t` fails, so no server could be drained; all is as it was";
            return Err(Fault::new(refused).output(&tested.text()));
        }
        let bytes = host.read(&nginx_site::available(&self.site))?.unwrap_or_default();
        let site = NginxSite {
            name: self.site.clone(),
            content: String::from_utf8_lossy(&bytes).into_owned(),
            reload_when: vec![self.path.clone()],
        };
        let before = nginx::reload(host)?;
        site.note_loaded(host)?;
        let end = Instant::now() + UNDER_WAY;
        // A worker of before ends when its last request is answered.
        while Instant::now() < end && nginx::any_runs(host, &before)? {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;
    use crate::resource::nginx_sites::NginxSites;

    const PATH: &str = "/etc/nginx/deployer/deployer.servers";
    const BOTH: &str = "# ours\nserver 10.0.0.1:80 max_fails=3;\nserver 10.0.0.2:80 max_fails=3;\n";

    /// Drains some of both, and neither of the others.
    fn drain(servers: &[&str]) -> Drain {
        let both = ["10.0.0.1:80", "10.0.0.2:80"].map(String::from);
        let (down, up) = both.into_iter().partition(|one| servers.contains(&one.as_str()));
        Drain { site: "deployer".into(), path: PATH.into(), down, up }
    }

    fn balancer() -> FakeHost {
        let host = FakeHost::default();
        host.answer("nginx -t", "", 0);
        host.put(PATH, BOTH);
        host
    }

    #[test]
    fn a_drained_server_is_down_and_comes_back_as_it_was() {
        let host = balancer();
        assert!(matches!(drain(&["10.0.0.1:80"]).converge(&host), Outcome::Changed(_)));
        let wanted = BOTH.replace("10.0.0.1:80 max_fails=3;", "10.0.0.1:80 max_fails=3 down;");
        assert_eq!(host.text(PATH), Some(wanted));
        assert_eq!(drain(&["10.0.0.1:80"]).converge(&host), Outcome::Unchanged);
        let change = Change::new("drained", "10.0.0.1:80", "10.0.0.2:80");
        assert_eq!(drain(&["10.0.0.2:80"]).converge(&host), Outcome::Changed(vec![change]));
        drain(&[]).converge(&host);
        assert_eq!(host.text(PATH), Some(BOTH.into()));
    }

    #[test]
    fn the_last_server_is_not_drained_and_a_host_without_upstream_has_nothing_to_drain() {
        assert_eq!(drain(&["10.0.0.1:80", "10.0.0.2:80"]).converge(&balancer()), Outcome::Unchanged);
        assert_eq!(drain(&["10.0.0.1:80"]).converge(&FakeHost::default()), Outcome::Unchanged);
    }

    #[test]
    fn a_server_that_an_earlier_run_left_drained_stays_so_until_it_is_named() {
        let host = balancer();
        drain(&["10.0.0.1:80"]).converge(&host);
        let second = Drain { up: Vec::new(), ..drain(&["10.0.0.2:80"]) };
        assert_eq!(second.converge(&host), Outcome::Unchanged, "it would be the last one");
        let third = Drain { up: vec!["10.0.0.1:80".into()], ..drain(&["10.0.0.2:80"]) };
        assert_eq!(
            third.converge(&host),
            Outcome::Changed(vec![Change::new("drained", "10.0.0.1:80", "10.0.0.2:80")])
        );
    }

    #[test]
    fn the_site_counts_as_loaded_with_its_drained_servers() {
        let host = balancer();
        let site = NginxSite {
            name: "deployer".into(),
            content: "server {}\n".into(),
            reload_when: vec![PATH.into()],
        };
        let sites = NginxSites { sites: vec![site], prefix: None };
        sites.converge(&host);
        drain(&["10.0.0.1:80"]).converge(&host);
        assert_eq!(sites.changes(&host).unwrap(), []);
        host.put(PATH, BOTH);
        assert_eq!(sites.changes(&host).unwrap().len(), 1, "the rendered file is loaded by a reload");
    }

    #[test]
    fn a_refusal_leaves_the_servers_as_they_were() {
        let host = balancer();
        host.answer("nginx -t", "emerg: no", 1);
        assert!(matches!(drain(&["10.0.0.1:80"]).converge(&host), Outcome::Failed(_)));
        assert_eq!(host.text(PATH), Some(BOTH.into()));
    }
}
