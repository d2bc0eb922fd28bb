//! A release: a directory of its own for every version, and a link `current` that turns atomically.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resource::converge::{Change, Verbs};
use crate::resource::fault::Fault;
use crate::resource::file::mode::Mode;
use crate::resource::host::{Access, Host, Kind, Look, Run, run_or_fault};
use crate::resource::service::served;

/// `root/releases/ID/…`, with `root/current` pointing at it.
///
/// ```yaml
/// release: { root: /opt/hbnb, binaries: [appserver, hbnb], keep: 5, prepare: [[./hbnb, static, ./static]] }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Absolute path under which releases live.
    pub root: String,
    /// What makes this version different from any other; a digest of its files.
    pub id: String,
    /// Its programs.
    pub files: Vec<Payload>,
    /// How many releases stay, the live one included; at least 1.
    #[serde(default = "default_keep")]
    pub keep: usize,
    /// Commands that complete the release before it goes live; a word `./x` is `x` in the new release.
    #[serde(default)]
    pub prepare: Vec<Vec<String>>,
    /// What must succeed in the new release before it goes live.
    #[serde(default)]
    pub trial: Option<Trial>,
}

/// A command that tells whether a release is any good; it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Program and arguments; a word `./x` is `x` in the new release.
    pub run: Vec<String>,
    /// The account it runs as; root when none.
    #[serde(default)]
    pub user: Option<String>,
    /// Variables added to its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

fn default_keep() -> usize {
    5
}

/// An executable whose content is sent ahead under its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// Its name in the release.
    pub name: String,
    /// SHA-256 of the content, lower-case hex.
    pub digest: String,
    /// The content's length in bytes.
    pub size: u64,
}

/// Whether the release is whole, and what `current` points at.
pub struct Seen {
    present: bool,
    whole: bool,
    current: Option<String>,
}

/// Lies in every release.
const MANIFEST: &str = ".manifest";

/// Everything below a directory, a line each: mode, size and path.
fn survey(look: &dyn Look, dir: &str) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    let mut left = vec![String::new()];
    while let Some(inside) = left.pop() {
        for name in look.list(&format!("{dir}{inside}"))?.into_iter().filter(|name| name != MANIFEST) {
            let path = format!("{inside}/{name}");
            let Some(stat) = look.stat(&format!("{dir}{path}"))? else { continue };
            match stat.kind {
                Kind::Directory => left.push(path),
                _ => lines.push(format!("{} {} {path}", Mode(stat.mode), stat.size)),
            }
        }
    }
    lines.sort();
    Ok(lines)
}

/// Words of a command in a directory.
fn inside(words: &[String], dir: &str) -> Vec<String> {
    let place = |word: &String| word.strip_prefix("./").map(|name| format!("{dir}/{name}"));
    words.iter().map(|word| place(word).unwrap_or_else(|| word.clone())).collect()
}

impl Release {
    fn dir(&self) -> String {
        format!("{}/releases/{}", self.root, self.id)
    }

    /// Where it is put together; nobody reads there.
    fn beside(&self) -> String {
        format!("{}/releases/.{}.new", self.root, self.id)
    }

    /// The list of everything that was put down.
    fn manifest(&self, dir: &str) -> String {
        format!("{dir}/{MANIFEST}")
    }

    /// `current`'s target; relative, so that the tree can be moved.
    fn target(&self) -> String {
        format!("releases/{}", self.id)
    }

    /// Whether the host lacks a file of this release, so that its content must be sent.
    pub fn needs_payloads(&self, look: &dyn Look) -> Result<bool, Fault> {
        Ok(!self.observe(look)?.whole)
    }

