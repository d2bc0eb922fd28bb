//! A Python environment: a directory with an interpreter and packages of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resource::account;
use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Look, Ran, Run, run_or_fault};

/// A virtual environment that is complete; its path says what is in it, so it is made once and never changed.
///
/// ```yaml
/// python_env: { path: /opt/hbnb/python/3f0c9a7be214, requirements: "flask==2.2.5\n", user: hbnb }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonEnv {
    /// Absolute path; another one for other packages. It cannot be moved: its scripts name it.
    pub path: String,
    /// Packages, a line each, as pip reads them.
    #[serde(default)]
    pub requirements: String,
    /// The account that pip runs as, since packages run code of their own while they are installed.
    pub user: String,
    /// Variables of pip: `PIP_INDEX_URL`.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Environments beside this one that stay, though no release has taken them up yet.
    #[serde(default)]
    pub spare: Vec<String>,
}

const ROOTS: Access = Access::root(0o755);

/// What becomes of a new environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Absent,
    Cut,
    Complete,
}

impl PythonEnv {
    /// Written last; without it a run was cut.
    fn mark(&self) -> String {
        format!("{}/.complete", self.path)
    }

    fn list(&self) -> String {
        format!("{}/requirements.txt", self.path)
    }

    fn count(&self) -> usize {
        self.requirements.lines().filter(|line| !line.trim().is_empty()).count()
    }

    fn make(&self, host: &dyn Host) -> Result<(), Fault> {
        let parent = self.path.rsplit_once('/').map_or("/", |(parent, _)| parent);
        let Some(uid) = account::user_id(host, &self.user)? else {
            return Err(Fault::new(format!("there is no user `{}` to run pip as", self.user)));
        };
        let gid = account::group_id(host, &self.user)?.unwrap_or(uid);
        host.remove(&self.path)?;
        host.make_directory(parent, &ROOTS)?;
        host.make_directory(&self.path, &Access { uid, gid, mode: 0o755 })?;
        self.run(host, &["/usr/bin/python3", "-m", "venv", &self.path]).and_then(venv_made)?;
        if self.count() > 0 {
            host.write(&self.list(), self.requirements.as_bytes(), &Access { mode: 0o644, ..ROOTS })?;
            let python = format!("{}/bin/python3", self.path);
            let list = self.list();
            let install = [&python, "-m", "pip", "install", "--no-input", "--no-cache-dir", "-r", &list];
            self.run(host, &install).and_then(installed)?;
        }
        run_or_fault(host, &Run::new(&["chown", "-R", "--no-dereference", "root:root", &self.path]))?;
        host.write(&self.mark(), b"", &Access { mode: 0o644, ..ROOTS })
    }

    fn run(&self, host: &dyn Host, argv: &[&str]) -> Result<Ran, Fault> {
        let env = BTreeMap::from([
            ("HOME".to_string(), self.path.clone()),
            ("PIP_DISABLE_PIP_VERSION_CHECK".into(), "1".into()),
        ]);
        let env = env.into_iter().chain(self.env.clone()).collect();
        host.run(&Run { env, user: Some(self.user.clone()), ..Run::new(argv) })
    }

    /// Removes environments that no release uses any more.
    fn prune(&self, host: &dyn Host) -> Result<(), Fault> {
        let Some((parent, own)) = self.path.rsplit_once('/') else { return Ok(()) };
        let root = parent.rsplit_once('/').map_or("", |(root, _)| root);
        let mut used = vec![own.to_string()];
        used.extend(self.spare.iter().filter_map(|path| Some(path.rsplit_once('/')?.1.to_string())));
        for app in host.list(&format!("{root}/apps"))? {
            for release in host.list(&format!("{root}/apps/{app}/releases"))? {
                let link = host.stat(&format!("{root}/apps/{app}/releases/{release}/venv"))?;
                if let Some(crate::resource::host::Kind::Link(target)) = link.map(|stat| stat.kind) {
                    used.extend(target.rsplit_once('/').map(|(_, name)| name.to_string()));
                }
            }
        }
        for name in host.list(parent)?.into_iter().filter(|name| !used.contains(name)) {
            host.remove(&format!("{parent}/{name}"))?;
        }
        Ok(())
    }
}

fn venv_made(ran: Ran) -> Result<(), Fault> {
    if ran.status == 0 {
        return Ok(());
    }
    let words = format!("no Python environment could be made (exit {})", ran.status);
    Err(Fault::new(words).output(&ran.text()))
}

fn installed(ran: Ran) -> Result<(), Fault> {
    if ran.status == 0 {
        return Ok(());
    }
    let text = ran.text();
    let fault = Fault::new(format!("the packages were not installed: pip failed (exit {})", ran.status));
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let fix = if says(&["No space left"]) {
        "free some space (on the host: `df -h`), then run the same command again"
    } else if says(&["Connection", "resolution", "SSLError", "ProxyError", "(from versions: none)"]) {
        "check the name, and that the host reaches the package index (or name another beside `run`: `pip: { index-url: URL }`)"
    } else if says(&["No matching distribution"]) {
        "choose one of the versions that the last lines name"
    } else if says(&["gcc", "compiler", "pkg-config", ".h: No such file", "_config"]) {
        "name what is needed to build it, beside `run`: `packages: [build-essential, python3-dev, …]`"
    } else {
        "repair what the last lines name, then run the same command again"
    };
    Err(fault.output(&text).fix(fix))
}

