//! Whether a Python application can be loaded, asked without serving it.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::python::{Interpreter, USUAL};
use crate::appserver::channel::{self, Inbox, Order, Received, Report};
use crate::appserver::settings::Settings;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// What the process is called, for people who read `ps`.
const ROLE: &str = "trial";

/// Loads the application in a process of its own, which then ends. Errors are the application's, or that it takes longer
/// than `boot_timeout`.
pub fn run(settings: &Settings) -> Result<(), Diagnostic> {
    let wrong = |why: String| Diagnostic::error(why).exit(Exit::Failed);
    let cannot = |error: io::Error| {
        wrong(format!("cannot try the application: {error}")).fix("`--python PATH`, the path of a `python3`")
    };
    let (ours, theirs) = UnixStream::pair().map_err(cannot)?;
    let title = [ROLE.into(), "--of".into(), std::process::id().to_string(), settings.app.clone()];
    let python = settings.python.as_deref().unwrap_or(Path::new(USUAL));
    let mut interpreter = Interpreter::new(python, &title, theirs).map_err(cannot)?;
    let pairs = settings.raw_env.iter().filter_map(|pair| pair.split_once('='));
    interpreter.command.envs(pairs).current_dir(&settings.chdir);
    let mut trial = interpreter.start().map_err(cannot)?;
    let begin = Order::Begin { settings: Box::new(settings.clone()), place: None };
    let told = channel::send(&ours, &begin, &[]).and_then(|()| outcome(&ours, settings.boot_timeout));
    drop(trial.kill());
    drop(trial.wait());
    match told {
        Ok(None) => Ok(()),
        Ok(Some(message)) => Err(wrong(message)),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(wrong(format!(
            "the application was not loaded after {} s (boot_timeout)",
            settings.boot_timeout
        ))),
        Err(error) => Err(cannot(error)),
    }
}

/// What became of it: none, or the complaint. What it logs meanwhile goes to standard error.
fn outcome(channel: &UnixStream, limit: u64) -> io::Result<Option<String>> {
    let end = Instant::now() + Duration::from_secs(limit);
    let mut inbox = Inbox::default();
    loop {
        match inbox.frame()? {
            Some((Report::Ready, _)) => return Ok(None),
            Some((Report::Failed { message, .. }, _)) => return Ok(Some(message)),
            Some((Report::Log { message, .. }, _)) => crate::base::say::aside(message),
            Some(_) => {}
            None => {
                let left = end.saturating_duration_since(Instant::now());
                if limit > 0 && left.is_zero() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                channel.set_read_timeout(Some(left).filter(|_| limit > 0))?;
                match inbox.receive(channel) {
                    Ok(Received::Some) => {}
                    Ok(Received::End) => return Err(io::Error::other("it ended without a word")),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}
