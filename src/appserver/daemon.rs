//! Going to the background. The server is run once more, detached; who called it hears whether it serves, and until then
//! sees what it says.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout, stdin};

use super::program;
use super::settings::Settings;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// The variable that says that this is the one in the background. No worker inherits it.
pub const VARIABLE: &str = "APPSERVER_DAEMON";
/// Its value in the one that somebody waits for; that one says on its standard input that it serves.
const AWAITED: &str = "awaited";
const SERVES: &[u8] = b"1";

/// What a process is to the one in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// There is none: this one stays in front.
    Front,
    /// The one that has to start it.
    Starter,
    /// The one, and somebody waits for it to serve.
    Awaited,
    /// The one, and nobody waits.
    Alone,
}

impl Daemon {
    /// What this process is.
    pub fn of(settings: &Settings) -> Self {
        match (settings.daemon, std::env::var(VARIABLE).ok().as_deref()) {
            (false, _) => Self::Front,
            (true, None) => Self::Starter,
            (true, Some(AWAITED)) => Self::Awaited,
            (true, Some(_)) => Self::Alone,
        }
    }

    /// Whether this is the one in the background.
    pub fn is_one(self) -> bool {
        matches!(self, Self::Awaited | Self::Alone)
    }

    /// Leaves the session and terminal of who called us.
    pub fn detach(self) {
        if self.is_one() {
            // It has a session of its own already if it is the successor of one that has.
            let _ = rustix::process::setsid();
        }
    }

    /// Says that the server serves, and lets go of the standard streams, unless they are to be kept.
    pub fn serves(&mut self, settings: &Settings) -> io::Result<()> {
        let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
        if *self == Self::Awaited {
            *self = Self::Alone;
            // Who called may have gone in the meantime.
            let _ = rustix::io::write(stdin(), SERVES);
        }
        dup2_stdin(&nothing)?;
        if !settings.enable_stdio_inheritance {
            dup2_stdout(&nothing)?;
            dup2_stderr(&nothing)?;
        }
        Ok(())
    }
}

/// Starts the one in the background and returns when it serves. Errors: it does not, and has said why.
pub fn start(args: &[OsString]) -> Result<(), Diagnostic> {
    let failed = |error: io::Error| {
        Diagnostic::error(format!("cannot go to the background: {error}")).exit(Exit::Failed)
    };
    let (mut ours, theirs) = UnixStream::pair().map_err(failed)?;
    let mut command = program::again(args);
    command.env(VARIABLE, AWAITED).stdin(Stdio::from(OwnedFd::from(theirs)));
    // Sockets that were handed over to us are the other one's.
    command.env_remove("LISTEN_PID");
    let mut child = command.spawn().map_err(failed)?;
    drop(command);
    let mut word = [0; SERVES.len()];
    if ours.read_exact(&mut word).is_ok() {
        return Ok(());
    }
    let status = child.wait().map_err(failed)?;
    let exit = status.code().and_then(|code| u8::try_from(code).ok()).map_or(Exit::Failed, Exit::of_part);
    Err(Diagnostic::error(format!("the server did not start in the background: {status}")).exit(exit))
}