impl Verbs for PythonEnv {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        Ok(match (look.stat(&self.mark())?, look.stat(&self.path)?) {
            (Some(_), _) => Seen::Complete,
            (None, Some(_)) => Seen::Cut,
            (None, None) => Seen::Absent,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let from = match seen {
            Seen::Absent => "absent",
            Seen::Cut => "half made",
            Seen::Complete => return Vec::new(),
        };
        vec![Change::new("packages", from, format!("{} from requirements", self.count()))]
    }

    fn apply(&self, _: &Seen, host: &dyn Host) -> Result<(), Fault> {
        if let Err(fault) = self.make(host) {
            // A full disk must not stay full because of us.
            drop(host.remove(&self.path));
            return Err(fault);
        }
        self.prune(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    fn env(name: &str) -> PythonEnv {
        PythonEnv {
            path: format!("/opt/hbnb/python/{name}"),
            requirements: "flask==2.2.5\n\n".into(),
            user: "hbnb".into(),
            env: BTreeMap::new(),
            spare: Vec::new(),
        }
    }

    fn host() -> FakeHost {
        let host = FakeHost::default();
        host.put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nhbnb:x:997:997::/var/lib/hbnb:/bin/false\n");
        for program in ["/usr/bin/python3 -m venv", "chown", "/opt/hbnb/python/"] {
            host.answer(program, "", 0);
        }
        host
    }

    #[test]
    fn an_environment_is_made_once_and_belongs_to_root() {
        let host = host();
        let wanted = vec![Change::new("packages", "absent", "1 from requirements")];
        assert_eq!(env("a").converge(&host), Outcome::Changed(wanted));
        let path = "/opt/hbnb/python/a";
        let made = [
            format!("run /usr/bin/python3 -m venv {path}"),
            format!("write {path}/requirements.txt"),
            format!(
                "run {path}/bin/python3 -m pip install --no-input --no-cache-dir -r {path}/requirements.txt"
            ),
            format!("run chown -R --no-dereference root:root {path}"),
            format!("write {path}/.complete"),
        ];
        assert_eq!(host.writes()[3..], made);
        assert_eq!(env("a").converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_look_at_it_moves_nothing_and_a_deaf_host_is_no_success() {
        let host = host();
        assert_eq!(env("a").changes(&host).unwrap().len(), 1);
        assert_eq!(host.writes(), Vec::<String>::new());
        let deaf = FakeHost::deaf();
        deaf.put("/etc/passwd", "hbnb:x:997:997::/:/bin/false\n");
        for program in ["/usr", "chown", "/opt"] {
            deaf.answer(program, "", 0);
        }
        assert!(matches!(env("a").converge(&deaf), Outcome::Failed(_)));
    }

    #[test]
    fn an_environment_of_a_cut_run_is_made_anew() {
        let host = host();
        host.put("/opt/hbnb/python/a/bin/python3", "");
        assert_eq!(env("a").changes(&host).unwrap()[0].from, "half made");
        assert!(matches!(env("a").converge(&host), Outcome::Changed(_)));
        assert_eq!(host.text("/opt/hbnb/python/a/bin/python3"), None);
    }

    #[test]
    fn what_pip_says_last_is_told_and_nothing_is_left() {
        let host = host();
        let said = "Collecting flask==99\nERROR: Could not find a version that satisfies the requirement flask==99 (from versions: 2.2.5, 3.0.0)\nERROR: No matching distribution found for flask==99\n";
        host.answer("/opt/hbnb/python/a/bin/python3 -m pip", said, 1);
        let Outcome::Failed(fault) = env("a").converge(&host) else { panic!("it did not fail") };
        assert_eq!(fault.message, "the packages were not installed: pip failed (exit 1)");
        assert_eq!(fault.output, said.trim_end());
        assert_eq!(fault.fix.as_deref(), Some("choose one of the versions that the last lines name"));
        assert_eq!(host.list("/opt/hbnb/python").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn environments_that_no_release_uses_go() {
        let host = host();
        for name in ["unused", "used", "spared"] {
            host.put(&format!("/opt/hbnb/python/{name}/.complete"), "");
        }
        host.link("/opt/hbnb/apps/web/releases/r1/venv", "/opt/hbnb/python/used").unwrap();
        let spare = vec!["/opt/hbnb/python/spared".to_string()];
        PythonEnv { spare, ..env("new") }.converge(&host);
        assert_eq!(host.list("/opt/hbnb/python").unwrap(), ["new", "spared", "used"]);
    }
}
