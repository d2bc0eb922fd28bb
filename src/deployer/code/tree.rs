//! A tree of files as values: the same files are the same bytes, whoever packs them, when and where.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path};

use tar::{Archive, Builder, EntryType, Header};

/// What is no code: repositories, virtual environments, what Python itself writes.
const LEFT_OUT: [&str; 6] = [".git", ".hg", "__pycache__", ".venv", "venv", ".pytest_cache"];

/// How much is read into memory at most: far more than code has, and far less than a machine.
pub const MAX_BYTES: u64 = 512 << 20;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A file, and whether it is a program.
    File(Vec<u8>, bool),
    /// A symbolic link.
    Link(String),
}

/// Everything below a directory, by its path there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<String, Entry>);

impl Tree {
    /// Reads a directory.
    ///
    /// # Errors
    /// It cannot be read, or has more than [`MAX_BYTES`] (`FileTooLarge`).
    pub fn of_directory(root: &Path) -> io::Result<Self> {
        let (mut tree, mut room) = (Self::default(), Room(MAX_BYTES));
        let mut left = vec![String::new()];
        while let Some(inside) = left.pop() {
            for entry in fs::read_dir(root.join(&inside))? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if is_left_out(&name) {
                    continue;
                }
                let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
                let kind = entry.file_type()?;
                let found = if kind.is_dir() {
                    left.push(path.clone());
                    Entry::Directory
                } else if kind.is_symlink() {
                    Entry::Link(fs::read_link(entry.path())?.to_string_lossy().into_owned())
                } else if kind.is_file() {
                    let meta = entry.metadata()?;
                    room.take(meta.len(), &path)?;
                    Entry::File(fs::read(entry.path())?, meta.permissions().mode() & 0o100 != 0)
                } else {
                    continue;
                };
                tree.0.insert(path, found);
            }
        }
        Ok(tree)
    }

    /// Reads a tar archive.
    ///
    /// # Errors
    /// It cannot be read, an entry leaves it, or it has more than [`MAX_BYTES`] (`FileTooLarge`).
    pub fn of_archive(from: impl Read) -> io::Result<Self> {
        let (mut tree, mut room) = (Self::default(), Room(MAX_BYTES));
        for entry in Archive::new(from).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            let Some(name) = inside(&path) else {
                let text = format!("its entry `{}` leaves the directory", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            };
            if name.is_empty() || name.split('/').any(is_left_out) {
                continue;
            }
            let found = match entry.header().entry_type() {
                EntryType::Directory => Entry::Directory,
                EntryType::Symlink => {
                    let target = entry.link_name()?.unwrap_or_default().to_string_lossy().into_owned();
                    Entry::Link(target)
                }
                // A second name of a file that came before.
                EntryType::Link => {
                    let first = entry.link_name()?.as_deref().and_then(inside);
                    let Some(Entry::File(bytes, is_program)) = first.and_then(|path| tree.0.get(&path))
                    else {
                        continue;
                    };
                    room.take(bytes.len() as u64, &name)?;
                    Entry::File(bytes.clone(), *is_program)
                }
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    room.take(entry.size(), &name)?;
                    let is_program = entry.header().mode()? & 0o100 != 0;
                    let mut bytes = Vec::new();
                    entry.read_to_end(&mut bytes)?;
                    Entry::File(bytes, is_program)
                }
                _ => continue,
            };
            tree.0.insert(name, found);
        }
        Ok(tree)
    }

    /// The tree below its one folder; none if there is more than that.
    pub fn below_its_folder(&self) -> Option<Self> {
        let folder = self.0.keys().next()?.split('/').next()?;
        let inside = format!("{folder}/");
        let below = self.0.iter().filter(|(path, _)| *path != folder);
        let below = below.map(|(path, entry)| Some((path.strip_prefix(&inside)?.to_string(), entry.clone())));
        below.collect::<Option<_>>().map(Self)
    }

    /// Whether a Python module can be imported from here: `a.b` is `a/b.py` or the folder `a/b`.
    pub fn has_module(&self, module: &str) -> bool {
        let path = module.replace('.', "/");
        self.0.contains_key(&format!("{path}.py")) || self.0.get(&path).is_some_and(|e| !e.is_file())
    }

    /// The modules at its top, for people.
    pub fn modules(&self) -> Vec<&str> {
        let top = self.0.iter().filter(|(path, _)| !path.contains('/'));
        let module = |(path, entry): (&'_ String, &Entry)| -> Option<&str> {
            let path = self.0.get_key_value(path)?.0.as_str();
            match entry {
                Entry::Directory if self.0.keys().any(|k| is_python_in(k, path)) => Some(path),
                _ => path.strip_suffix(".py").filter(|name| !name.is_empty()),
            }
        };
        top.filter_map(module).collect()
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&[u8]> {
        match self.0.get(path) {
            Some(Entry::File(bytes, _)) => Some(bytes),
            _ => None,
        }
    }

    /// All of it as one tar archive of root's files, written in the year 1970.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut tar = Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            let mut header = Header::new_gnu();
            header.set_mtime(0);
            match entry {
                Entry::Directory => {
                    header.set_entry_type(EntryType::Directory);
                    header.set_mode(0o755);
                    header.set_size(0);
                    tar.append_data(&mut header, format!("{path}/"), io::empty())?;
                }
                Entry::File(bytes, is_program) => {
                    header.set_mode(if *is_program { 0o755 } else { 0o644 });
                    header.set_size(bytes.len() as u64);
                    tar.append_data(&mut header, path, bytes.as_slice())?;
                }
                Entry::Link(target) => {
                    header.set_entry_type(EntryType::Symlink);
                    header.set_mode(0o777);
                    header.set_size(0);
                    tar.append_link(&mut header, path, target)?;
                }
            }
        }
        tar.into_inner()
    }

    /// Its largest files, for people: `12.3 MB data/dump.sql`.
    pub fn largest(&self, count: usize) -> Vec<String> {
        let mut sized: Vec<(usize, &String)> =
            self.0.keys().filter_map(|path| Some((self.text(path)?.len(), path))).collect();
        sized.sort_by(|one, other| other.cmp(one));
        let words = |(size, path): &(usize, &String)| format!("{:.1} MB {path}", *size as f64 / 1e6);
        sized.iter().take(count).map(words).collect()
    }
}

