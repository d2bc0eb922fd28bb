//! USR2: a new master of the binary that the path leads to now takes the sockets over and serves beside the old one. Who
//! ends first is decided by who sends the signals: the old one is told to leave when the new one is as wanted, or the
//! new one if it is not.
//!
//! The new master has the channel to the old one as its standard input: over it come the sockets, and its end is that of the old one.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::Master;
use super::generation::Sockets;
use crate::appserver::bind::{self, Bind};
use crate::appserver::channel::{self, Inbox, Received};
use crate::appserver::listener::{Listener, SocketFile};
use crate::appserver::log::Level;
use crate::appserver::notify::Notify;
use crate::appserver::pidfile::PidFile;
use crate::appserver::{daemon, inherited};
use crate::base::diagnostic::Diagnostic;

/// The variable by which a new master knows the process id of the old one. No worker inherits it.
pub const VARIABLE: &str = "APPSERVER_PREDECESSOR";

/// What comes with the sockets; one of each a socket.
#[derive(Serialize, Deserialize)]
struct Legacy {
    /// Where the settings say it is.
    binds: Vec<String>,
    /// What it is called in the log.
    names: Vec<String>,
    /// Whether the last one is that on which figures are told.
    #[serde(default)]
    has_metrics: bool,
}

/// The old master and its sockets.
pub type Heritage = (Other, Sockets);

/// The other master.
pub struct Other {
    /// Its process.
    pub pid: u32,
    channel: UnixStream,
}

impl Other {
    /// The old master and its sockets, if there is one. Errors: it is gone, or says something else.
    pub fn predecessor() -> Result<Option<Heritage>, Diagnostic> {
        let Some(pid) = std::env::var(VARIABLE).ok().and_then(|pid| pid.parse().ok()) else {
            return Ok(None);
        };
        let failed = |error: io::Error| {
            Diagnostic::error(format!("cannot take the sockets of the old master (pid:{pid}) over: {error}"))
        };
        let channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
        let nothing = File::open("/dev/null").map_err(failed)?;
        rustix::stdio::dup2_stdin(&nothing).map_err(|error| failed(error.into()))?;
        let sockets = receive(&channel).map_err(failed)?;
        Ok(Some((Self { pid, channel }, sockets)))
    }

    /// Becomes readable when the other master ends: nothing is ever said here.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    /// Whether the other master has ended.
    fn is_over(&self) -> bool {
        let is_set = self.channel.set_nonblocking(true).is_ok();
        is_set && matches!(rustix::io::read(&self.channel, &mut [0; 1]), Ok(0))
    }
}

