//! The machine we run on: the real [`Host`]. The only place that writes files or runs commands on a target.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::OFlags;

use crate::resource::account;
use crate::resource::fault::Fault;
use crate::resource::host::{Access, Host, Kind, Look, Ran, Run, Stat};

use super::store;

/// What programs find their programs by.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What one `systemctl show` is asked about every unit.
const PROPERTIES: &str = "Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload";

/// The properties of one unit.
type Properties = Vec<(String, String)>;

/// This machine.
#[derive(Default)]
pub struct LocalHost {
    /// Units that one `systemctl show` should answer together.
    expected: RefCell<Vec<String>>,
    /// Its last answer; forgotten whenever something was written or run.
    units: RefCell<BTreeMap<String, Properties>>,
    /// Contents that were sent ahead, by digest; open, so that no other run can take them away from us.
    contents: RefCell<BTreeMap<String, File>>,
}

impl LocalHost {
    /// Names the units that will be asked about, so that one program run answers for all.
    pub fn expect_units(&self, names: Vec<String>) {
        *self.expected.borrow_mut() = names;
    }

    /// Keeps hold of the content with this digest; whether it was there.
    pub fn hold(&self, digest: &str) -> bool {
        let opened = File::open(store::path(digest)).ok();
        opened.map(|file| self.contents.borrow_mut().insert(digest.to_string(), file)).is_some()
    }

    /// Asks anew about every unit: another run may have changed them.
    pub fn forget_units(&self) {
        self.units.borrow_mut().clear();
    }

    fn execute(&self, run: &Run) -> Result<Ran, Fault> {
        let Some(program) = run.argv.first() else { return Err(Fault::new("an empty command")) };
        let mut command = Command::new(program);
        command.args(&run.argv[1..]).env_clear().env("PATH", PATH).env("LC_ALL", "C").env("HOME", "/root");
        command.envs(run.env.iter().map(|(k, v)| (k, v))).current_dir("/").stdin(Stdio::null());
        if let Some(user) = &run.user {
            let Some(uid) = account::user_id(self, user)? else {
                return Ok(not_found(&format!("user {user}")));
            };
            command.uid(uid).gid(account::group_id(self, user)?.unwrap_or(uid));
        }
        match command.output() {
            Ok(output) => Ok(Ran {
                status: output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0)),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            }),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                Ok(not_found(program))
            }
            Err(e) => Err(Fault::io("run", program, &e)),
        }
    }

    /// Fills a new file beside `path`, syncs it and renames it over.
    fn replace(
        &self,
        path: &str,
        access: &Access,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), Fault> {
        let beside = beside(path);
        let result = (|| {
            found(fs::remove_file(&beside))?;
            // Never through a link, nor into a file that somebody put there.
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
            fchown(&file, Some(access.uid), Some(access.gid))?;
            file.set_permissions(fs::Permissions::from_mode(access.mode))?;
            fill(&mut file)?;
            file.sync_all()?;
            fs::rename(&beside, path)?;
            sync_parent(path)
        })();
        result.map_err(|error: io::Error| {
            drop(fs::remove_file(&beside));
            Fault::io("write", path, &error)
        })
    }
}

fn not_found(what: &str) -> Ran {
    Ran { status: 127, stdout: String::new(), stderr: format!("{what}: not found") }
}

/// A name in the same directory that nobody reads (Upstart and nginx take no hidden temporary names of this form).
fn beside(path: &str) -> PathBuf {
    let path = Path::new(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.deployer-new"))
}

fn sync_parent(path: &str) -> io::Result<()> {
    match Path::new(path).parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Nothing there is not an error.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(e),
    }
}