    /// Puts the whole release down beside, and gives it its name by one rename.
    fn put_down(&self, host: &dyn Host) -> Result<(), Fault> {
        let access = Access::root(0o755);
        let beside = self.beside();
        host.remove(&beside)?;
        host.make_directory(&beside, &access)?;
        for file in &self.files {
            host.place(&file.digest, &format!("{beside}/{}", file.name), &access)?;
        }
        for words in &self.prepare {
            run_or_fault(host, &Run::new(&inside(words, &beside)))?;
        }
        self.try_out(host)?;
        let all = survey(host, &beside)?.join("\n");
        host.write(&self.manifest(&beside), all.as_bytes(), &Access { mode: 0o644, ..access })?;
        // A damaged one makes room; what is left of it goes with the next clean-up.
        if host.stat(&self.dir())?.is_some() {
            host.rename(&self.dir(), &format!("{}/releases/.{}.damaged", self.root, self.id))?;
        }
        host.rename(&beside, &self.dir())
    }

    /// What is no good never goes live.
    fn try_out(&self, host: &dyn Host) -> Result<(), Fault> {
        let Some(trial) = &self.trial else { return Ok(()) };
        let env = trial.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let run = Run { argv: inside(&trial.run, &self.beside()), env, user: trial.user.clone() };
        let ran = host.run(&run)?;
        if ran.status == 0 {
            return Ok(());
        }
        let words = format!("the new release is no good, the old one stays live (exit {})", ran.status);
        let fix = "repair what the last lines name, then run the same command again";
        Err(Fault::new(words).output(&ran.text().replace(&self.beside(), ".")).fix(fix))
    }

    /// Removes what cut runs left half written, and the oldest releases beyond `keep`, never the live one nor the one
    /// that served last, to which a service may go back.
    fn prune(&self, host: &dyn Host) -> Result<(), Fault> {
        let dir = format!("{}/releases", self.root);
        let order = format!("{}/order", self.root);
        let known = host.text(&order)?.unwrap_or_default();
        let mut ids: Vec<String> = known.lines().filter(|l| *l != self.id).map(str::to_string).collect();
        ids.push(self.id.clone());
        for name in host.list(&dir)? {
            if name.starts_with('.') {
                host.remove(&format!("{dir}/{name}"))?;
            } else if !ids.contains(&name) {
                ids.insert(0, name);
            }
        }
        let served = served::target(host, &self.root, "served")?.unwrap_or_default();
        let stays = |id: &String| *id == self.id || served.strip_prefix("releases/") == Some(id);
        let surplus = ids.len().saturating_sub(self.keep.max(1));
        let gone: Vec<String> = ids.iter().filter(|id| !stays(id)).take(surplus).cloned().collect();
        for id in &gone {
            host.remove(&format!("{dir}/{id}"))?;
        }
        ids.retain(|id| !gone.contains(id));
        host.write(&order, (ids.join("\n") + "\n").as_bytes(), &Access::root(0o644))
    }
}

impl Verbs for Release {
    type State = Seen;

    fn observe(&self, look: &dyn Look) -> Result<Seen, Fault> {
        let manifest = look.read(&self.manifest(&self.dir()))?;
        let (present, whole) = match manifest {
            Some(list) => (true, survey(look, &self.dir())?.join("\n").as_bytes() == list),
            None => (look.stat(&self.dir())?.is_some(), false),
        };
        Ok(Seen { present, whole, current: served::target(look, &self.root, "current")? })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let mut changes = Vec::new();
        if !seen.whole {
            changes.push(Change::new("release", if seen.present { "damaged" } else { "absent" }, &self.id));
        }
        changes.extend(Change::of("current", seen.current.as_deref().unwrap_or("absent"), self.target()));
        changes
    }

