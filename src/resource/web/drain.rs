//! Servers that get no new requests from a balancer: marked so in the file that tells it of them.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::haproxy::{self, Haproxy};
use super::nginx;
use super::nginx_site::{self, NginxSite};
use super::server_line::Program;
use super::worker;
use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Look};

/// How long requests under way are waited for; what lasts longer is left to the server's own graceful stop.
const UNDER_WAY: Duration = Duration::from_secs(15);

/// Servers that are drained, and others that are not; those in neither list stay as they are.
///
/// Never the last ones: with every server `down` there would be no site. A host without the file has nothing to drain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drain {
    /// The group of servers.
    pub upstream: Upstream,
    /// The addresses that get nothing.
    pub down: Vec<String>,
    /// The addresses that get requests.
    pub up: Vec<String>,
}

/// A group of servers behind a web server, which has a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// A site of Nginx.
    Nginx {
        /// Its name, as in `sites-available`.
        site: String,
        /// The file of its servers, a line each.
        servers: String,
    },
    /// A backend of HAProxy.
    Haproxy {
        /// Its name.
        backend: String,
    },
}

impl Upstream {
    /// The site or the backend.
    pub fn name(&self) -> &str {
        match self {
            Self::Nginx { site: name, .. } | Self::Haproxy { backend: name } => name,
        }
    }

    fn program(&self) -> Program {
        match self {
            Self::Nginx { .. } => Program::Nginx,
            Self::Haproxy { .. } => Program::Haproxy,
        }
    }

    /// The file with the lines of its servers.
    fn path(&self) -> &str {
        match self {
            Self::Nginx { servers, .. } => servers,
            Self::Haproxy { .. } => haproxy::PATH,
        }
    }

    /// The head of the section of that file in which its servers are.
    fn section(&self) -> String {
        match self {
            Self::Nginx { .. } => String::new(),
            Self::Haproxy { backend } => format!("backend {backend}"),
        }
    }
}

impl Drain {
    /// The file as it is wanted.
    fn marked(&self, content: &str) -> String {
        let marked = self.with_marks(content, &self.down);
        let serves = |line: &str| {
            self.upstream.program().address(line).is_some() && !self.upstream.program().is_drained(line)
        };
        let any_serves = self.lines(&marked).any(|(line, is_ours)| is_ours && serves(line));
        if any_serves { marked } else { self.with_marks(content, &[]) }
    }

    /// Every line, and whether it is in the part of the file that tells this site's servers.
    fn lines<'c>(&self, content: &'c str) -> impl Iterator<Item = (&'c str, bool)> {
        let own = self.upstream.section();
        self.upstream.program().lines(content).map(move |(head, line)| (line, head == own))
    }

    fn with_marks(&self, content: &str, down: &[String]) -> String {
        let mark = |(line, is_ours): (&str, bool)| {
            let own = self.upstream.program().address(line).filter(|_| is_ours);
            let is_in = |list: &[String]| own.is_some_and(|own| list.iter().any(|one| one == own));
            match () {
                () if is_in(&self.up) => self.upstream.program().marked(line, false) + "\n",
                () if is_in(down) => self.upstream.program().marked(line, true) + "\n",
                () => format!("{line}\n"),
            }
        };
        self.lines(content).map(mark).collect()
    }

    /// The drained servers of a file, for people.
    fn drained(&self, content: &str) -> String {
        let down = self
            .lines(content)
            .filter(|(line, is_ours)| *is_ours && self.upstream.program().is_drained(line));
        let list: Vec<&str> = down.filter_map(|(line, _)| self.upstream.program().address(line)).collect();
        if list.is_empty() { "none".into() } else { list.join(", ") }
    }
}

impl Verbs for Drain {
    /// The file as it is; none where there is none.
    type State = Option<String>;

    fn observe(&self, look: &dyn Look) -> Result<Option<String>, Fault> {
        look.text(self.upstream.path())
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let Some(content) = seen else { return Vec::new() };
        let wanted = self.drained(&self.marked(content));
        Change::of("drained", self.drained(content), wanted).into_iter().collect()
    }

    fn apply(&self, seen: &Option<String>, host: &dyn Host) -> Result<(), Fault> {
        let Some(content) = seen else { return Ok(()) };
        let wanted = self.marked(content);
        let (name, before) = match &self.upstream {
            Upstream::Nginx { site, servers } => {
                ("nginx", put_nginx(site, servers, (content, &wanted), host)?)
            }
            Upstream::Haproxy { .. } => ("haproxy", Haproxy { content: wanted }.put(Some(content), host)?),
        };
        let end = Instant::now() + UNDER_WAY;
        // A worker of before ends when its last request is answered.
        while Instant::now() < end && worker::any_runs(host, name, &before)? {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

/// Puts a file of servers in the place of the old one, for Nginx to take up with its site; the workers of before.
fn put_nginx(
    site: &str,
    path: &str,
    (old, new): (&str, &str),
    host: &dyn Host,
) -> Result<Vec<String>, Fault> {
    let write = |content: &str| host.write(path, content.as_bytes(), &Access::root(0o644));
    let refused = "`nginx -t` fails, so no server could be drained; all is as it was";
    let before = nginx::take_up(host, || write(new), || write(old), |said| Fault::new(refused).output(said))?;
    let content = host.text(&nginx_site::available(site))?.unwrap_or_default();
    let site = NginxSite { name: site.into(), content, reload_when: vec![path.into()] };
    site.note_loaded(host)?;
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;
    use crate::resource::web::nginx_sites::NginxSites;

    const PATH: &str = "/etc/nginx/deployer/deployer.servers";
    const BOTH: &str = "# ours\nserver 10.0.0.1:80 max_fails=3;\nserver 10.0.0.2:80 max_fails=3;\n";

    /// Drains some of both, and neither of the others.
    fn drain(servers: &[&str]) -> Drain {
        let both = ["10.0.0.1:80", "10.0.0.2:80"].map(String::from);
        let (down, up) = both.into_iter().partition(|one| servers.contains(&one.as_str()));
        let upstream = Upstream::Nginx { site: "deployer".into(), servers: PATH.into() };
        Drain { upstream, down, up }
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

    const TWO: &str = "# Made by deployer
backend deployer__hosts
    balance roundrobin
    server web-01 10.0.0.1:80 check
    server web-02 10.0.0.2:80 check

backend deployer_other__hosts
    server web-01 10.0.0.1:80 check
";

    #[test]
    fn haproxy_drains_a_server_of_its_backend_and_never_the_last_one() {
        let host = FakeHost::default();
        host.answer("haproxy -c", "", 0);
        host.put(haproxy::PATH, TWO);
        let one = Drain {
            upstream: Upstream::Haproxy { backend: "deployer__hosts".into() },
            ..drain(&["10.0.0.1:80"])
        };
        let change = Change::new("drained", "none", "10.0.0.1:80");
        assert_eq!(one.converge(&host), Outcome::Changed(vec![change]));
        let wanted = TWO.replacen("10.0.0.1:80 check", "10.0.0.1:80 check disabled", 1);
        assert_eq!(host.text(haproxy::PATH), Some(wanted));
        assert_eq!(one.converge(&host), Outcome::Unchanged);
        let back = Drain { down: Vec::new(), up: one.down.clone(), ..one.clone() };
        assert!(matches!(back.converge(&host), Outcome::Changed(_)));
        assert_eq!(host.text(haproxy::PATH), Some(TWO.into()));
        let last = Drain { upstream: Upstream::Haproxy { backend: "deployer_other__hosts".into() }, ..one };
        assert_eq!(last.converge(&host), Outcome::Unchanged);
    }
}
