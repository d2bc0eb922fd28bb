//! The listening sockets: opened where the settings say, or inherited from who started us.

use std::cell::Cell;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use listenfd::ListenFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::bind::Bind;
use super::owner::{Owner, with_mask};
use super::settings::Settings;
use crate::base::diagnostic::Diagnostic;

/// How often an address in use is tried again: the workers of a master that was killed need a moment to let go.
const TRIES: u32 = 10;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// One listening socket, not blocking.
pub struct Listener {
    /// Where the settings say it is.
    pub bind: Bind,
    /// What it is called in the log, like `http://127.0.0.1:8000`.
    pub name: String,
    /// The socket itself.
    pub socket: OwnedFd,
    /// The file we made for it.
    pub file: Option<Rc<SocketFile>>,
}

/// What there is beside the settings.
pub struct Outside<'a> {
    /// What is open already, and stays so if it is still named.
    pub already: &'a [Rc<Listener>],
    /// What was handed over when we were started.
    pub handed: &'a mut ListenFd,
    /// Whose the files of sockets are.
    pub owner: &'a Owner,
    /// Whether nobody serves yet, so that there is time to wait for an address.
    pub is_first: bool,
}

/// Opens what is named, as the settings say, or takes all that was handed over when nothing is.
/// Errors are those of the user's input: addresses in use, paths that are no sockets, missing rights.
pub fn open(
    named: &[Bind],
    settings: &Settings,
    mut outside: Outside,
) -> Result<Vec<Rc<Listener>>, Diagnostic> {
    let already = outside.already;
    let is_handed = |listener: &Rc<Listener>| matches!(listener.bind, Bind::Fd(_));
    let binds = match (named, outside.handed.len()) {
        ([], 0) if already.iter().any(is_handed) => {
            already.iter().filter(|one| is_handed(one)).map(|listener| listener.bind.clone()).collect()
        }
        ([], 0) => vec![Bind::Tcp(SocketAddr::from(([127, 0, 0, 1], 8000)))],
        ([], count) => (0..count as u32).map(|index| Bind::Fd(index + FIRST_FD)).collect(),
        (named, _) => named.to_vec(),
    };
    let listener = |bind: &Bind| match already.iter().find(|listener| listener.bind == *bind) {
        Some(listener) => Ok(Rc::clone(listener)),
        None => open_one(bind, settings, &mut outside).map(Rc::new),
    };
    let listeners: Vec<Rc<Listener>> = binds.iter().map(listener).collect::<Result<_, _>>()?;
    for listener in listeners.iter().filter(|listener| !matches!(listener.bind, Bind::Fd(_))) {
        let backlog = i32::try_from(settings.backlog).unwrap_or(i32::MAX);
        rustix::net::listen(&listener.socket, backlog).map_err(|error| failed(&listener.bind, error))?;
    }
    Ok(listeners)
}

fn failed(bind: &Bind, error: Errno) -> Diagnostic {
    Diagnostic::error(format!("cannot listen on `{bind}`: {}", reason(&error.into())))
}

/// The first descriptor that systemd hands over.
pub const FIRST_FD: u32 = 3;

fn open_one(bind: &Bind, settings: &Settings, outside: &mut Outside) -> Result<Listener, Diagnostic> {
    let tries = if outside.is_first { TRIES } else { 1 };
    let listener = match bind {
        Bind::Tcp(address) => tcp(*address, settings.reuse_port, tries)?,
        Bind::Unix(path) => {
            let listener = unix(path, settings.umask.0, tries)?;
            outside.owner.give_socket(path).map_err(|error| {
                Diagnostic::error(format!("cannot give `{bind}` to its user: {}", reason(&error)))
            })?;
            listener
        }
        Bind::Fd(number) => take(*number, outside.handed)?,
    };
    // Accepted connections inherit both, which saves two calls for each; a unix socket has no use for them.
    let _ = rustix::net::sockopt::set_tcp_nodelay(&listener.socket, true);
    let _ = rustix::net::sockopt::set_socket_keepalive(&listener.socket, true);
    rustix::io::ioctl_fionbio(&listener.socket, true).map_err(|error| failed(bind, error))?;
    Ok(listener)
}

/// A bound socket that does not listen yet.
fn bound(address: SocketAddr, reuse_port: bool) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
    if reuse_port {
        rustix::net::sockopt::set_socket_reuseport(&socket, true)?;
    }
    rustix::net::bind(&socket, &address)?;
    // Two may bind to an address without listening; who is second learns it only here.
    rustix::net::listen(&socket, 1)?;
    Ok(socket)
}

