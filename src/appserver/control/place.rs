//! Where the control socket is: made by the master beside its pid file or where programs keep such things, and found
//! again by the list of sockets that the kernel keeps.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use crate::appserver::listener::{self, SocketFile};
use crate::appserver::settings::Settings;
use crate::base::diagnostic::Diagnostic;

/// What the name of each begins and ends with; the master's process id is between.
const NAME: (&str, &str) = ("appserver-", ".sock");
/// What the kernel's list says of a socket that listens.
const LISTENS: &str = "00010000";

/// The path of the socket of a master; none if the settings want none, or there is no folder for it.
pub fn of(settings: &Settings, pid: u32, environment: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if settings.control_socket_disable {
        return None;
    }
    if let Some(path) = &settings.control_socket {
        return Some(settings.chdir.join(path));
    }
    let variable = |name| environment(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let beside =
        || settings.pidfile.as_deref().map(|file| settings.chdir.join(file).parent().map(Path::to_owned));
    let folder =
        variable("RUNTIME_DIRECTORY").or_else(|| beside()?).or_else(|| variable("XDG_RUNTIME_DIR"))?;
    Some(folder.join(format!("{}{pid}{}", NAME.0, NAME.1)))
}

/// A control socket of ours; its file goes away with it.
pub struct Door {
    /// The socket, not blocking.
    pub socket: UnixListener,
    /// Where it is.
    pub path: PathBuf,
    /// Who may use it.
    pub mode: u32,
    _file: Option<SocketFile>,
}

impl Door {
    /// Opens a socket at `path` that only those whom `mode` lets may use; what a server that was killed left there is
    /// replaced. Errors are those of the system, `AddrInUse` if another server is asked there.
    pub fn open(path: &Path, mode: u32) -> io::Result<Self> {
        let socket = listener::bind_file(path, !mode & 0o777)?;
        let file = SocketFile::of(path);
        socket.set_nonblocking(true)?;
        Ok(Self { socket, path: path.to_owned(), mode, _file: file })
    }

    /// From now on those whom `mode` lets may use it. Errors are those of the system.
    pub fn admit(&mut self, mode: u32) -> io::Result<()> {
        fs::set_permissions(&self.path, Permissions::from_mode(mode))?;
        self.mode = mode;
        Ok(())
    }
}

/// How a person names a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The only one there is.
    Only,
    /// By its control socket.
    Socket(PathBuf),
    /// By the file with its process id.
    File(PathBuf),
    /// By its process id.
    Process(u32),
}

/// The control socket of a server. Errors: there is none, or more than one.
pub fn find(target: &Target) -> Result<PathBuf, Diagnostic> {
    let pid = match target {
        Target::Socket(path) => return Ok(path.clone()),
        Target::Only => None,
        Target::Process(pid) => Some(*pid),
        Target::File(path) => Some(read(path)?),
    };
    let list = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let mut found = listening(&list);
    found.retain(|(of, _)| pid.is_none_or(|pid| *of == pid));
    match (&found[..], pid) {
        ([(_, path)], _) => Ok(path.clone()),
        ([], Some(pid)) => Err(Diagnostic::error(format!("process {pid} has no control socket"))
            .fix("start it with `--pid` or `--control-socket`, and name that with `--socket`")),
        ([], None) => Err(Diagnostic::error("no server with a control socket runs here")
            .fix("start it with `--pid` or `--control-socket`, and name that with `--socket`")),
        (several, _) => {
            let pids: Vec<String> = several.iter().map(|(pid, _)| pid.to_string()).collect();
            Err(Diagnostic::error(format!("{} servers run here: {}", pids.len(), pids.join(", ")))
                .fix(format!("name one, like `--pid-number {}`", pids[0])))
        }
    }
}

fn read(path: &Path) -> Result<u32, Diagnostic> {
    let shown = path.display();
    let wrong = |why: String| {
        Diagnostic::error(format!("no process id in `{shown}`: {why}"))
            .fix("the file that the server got with `--pid`")
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    text.trim().parse().map_err(|_| wrong("it has something else".into()))
}

/// The control sockets in the kernel's list, each with its master.
fn listening(list: &str) -> Vec<(u32, PathBuf)> {
    let socket = |line: &str| {
        let mut words = line.split_whitespace();
        let flags = words.nth(3)?;
        let path = PathBuf::from(words.nth(3).filter(|_| flags == LISTENS)?);
        let name = path.file_name()?.to_str()?.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?;
        Some((name.parse().ok()?, path.clone()))
    };
    list.lines().filter_map(socket).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_lies_in_the_first_folder_there_is_and_in_none_that_nobody_named() {
        let at = |settings: &Settings, variables: &[(&str, &str)]| {
            let environment = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
            };
            of(settings, 7, environment).map(|path| path.display().to_string())
        };
        let plain = Settings { chdir: "/srv/site".into(), ..Settings::default() };
        let (systemd, desktop) = (("RUNTIME_DIRECTORY", "/run/site"), ("XDG_RUNTIME_DIR", "/run/user/1"));
        assert_eq!(at(&plain, &[("HOME", "/root")]), None);
        assert_eq!(at(&plain, &[desktop]).as_deref(), Some("/run/user/1/appserver-7.sock"));
        let with_file = Settings { pidfile: Some("site.pid".into()), ..plain.clone() };
        assert_eq!(at(&with_file, &[desktop]).as_deref(), Some("/srv/site/appserver-7.sock"));
        assert_eq!(at(&with_file, &[desktop, systemd]).as_deref(), Some("/run/site/appserver-7.sock"));
        let named = Settings { control_socket: Some("/run/a.sock".into()), ..with_file };
        assert_eq!(at(&named, &[systemd]).as_deref(), Some("/run/a.sock"));
        assert_eq!(at(&Settings { control_socket_disable: true, ..named }, &[systemd]), None);
    }

    #[test]
    fn a_server_is_found_in_the_list_of_the_kernel() {
        let list = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 101 /run/site/appserver-12.sock\n\
            0000000000000000: 00000003 00000000 00000000 0001 03 102 /run/site/appserver-12.sock\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 103 /run/site/appserver-x.sock\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 104\n";
        assert_eq!(listening(list), [(12, PathBuf::from("/run/site/appserver-12.sock"))]);
    }

    #[test]
    fn a_socket_is_for_those_its_mode_lets_and_goes_with_the_server() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sock");
        let door = Door::open(&path, 0o600).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Door::open(&path, 0o600).err().unwrap().kind(), io::ErrorKind::AddrInUse);
        drop(door);
        assert!(!path.exists());
    }
}