    fn apply(&self, seen: &Seen, host: &dyn Host) -> Result<(), Fault> {
        if !seen.whole
            && let Err(fault) = self.put_down(host)
        {
            // A full disk must not stay full because of us.
            drop(host.remove(&self.beside()));
            return Err(fault);
        }
        host.link(&format!("{}/current", self.root), &self.target())?;
        self.prune(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::converge::{Converge, Outcome};
    use crate::resource::fake::FakeHost;

    fn release(id: &str, keep: usize) -> Release {
        let files = vec![Payload { name: "server".into(), digest: "d1".into(), size: 6 }];
        Release { root: "/opt/hbnb".into(), id: id.into(), files, keep, prepare: Vec::new(), trial: None }
    }

    #[test]
    fn a_release_is_put_down_and_current_turns_to_it() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        let changes =
            vec![Change::new("release", "absent", "r1"), Change::new("current", "absent", "releases/r1")];
        assert_eq!(release("r1", 5).converge(&host), Outcome::Changed(changes));
        assert_eq!(host.text("/opt/hbnb/releases/r1/server"), Some("binary".into()));
        assert_eq!(release("r1", 5).converge(&host), Outcome::Unchanged);
    }

    #[test]
    fn a_damaged_release_is_seen_and_put_down_anew() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        release("r1", 5).converge(&host);
        host.put("/opt/hbnb/releases/r1/server", "");
        assert_eq!(release("r1", 5).changes(&host).unwrap(), [Change::new("release", "damaged", "r1")]);
        assert!(matches!(release("r1", 5).converge(&host), Outcome::Changed(_)));
        assert_eq!(host.text("/opt/hbnb/releases/r1/server"), Some("binary".into()));
        assert_eq!(host.list("/opt/hbnb/releases").unwrap(), ["r1"]);
    }

    #[test]
    fn old_releases_go_and_the_live_one_stays() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        for id in ["r1", "r2", "r3", "r1"] {
            release(id, 2).converge(&host);
        }
        assert_eq!(host.list("/opt/hbnb/releases").unwrap(), ["r1", "r3"]);
    }

    #[test]
    fn what_served_last_stays_however_many_came_after_it() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        release("r1", 2).converge(&host);
        served::note(&host, "/opt/hbnb").unwrap();
        for id in ["r2", "r3", "r4"] {
            release(id, 2).converge(&host);
        }
        assert_eq!(host.list("/opt/hbnb/releases").unwrap(), ["r1", "r4"]);
        release("r5", 1).converge(&host);
        assert_eq!(host.list("/opt/hbnb/releases").unwrap(), ["r1", "r5"]);
    }

    #[test]
    fn what_a_release_needs_is_there_before_it_goes_live() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        host.answer("/opt/hbnb/releases/.r1.new/server", "", 0);
        let words = ["./server", "static", "./static"].map(String::from).to_vec();
        Release { prepare: vec![words], ..release("r1", 5) }.converge(&host);
        let writes = host.writes();
        let at = |what: &str| writes.iter().position(|w| w.as_str() == what).unwrap();
        let new = "/opt/hbnb/releases/.r1.new";
        assert!(at(&format!("run {new}/server static {new}/static")) < at(&format!("rename {new}")));
        assert!(at(&format!("rename {new}")) < at("link /opt/hbnb/current"));
    }

    #[test]
    fn a_release_that_fails_its_trial_leaves_the_live_one_alone() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        release("r1", 5).converge(&host);
        host.answer("python3", "File \"/opt/hbnb/releases/.r2.new/app.py\"\nSyntaxError: no\n", 1);
        let run = ["python3", "./app.py"].map(String::from).to_vec();
        let trial = Some(Trial { run, user: None, env: BTreeMap::new() });
        let Outcome::Failed(fault) = (Release { trial, ..release("r2", 5) }).converge(&host) else {
            panic!()
        };
        assert_eq!(fault.message, "the new release is no good, the old one stays live (exit 1)");
        assert_eq!(fault.output, "File \"./app.py\"\nSyntaxError: no");
        assert_eq!(release("r1", 5).changes(&host).unwrap(), []);
        assert_eq!(host.list("/opt/hbnb/releases").unwrap(), ["r1"]);
    }

    #[test]
    fn a_half_written_release_of_another_version_goes() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        host.put("/opt/hbnb/releases/.r0.new/server", "hal");
        release("r1", 5).converge(&host);
        assert_eq!(host.list("/opt/hbnb/releases").unwrap(), ["r1"]);
    }

    #[test]
    fn a_half_written_release_of_a_cut_run_is_made_again() {
        let host = FakeHost::default();
        host.send("d1", "binary");
        host.put("/opt/hbnb/releases/.r1.new/server", "hal");
        release("r1", 5).converge(&host);
        assert_eq!(host.text("/opt/hbnb/releases/r1/server"), Some("binary".into()));
        assert_eq!(host.list("/opt/hbnb/releases").unwrap(), ["r1"]);
    }
}
