//! A machine in memory, for unit tests of the verbs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::fault::Fault;
use super::host::{Access, Host, Kind, Look, Ran, Run, Stat};

/// What a program does to the host.
type Effect = Rc<dyn Fn(&FakeHost)>;

/// A host that remembers.
pub struct FakeHost {
    nodes: RefCell<BTreeMap<String, (Stat, Vec<u8>)>>,
    answers: RefCell<Vec<(String, Ran)>>,
    effects: RefCell<Vec<(String, Effect)>>,
    units: RefCell<BTreeMap<String, Vec<(String, String)>>>,
    blobs: RefCell<BTreeMap<String, Vec<u8>>>,
    log: RefCell<Vec<String>>,
    refused: RefCell<Option<String>>,
    deaf: bool,
}

impl Default for FakeHost {
    fn default() -> Self {
        let host = Self {
            nodes: RefCell::default(),
            answers: RefCell::default(),
            effects: RefCell::default(),
            units: RefCell::default(),
            blobs: RefCell::default(),
            log: RefCell::default(),
            refused: RefCell::default(),
            deaf: false,
        };
        host.put("/etc/passwd", "root:x:0:0::/root:/bin/bash\n");
        host.put("/etc/group", "root:x:0:\n");
        host
    }
}

impl FakeHost {
    /// A host that accepts every write and does nothing.
    pub fn deaf() -> Self {
        Self { deaf: true, ..Self::default() }
    }

    /// Puts a file of root's, mode 0644, without logging it.
    pub fn put(&self, path: &str, text: &str) {
        let stat = Stat { kind: Kind::File, mode: 0o644, uid: 0, gid: 0, size: 0 };
        self.nodes.borrow_mut().insert(path.to_string(), (stat, text.as_bytes().to_vec()));
    }

    /// Programs whose command line begins with `prefix` answer this; the newest answer wins.
    pub fn answer(&self, prefix: &str, stdout: &str, status: i32) {
        let ran = Ran { status, stdout: stdout.to_string(), stderr: String::new() };
        self.answers.borrow_mut().insert(0, (prefix.to_string(), ran));
    }

    /// Programs whose command line begins with `prefix` do this when they are run; the newest effect wins.
    pub fn effect(&self, prefix: &str, effect: impl Fn(&Self) + 'static) {
        self.effects.borrow_mut().insert(0, (prefix.to_string(), Rc::new(effect)));
    }

    /// What `systemctl show` says of a unit.
    pub fn set_unit(&self, name: &str, properties: &[(&str, &str)]) {
        let list = properties.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        self.units.borrow_mut().insert(name.to_string(), list);
    }

