//! Reading the settings anew, beside the loop: a configuration may take its time, and the master supervises meanwhile.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::appserver::config::{self, Asked, Call, UsualBind};
use crate::appserver::settings::Settings;
use crate::base::diagnostic::Diagnostic;

/// Where the settings come from.
pub struct Origin {
    /// The program's name and its arguments.
    pub args: Vec<OsString>,
    /// The folder the server was called in.
    pub folder: PathBuf,
    /// Where applications are listened for that no source says it of.
    pub usual_bind: UsualBind,
}

/// The settings, and what to tell of them.
type Read = Result<(Settings, Vec<Diagnostic>), Diagnostic>;

/// Settings that are being read.
pub struct Reading {
    /// The generation they are for.
    pub generation: u64,
    /// Ends when they are here.
    over: UnixStream,
    result: Receiver<Read>,
}

impl Reading {
    /// Begins to read. Errors are those of the system.
    pub fn begin(origin: &Arc<Origin>, generation: u64) -> io::Result<Self> {
        let (over, held) = UnixStream::pair()?;
        let (told, result) = channel();
        let origin = Arc::clone(origin);
        thread::Builder::new().name("settings".into()).spawn(move || {
            // Nobody listens any more if the server is about to end.
            drop(told.send(read(&origin)));
            drop(held);
        })?;
        Ok(Self { generation, over, result })
    }

    /// Becomes readable when they are here.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.over.as_fd()
    }

    /// The settings, if they are here.
    pub fn result(&self) -> Option<Read> {
        self.result.try_recv().ok()
    }
}

fn read(origin: &Origin) -> Read {
    let environment = |name: &str| std::env::var(name).ok();
    let Origin { args, folder, usual_bind } = origin;
    let call = Call { args, folder, environment: &environment, usual_bind: *usual_bind };
    let (asked, warnings) = config::read(&call)?;
    match asked {
        Asked::Serve(settings) | Asked::Check(settings, _) => Ok((settings, warnings)),
        Asked::Text(_) => Err(Diagnostic::error("the settings ask for a text, not for a server")),
    }
}