impl Entry {
    fn is_file(&self) -> bool {
        matches!(self, Self::File(..))
    }
}

/// How many bytes a tree may still have.
struct Room(u64);

impl Room {
    fn take(&mut self, bytes: u64, path: &str) -> io::Result<()> {
        let text = || format!("with its file `{path}` it has more than {} MB", MAX_BYTES >> 20);
        let left = self.0.checked_sub(bytes);
        self.0 = left.ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, text()))?;
        Ok(())
    }
}

fn is_left_out(name: &str) -> bool {
    LEFT_OUT.contains(&name) || name.ends_with(".pyc")
}

fn is_python_in(path: &str, folder: &str) -> bool {
    path.ends_with(".py") && path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A path of an archive without `./`; none if it goes elsewhere.
fn inside(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy()),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["web/static", "venv/bin", "web/__pycache__", ".git", "empty"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        for (path, text) in [("web/app.py", "app = 1\n"), ("venv/bin/python", ""), ("web/old.pyc", "")] {
            fs::write(dir.path().join(path), text).unwrap();
        }
        std::os::unix::fs::symlink("web/app.py", dir.path().join("main.py")).unwrap();
        dir
    }

    #[test]
    fn the_same_files_are_the_same_bytes_whatever_their_times_and_rights() {
        let (one, other) = (project(), project());
        let path = other.path().join("web/app.py");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::File::open(&path).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        let packed = |dir: &tempfile::TempDir| Tree::of_directory(dir.path()).unwrap().pack().unwrap();
        assert_eq!(packed(&one), packed(&other));
        fs::write(&path, "app = 2\n").unwrap();
        assert_ne!(packed(&one), packed(&other));
    }

    #[test]
    fn what_was_packed_is_read_again_without_what_is_no_code() {
        let tree = Tree::of_directory(project().path()).unwrap();
        let paths: Vec<&str> = tree.0.keys().map(String::as_str).collect();
        assert_eq!(paths, ["empty", "main.py", "web", "web/app.py", "web/static"]);
        assert_eq!(Tree::of_archive(tree.pack().unwrap().as_slice()).unwrap(), tree);
        assert_eq!(tree.modules(), ["main", "web"]);
        assert!(tree.has_module("web.app") && tree.has_module("web") && !tree.has_module("web.views"));
    }

    #[test]
    fn an_archive_with_one_folder_can_be_read_below_it() {
        let tree = Tree::of_directory(project().path()).unwrap();
        assert_eq!(tree.below_its_folder(), None);
        let above = tree.0.iter().map(|(path, entry)| (format!("project-1.0/{path}"), entry.clone()));
        let mut above = Tree(above.collect());
        above.0.insert("project-1.0".into(), Entry::Directory);
        assert_eq!(above.below_its_folder(), Some(tree));
    }

    #[test]
    fn a_file_with_holes_and_one_with_two_names_are_read_from_an_archive() {
        let dir = project();
        let holes = fs::File::create(dir.path().join("web/holes.bin")).unwrap();
        holes.set_len(1 << 20).unwrap();
        fs::hard_link(dir.path().join("web/app.py"), dir.path().join("web/same.py")).unwrap();
        let mut tar = std::process::Command::new("tar");
        let tar = tar.args(["-cSf", "-", "."]).current_dir(dir.path()).output().unwrap().stdout;
        assert!(tar.len() < 1 << 20, "the holes are left out");
        let tree = Tree::of_archive(tar.as_slice()).unwrap();
        assert_eq!(tree, Tree::of_directory(dir.path()).unwrap());
        assert_eq!(tree.text("web/holes.bin").map(<[u8]>::len), Some(1 << 20));
    }

    #[test]
    fn an_archive_cannot_write_outside_of_its_directory() {
        let mut header = Header::new_gnu();
        header.set_size(0);
        header.as_old_mut().name[..6].copy_from_slice(b"../a.b");
        header.set_cksum();
        let mut tar = Builder::new(Vec::new());
        tar.append(&header, io::empty()).unwrap();
        let said = Tree::of_archive(tar.into_inner().unwrap().as_slice()).unwrap_err();
        assert_eq!(said.to_string(), "its entry `../a.b` leaves the directory");
    }
}