    /// Content that was sent ahead.
    pub fn send(&self, digest: &str, text: &str) {
        self.blobs.borrow_mut().insert(digest.to_string(), text.as_bytes().to_vec());
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<String> {
        self.nodes.borrow().get(path).map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A file that cannot be written from now on.
    pub fn refuse(&self, path: &str) {
        *self.refused.borrow_mut() = Some(path.to_string());
    }

    /// Everything that was written or run, in order.
    pub fn writes(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    fn did(&self, what: String) -> bool {
        self.log.borrow_mut().push(what);
        !self.deaf
    }

    fn reply(&self, run: &Run) -> Ran {
        let line = run.argv.join(" ");
        let answers = self.answers.borrow();
        let missing = Ran { status: 127, stderr: format!("{line}: not found"), ..Ran::default() };
        answers.iter().find(|(prefix, _)| line.starts_with(prefix)).map_or(missing, |(_, ran)| ran.clone())
    }
}

impl Look for FakeHost {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self
            .nodes
            .borrow()
            .get(path)
            .filter(|(s, _)| s.kind == Kind::File)
            .map(|(_, bytes)| bytes.clone()))
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        let nodes = self.nodes.borrow();
        let inside = format!("{path}/");
        let implied = Stat { kind: Kind::Directory, mode: 0o755, uid: 0, gid: 0, size: 0 };
        let is_parent = nodes.keys().any(|k| k.starts_with(&inside));
        let sized = |(stat, bytes): &(Stat, Vec<u8>)| Stat { size: bytes.len() as u64, ..stat.clone() };
        Ok(nodes.get(path).map(sized).or(is_parent.then_some(implied)))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Fault> {
        let inside = format!("{path}/");
        let nodes = self.nodes.borrow();
        let names = nodes.keys().filter_map(|k| k.strip_prefix(&inside)).filter_map(|k| k.split('/').next());
        let mut names: Vec<String> = names.map(str::to_string).collect();
        names.dedup();
        Ok(names)
    }

    fn ask(&self, run: &Run) -> Result<Ran, Fault> {
        Ok(self.reply(run))
    }

    fn unit(&self, name: &str) -> Result<Vec<(String, String)>, Fault> {
        Ok(self.units.borrow().get(name).cloned().unwrap_or_default())
    }
}

impl Host for FakeHost {
    fn write(&self, path: &str, content: &[u8], access: &Access) -> Result<(), Fault> {
        if self.refused.borrow().as_deref() == Some(path) {
            return Err(Fault::new(format!("cannot write `{path}`")));
        }
        if self.did(format!("write {path}")) {
            let stat =
                Stat { kind: Kind::File, mode: access.mode, uid: access.uid, gid: access.gid, size: 0 };
            self.nodes.borrow_mut().insert(path.to_string(), (stat, content.to_vec()));
        }
        Ok(())
    }

    fn make_directory(&self, path: &str, access: &Access) -> Result<(), Fault> {
        if self.did(format!("directory {path}")) {
            let stat =
                Stat { kind: Kind::Directory, mode: access.mode, uid: access.uid, gid: access.gid, size: 0 };
            self.nodes.borrow_mut().insert(path.to_string(), (stat, Vec::new()));
        }
        Ok(())
    }

    fn link(&self, path: &str, target: &str) -> Result<(), Fault> {
        if self.did(format!("link {path}")) {
            let stat = Stat { kind: Kind::Link(target.to_string()), mode: 0o777, uid: 0, gid: 0, size: 0 };
            self.nodes.borrow_mut().insert(path.to_string(), (stat, Vec::new()));
        }
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        if self.did(format!("rename {from}")) {
            let mut nodes = self.nodes.borrow_mut();
            let inside = format!("{from}/");
            let moved: Vec<String> =
                nodes.keys().filter(|k| *k == from || k.starts_with(&inside)).cloned().collect();
            for key in moved {
                if let Some(node) = nodes.remove(&key) {
                    nodes.insert(key.replacen(from, to, 1), node);
                }
            }
        }
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<(), Fault> {
        let inside = format!("{path}/");
        if self.did(format!("remove {path}")) {
            self.nodes.borrow_mut().retain(|k, _| k != path && !k.starts_with(&inside));
        }
        Ok(())
    }

    fn set_access(&self, path: &str, access: &Access) -> Result<(), Fault> {
        if self.did(format!("access {path}"))
            && let Some((stat, _)) = self.nodes.borrow_mut().get_mut(path)
        {
            (stat.mode, stat.uid, stat.gid) = (access.mode, access.uid, access.gid);
        }
        Ok(())
    }

    fn run(&self, run: &Run) -> Result<Ran, Fault> {
        let line = run.argv.join(" ");
        self.did(format!("run {line}"));
        let found = self.effects.borrow().iter().find(|(prefix, _)| line.starts_with(prefix)).cloned();
        found.into_iter().for_each(|(_, effect)| effect(self));
        Ok(self.reply(run))
    }

    fn place(&self, digest: &str, path: &str, access: &Access) -> Result<(), Fault> {
        let blob = self.blobs.borrow().get(digest).cloned();
        self.write(path, &blob.ok_or_else(|| Fault::new(format!("content {digest} was not sent")))?, access)
    }
}