fn tcp(typed: SocketAddr, reuse_port: bool, tries: u32) -> Result<Listener, Diagnostic> {
    let address = typed;
    let bound = patiently(tries, || bound(address, reuse_port)).map_err(|error| {
        let said = Diagnostic::error(format!("cannot listen on `{address}`: {}", reason(&error)));
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                said.fix(format!("`ss -ltnp 'sport = :{}'` shows who listens there", address.port()))
            }
            io::ErrorKind::PermissionDenied => {
                said.fix("a port from 1024, or the capability CAP_NET_BIND_SERVICE")
            }
            io::ErrorKind::AddrNotAvailable => said.fix("`ip addr` lists the addresses of this host"),
            _ => said,
        }
    })?;
    let bound = TcpListener::from(bound);
    let address = bound.local_addr().unwrap_or(address);
    let (bind, name) = (Bind::Tcp(typed), format!("http://{address}"));
    Ok(Listener { bind, name, socket: bound.into(), file: None })
}

fn unix(path: &Path, umask: u32, tries: u32) -> Result<Listener, Diagnostic> {
    let shown = path.display();
    if fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_socket()) {
        return Err(Diagnostic::error(format!(
            "cannot listen on `unix:{shown}`: there is a file that is not a socket"
        ))
        .fix(format!("remove it (`rm {shown}`), or choose another path")));
    }
    let bound = patiently(tries, || bind_file(path, umask)).map_err(|error| {
        let said = Diagnostic::error(format!("cannot listen on `unix:{shown}`: {}", reason(&error)));
        match error.kind() {
            io::ErrorKind::AddrInUse => said.fix(format!("`ss -lxp src {shown}` shows who listens there")),
            io::ErrorKind::NotFound => said.fix(format!("make the directory that `{shown}` is to lie in")),
            io::ErrorKind::PermissionDenied => said.fix("a directory that this user may write"),
            _ => said,
        }
    })?;
    let (bind, name) = (Bind::Unix(path.into()), format!("unix:{shown}"));
    Ok(Listener { bind, name, socket: bound.into(), file: SocketFile::of(path).map(Rc::new) })
}

/// A socket that listens at `path`, its file made with this mask; a socket file that nobody listens at any more is replaced.
/// Errors are those of the system, `AddrInUse` if somebody does.
pub fn bind_file(path: &Path, mask: u32) -> io::Result<UnixListener> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        if is_listening(path) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        fs::remove_file(path)?;
    }
    with_mask(mask, || UnixListener::bind(path))
}

fn take(number: u32, inherited: &mut ListenFd) -> Result<Listener, Diagnostic> {
    let failed = |why: &str| {
        Diagnostic::error(format!("cannot listen on `fd://{number}`: {why}"))
            .fix("hand a listening stream socket over, as a systemd socket unit does")
    };
    let index = (number - FIRST_FD) as usize;
    let socket: OwnedFd = match inherited.take_unix_listener(index) {
        Ok(Some(listener)) => listener.into(),
        Ok(None) => return Err(failed("it was not handed over, or is named twice")),
        Err(_) => match inherited.take_tcp_listener(index) {
            Ok(Some(listener)) => listener.into(),
            _ => return Err(failed("it is not a listening stream socket")),
        },
    };
    if !rustix::net::sockopt::socket_acceptconn(&socket).unwrap_or(false) {
        return Err(failed("it does not listen"));
    }
    let name = match TcpListener::from(socket.try_clone().map_err(|e| failed(&e.to_string()))?).local_addr() {
        Ok(address) => format!("http://{address}"),
        Err(_) => format!("unix socket fd://{number}"),
    };
    Ok(Listener { bind: Bind::Fd(number), name, socket, file: None })
}

/// Tries again while an address is in use.
fn patiently<T>(tries: u32, mut bind: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..tries {
        match bind() {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => thread::sleep(PAUSE),
            other => return other,
        }
    }
    bind()
}

/// Why a socket cannot be opened, in our words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "the address is in use".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::AddrNotAvailable => "this host does not have that address".into(),
        io::ErrorKind::NotFound => "no such directory".into(),
        _ => error.to_string(),
    }
}

/// Whether somebody accepts on a socket file; asked without waiting, since its queue may be full.
fn is_listening(path: &Path) -> bool {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let asked = SocketAddrUnix::new(path).and_then(|address| {
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        rustix::net::connect(&socket, &address)
    });
    matches!(asked, Ok(()) | Err(Errno::AGAIN))
}

/// A socket file we made; it goes away with us, unless somebody put another in its place.
pub struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
    is_left: Cell<bool>,
}

impl SocketFile {
    /// The file that is there now.
    pub fn of(path: &Path) -> Option<Self> {
        Some(Self { path: path.to_owned(), identity: identity(path)?, is_left: Cell::new(false) })
    }

    /// Has the file stay when we go: somebody else uses it as well.
    pub fn leave(&self) {
        self.is_left.set(true);
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if !self.is_left.get() && identity(&self.path) == Some(self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_file_is_replaced_and_ours_goes_away_with_us() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let ours = unix(&path, 0, 1).unwrap();
        assert!(is_listening(&path));
        drop(ours);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_file_of_somebody_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let ours = unix(&path, 0, 1).unwrap();
        fs::remove_file(&path).unwrap();
        let _theirs = UnixListener::bind(&path).unwrap();
        drop(ours);
        assert!(path.exists());
    }
}