impl Look for LocalHost {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        found(fs::read(path)).map_err(|e| Fault::io("read", path, &e))
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        let fault = |e: io::Error| Fault::io("look at", path, &e);
        let Some(meta) = found(fs::symlink_metadata(path)).map_err(fault)? else { return Ok(None) };
        let kind = if meta.is_symlink() {
            Kind::Link(fs::read_link(path).map_err(fault)?.to_string_lossy().into_owned())
        } else if meta.is_dir() {
            Kind::Directory
        } else if meta.is_file() {
            Kind::File
        } else {
            Kind::Other
        };
        Ok(Some(Stat {
            kind,
            mode: meta.mode() & 0o7777,
            uid: meta.uid(),
            gid: meta.gid(),
            size: meta.size(),
        }))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, Fault> {
        let fault = |e: io::Error| Fault::io("list", path, &e);
        let mut names = Vec::new();
        if let Some(entries) = found(fs::read_dir(path)).map_err(fault)? {
            for entry in entries {
                names.push(entry.map_err(fault)?.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn ask(&self, run: &Run) -> Result<Ran, Fault> {
        self.execute(run)
    }

    fn unit(&self, name: &str) -> Result<Properties, Fault> {
        if let Some(properties) = self.units.borrow().get(name) {
            return Ok(properties.clone());
        }
        let mut names = self.expected.borrow().clone();
        if !names.iter().any(|n| n == name) {
            names.push(name.to_string());
        }
        let mut argv =
            vec!["systemctl".to_string(), "show".into(), "-p".into(), PROPERTIES.into(), "--".into()];
        argv.extend(names.iter().cloned());
        let shown = self.execute(&Run::new(&argv))?;
        // One block a unit, in the order asked, empty lines between.
        let blocks = shown.stdout.split("\n\n").map(|block| {
            let pairs = block.lines().filter_map(|l| l.split_once('='));
            pairs.map(|(k, v)| (k.to_string(), v.to_string())).collect::<Properties>()
        });
        *self.units.borrow_mut() = names.into_iter().zip(blocks).collect();
        Ok(self.units.borrow().get(name).cloned().unwrap_or_default())
    }
}

impl Host for LocalHost {
    fn write(&self, path: &str, content: &[u8], access: &Access) -> Result<(), Fault> {
        self.forget_units();
        self.replace(path, access, |file| file.write_all(content))
    }

    fn make_directory(&self, path: &str, access: &Access) -> Result<(), Fault> {
        let mut missing: Vec<&Path> = Path::new(path).ancestors().take_while(|p| !p.exists()).collect();
        missing.reverse();
        for dir in missing {
            fs::create_dir(dir).map_err(|e| Fault::io("make directory", path, &e))?;
            self.set_access(&dir.display().to_string(), access)?;
        }
        Ok(())
    }

    fn link(&self, path: &str, target: &str) -> Result<(), Fault> {
        self.forget_units();
        let fault = |e: io::Error| Fault::io("link", path, &e);
        let beside = beside(path);
        found(fs::remove_file(&beside)).map_err(fault)?;
        std::os::unix::fs::symlink(target, &beside).map_err(fault)?;
        fs::rename(&beside, path).and_then(|()| sync_parent(path)).map_err(fault)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        fs::rename(from, to).and_then(|()| sync_parent(to)).map_err(|e| Fault::io("rename to", to, &e))
    }

    fn remove(&self, path: &str) -> Result<(), Fault> {
        self.forget_units();
        let is_directory = self.stat(path)?.is_some_and(|s| s.kind == Kind::Directory);
        let removed = if is_directory { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        found(removed).map(drop).map_err(|e| Fault::io("remove", path, &e))
    }

    fn set_access(&self, path: &str, access: &Access) -> Result<(), Fault> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
        let set = File::options().read(true).custom_flags(flags).open(path).and_then(|file| {
            fchown(&file, Some(access.uid), Some(access.gid))?;
            file.set_permissions(fs::Permissions::from_mode(access.mode))
        });
        set.map_err(|e| Fault::io("set the owner of", path, &e))
    }

    fn run(&self, run: &Run) -> Result<Ran, Fault> {
        let ran = self.execute(run);
        self.forget_units();
        ran
    }

    fn place(&self, digest: &str, path: &str, access: &Access) -> Result<(), Fault> {
        let contents = self.contents.borrow();
        let content = contents.get(digest);
        let mut content =
            content.ok_or_else(|| Fault::new(format!("content {digest} for `{path}` was not sent")))?;
        self.replace(path, access, |file| {
            content.rewind()?;
            io::copy(&mut content, file).map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mine() -> Access {
        let meta = fs::metadata("/proc/self").unwrap();
        Access { uid: meta.uid(), gid: meta.gid(), mode: 0o640 }
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a").display().to_string();
        let host = LocalHost::default();
        host.write(&path, b"one", &mine()).unwrap();
        host.write(&path, b"two", &mine()).unwrap();
        assert_eq!(host.read(&path).unwrap(), Some(b"two".to_vec()));
        assert_eq!(host.stat(&path).unwrap().unwrap().mode, 0o640);
        assert_eq!(host.list(&dir.path().display().to_string()).unwrap(), ["a"]);
    }

    #[test]
    fn what_is_not_there_is_none_and_a_missing_program_is_127() {
        let host = LocalHost::default();
        assert_eq!(host.read("/nonexistent/x").unwrap(), None);
        assert_eq!(host.stat("/etc/passwd/x").unwrap(), None);
        assert_eq!(host.ask(&Run::new(&["/nonexistent/program"])).unwrap().status, 127);
    }

    #[test]
    fn a_link_turns_in_one_step() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("current").display().to_string();
        let host = LocalHost::default();
        host.link(&path, "releases/1").unwrap();
        host.link(&path, "releases/2").unwrap();
        assert_eq!(host.stat(&path).unwrap().unwrap().kind, Kind::Link("releases/2".into()));
    }
}