fn receive(channel: &UnixStream) -> io::Result<Sockets> {
    let mut inbox = Inbox::default();
    let (legacy, sockets) = loop {
        if inbox.receive(channel)? == Received::End {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(frame) = inbox.frame::<Legacy>()? {
            break frame;
        }
    };
    let listener = |((bind, name), socket): ((String, String), OwnedFd)| {
        let bind = bind::parse(&bind).map_err(io::Error::other)?;
        Ok(Rc::new(Listener { bind, name, socket, file: None }))
    };
    let all = legacy.binds.into_iter().zip(legacy.names).zip(sockets);
    let mut listeners = all.map(listener).collect::<io::Result<Vec<_>>>()?;
    let metrics = if legacy.has_metrics { listeners.pop() } else { None };
    Ok(Sockets { listeners, metrics })
}

impl Master {
    /// Starts a new master beside this one, unless there are two already.
    pub(super) fn upgrade(&mut self) {
        let other = [("a new", &self.successor), ("the old", &self.predecessor)];
        if let Some((which, other)) = other.iter().find_map(|(which, other)| Some((which, other.as_ref()?))) {
            let text = format!("No new master is started: {which} one (pid:{}) runs", other.pid);
            return self.log.write(Level::Warning, &text);
        }
        if let Err(why) = self.hook_upgrade() {
            return self.log.write(Level::Error, &format!("No new master is started: {why}"));
        }
        match self.succeed() {
            Ok(other) => {
                let text = format!(
                    "A new master (pid:{}) is started; this one serves until it is told to leave",
                    other.pid
                );
                self.log.write(Level::Info, &text);
                self.successor = Some(other);
            }
            Err(error) => self.log.write(Level::Error, &format!("No new master could be started: {error}")),
        }
    }

    fn succeed(&self) -> io::Result<Other> {
        let now = self.generations.get(&self.current).map(|now| &now.sockets);
        let Some(now) = now.filter(|now| !now.listeners.is_empty()) else {
            return Err(io::Error::other("this one is about to end"));
        };
        let program = self.program.pin()?;
        let (channel, theirs) = UnixStream::pair()?;
        let mut command = Command::new(program.path());
        command.arg0(&self.invoked_as).args(self.origin.args.iter().skip(1)).current_dir(&self.origin.folder);
        command.stdin(Stdio::from(OwnedFd::from(theirs))).env(VARIABLE, std::process::id().to_string());
        for name in inherited::VARIABLES.iter().chain(&[super::SIGSTOP_VARIABLE, "WATCHDOG_PID"]) {
            command.env_remove(name);
        }
        if self.daemon.is_one() {
            command.env(daemon::VARIABLE, "successor");
        }
        let child = command.spawn()?;
        let all = || now.listeners.iter().chain(&now.metrics);
        let legacy = Legacy {
            binds: all().map(|listener| listener.bind.to_string()).collect(),
            names: all().map(|listener| listener.name.clone()).collect(),
            has_metrics: now.metrics.is_some(),
        };
        let sockets: Vec<BorrowedFd> = all().map(|listener| listener.socket.as_fd()).collect();
        // If it is gone already, its end is heard of in a moment.
        let _ = channel::send(&channel, &legacy, &sockets);
        Ok(Other { pid: child.id(), channel })
    }

    /// Notes that a child ended, if it was the new master; returns whether it was.
    pub(super) fn loses_successor(&mut self, pid: u32, how: &str) -> bool {
        let is_it = self.successor.as_ref().is_some_and(|other| other.pid == pid);
        if is_it {
            self.successor = None;
            self.log.write(Level::Error, &format!("The new master (pid:{pid}) {how}; this one serves on"));
        }
        is_it
    }

    /// Takes the place of the old master if that has ended: its pid file, its socket files, the ear of the service manager.
    pub(super) fn inherit(&mut self) {
        let Some(old) = self.predecessor.take_if(|other| other.is_over()) else { return };
        let text = format!("The old master (pid:{}) has ended; this one takes its place", old.pid);
        self.log.write(Level::Info, &text);
        let Some(now) = self.generations.get(&self.current) else { return };
        let sockets = now.sockets.listeners.iter().chain(&now.sockets.metrics);
        self.files.extend(sockets.filter_map(|listener| match &listener.bind {
            Bind::Unix(path) => SocketFile::of(path).map(Rc::new),
            _ => None,
        }));
        if let (Some(second), Some(path)) = (self.pidfile.take(), now.settings.pidfile.as_deref()) {
            match second.rename(path, old.pid.cast_signed()) {
                Ok(first) => self.pidfile = Some(first),
                Err(wrong) => self.log.write(Level::Error, &super::renew::told(&wrong)),
            }
        }
        self.desk.renew(&now.settings, OsStr::new(""), &self.log);
        self.notify = Notify::from_environment(|name| std::env::var(name).ok());
        self.notify.main_is(std::process::id(), "took over from the old master");
    }

    /// The end begins: the service manager is told that, or whom to look at from now on.
    pub(super) fn bid_farewell(&mut self) {
        match &self.successor {
            Some(new) => self.notify.main_is(new.pid, "the new master serves"),
            None => self.notify.stopping(),
        }
        for sockets in self.generations.values_mut().map(|one| &mut one.sockets) {
            // Files stay until the end: a client in between finds a socket, not nothing.
            let closed = std::mem::take(&mut sockets.listeners);
            self.files.extend(closed.iter().chain(&sockets.metrics).filter_map(|one| one.file.clone()));
        }
        if self.successor.is_some() {
            self.files.iter().for_each(|file| file.leave());
        }
    }

    /// What is added to the path of the pid file.
    pub(super) fn pid_suffix(&self) -> &'static OsStr {
        OsStr::new(if self.predecessor.is_some() { PidFile::SECOND } else { "" })
    }
}
