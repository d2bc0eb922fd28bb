//! What the processes of one generation share: made whole before any of them is started, gone with the last one.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::slice;
use std::sync::Arc;

use listenfd::ListenFd;

use super::desk::Complaints;
use crate::appserver::crew::{Plan, Role};
use crate::appserver::listener::{self, Listener, Outside};
use crate::appserver::log::{self, Log, Stream};
use crate::appserver::owner::Owner;
use crate::appserver::pidfile::PidFile;
use crate::appserver::program::{Folder, Pinned, Program};
use crate::appserver::settings::Settings;
use crate::appserver::statsd::Statsd;
use crate::appserver::syslog::Syslog;
use crate::base::diagnostic::Diagnostic;

/// The open logs.
pub struct Logs {
    /// The error log.
    pub error: OwnedFd,
    /// The access log, if there is one.
    pub access: Option<OwnedFd>,
}

impl Logs {
    /// Opens what the settings name. Errors name the path.
    pub fn open(settings: &Settings, owner: &Owner) -> Result<Self, Diagnostic> {
        let access = settings.accesslog.as_ref().map(|path| open(path, Stream::Out, owner)).transpose()?;
        Ok(Self { error: open(&settings.errorlog, Stream::Err, owner)?, access })
    }

    /// Opens them again; one that cannot be opened stays what it was. Returns what went wrong.
    pub fn reopen(&mut self, settings: &Settings, owner: &Owner) -> Vec<Diagnostic> {
        let error = open(&settings.errorlog, Stream::Err, owner).map(|file| self.error = file);
        let access = settings
            .accesslog
            .as_ref()
            .map_or(Ok(()), |path| open(path, Stream::Out, owner).map(|file| self.access = Some(file)));
        [error, access].into_iter().filter_map(Result::err).collect()
    }

    /// The error log, then the access log if there is one.
    pub fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        [self.error.as_fd()].into_iter().chain(self.access.as_ref().map(AsFd::as_fd)).collect()
    }
}

fn open(path: &Path, stream: Stream, owner: &Owner) -> Result<OwnedFd, Diagnostic> {
    let file = owner.masked(|| log::open(path, stream))?;
    if path != Path::new("-") {
        owner.give(&file);
    }
    Ok(file)
}

/// Sockets that are open.
#[derive(Clone, Default)]
pub struct Sockets {
    /// Those of the application.
    pub listeners: Vec<Rc<Listener>>,
    /// The one on which figures are told.
    pub metrics: Option<Rc<Listener>>,
}

/// What outlives every generation and is needed for the next one.
pub struct Former<'a> {
    /// The pid file of the one that serves.
    pub pidfile: Option<&'a Path>,
    /// What is added to the path of one.
    pub pid_suffix: &'a OsStr,
    /// The way to the binary.
    pub program: &'a Program,
}

/// What its processes share.
pub struct Generation {
    /// The values it runs with.
    pub settings: Rc<Settings>,
    /// The binary.
    pub program: Pinned,
    /// The folder that workers work in.
    pub folder: Folder,
    /// Whom they run as.
    pub owner: Owner,
    /// What it accepts on, once they are open.
    pub sockets: Sockets,
    /// Its logs.
    pub logs: Logs,
    /// The pid file, if it is another one than before; the master's own from the moment this generation serves.
    pub pidfile: Option<PidFile>,
    /// Where Python workers take requests; that of the newest front.
    pub queue: Option<OwnedFd>,
}

impl Generation {
    /// All that `settings` ask for but sockets, as far as it is not there already. Errors are those of the user's input;
    /// nothing of what was there is changed then.
    pub fn prepare(mut settings: Settings, former: &Former) -> Result<Self, Diagnostic> {
        let cannot = |what: &str, error: io::Error| Diagnostic::error(format!("cannot open {what}: {error}"));
        let owner = Owner::of(&settings)?;
        let logs = Logs::open(&settings, &owner)?;
        let folder = Folder::pin(&settings.chdir)
            .map_err(|error| cannot(&format!("the folder `{}`", settings.chdir.display()), error))?;
        settings.python = settings.python.as_deref().map(within_release);
        let program = former.program.pin().map_err(|error| cannot("the program", error))?;
        let path = pid_path(&settings, former.pid_suffix).filter(|path| former.pidfile != Some(path));
        let pidfile = path.map(|path| owner.masked(|| PidFile::write(&path))).transpose()?;
        let (settings, sockets) = (Rc::new(settings), Sockets::default());
        Ok(Self { settings, program, folder, owner, sockets, logs, pidfile, queue: None })
    }

    /// Opens its sockets: those that are open already and still named, those that were handed over, and new ones.
    /// Errors are those of the addresses.
    pub fn open(&mut self, already: &Sockets, handed: &mut ListenFd) -> Result<(), Diagnostic> {
        let (settings, owner, is_first) = (&*self.settings, &self.owner, already.listeners.is_empty());
        let outside = Outside { already: &already.listeners, handed, owner, is_first };
        let listeners = listener::open(&settings.bind, settings, outside)?;
        let metrics = match &settings.metrics_bind {
            Some(bind) => {
                let already = already.metrics.as_slice();
                let outside = Outside { already, handed: &mut ListenFd::empty(), owner, is_first };
                listener::open(slice::from_ref(bind), settings, outside)?.pop()
            }
            None => None,
        };
        self.sockets = Sockets { listeners, metrics };
        Ok(())
    }

    /// The master's log while this generation serves, with all who take its lines as well. Errors are those of the system.
    pub fn log(&self, statsd: Option<Arc<Statsd>>, complaints: Arc<Complaints>) -> io::Result<Log> {
        let log = Log::new(self.logs.error.try_clone()?, self.settings.loglevel);
        let syslog = Syslog::of(&self.settings).map(Arc::new);
        Ok(log.echoing(syslog).echoing(statsd).echoing(Some(complaints)))
    }

    /// What its crew is to be.
    pub fn plan(&self) -> Plan {
        let settings = &self.settings;
        let seconds = std::time::Duration::from_secs;
        Plan {
            role: if settings.app.starts_with('@') { Role::Native } else { Role::Python },
            workers: settings.workers,
            threads: settings.threads,
            timeout: seconds(settings.timeout),
            boot: seconds(settings.boot_timeout),
            graceful: seconds(settings.graceful_timeout),
            is_phased: settings.phased,
        }
    }
}

/// Where the pid file is, if there is to be one.
pub fn pid_path(settings: &Settings, suffix: &OsStr) -> Option<PathBuf> {
    let mut path = settings.pidfile.clone()?.into_os_string();
    path.push(suffix);
    Some(path.into())
}

/// The same interpreter by a path that leads there whatever becomes of links to its folder: workers that are replaced
/// later are of the same release as their siblings. The last link stays, because a virtual environment is known by it.
fn within_release(python: &Path) -> PathBuf {
    let folder = python.parent().and_then(|folder| folder.canonicalize().ok());
    folder.zip(python.file_name()).map_or_else(|| python.into(), |(folder, name)| folder.join(name))
}
