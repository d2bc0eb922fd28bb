//! A worker: a process that loads the application, accepts on the sockets it was handed, and serves.
//!
//! It was started by the master with the control channel as its standard input. When that channel ends the master
//! is dead, and the worker leaves as gracefully as if it had been told to.

mod accept;
mod control;

use std::ffi::OsString;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use self::accept::Doors;
use self::control::{Control, Heard};
use super::access::{Format, Lines};
use super::board::{Board, Seat};
use super::channel::{Inbox, Order, Received, Report};
use super::front::{Access, Front};
use super::log::{Level, Log};
use super::settings::Settings;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// The words that make an invocation a worker's; no application is called that with that option.
const WORD: &str = "worker";
const OPTION: &str = "--of";
/// How often idle connections are looked at while there are any.
const SWEEP: Duration = Duration::from_millis(250);
/// How often a worker without connections wakes to say that it is alive.
const BEAT: Duration = Duration::from_secs(1);

/// The arguments of a worker of `master`; they are for people who read `ps`.
pub fn arguments(master: u32, app: &str) -> [String; 4] {
    [WORD.into(), OPTION.into(), master.to_string(), app.into()]
}

/// Whether the arguments (the program's name first) are a worker's.
pub fn is_meant(args: &[OsString]) -> bool {
    args.get(1).is_some_and(|word| word == WORD) && args.get(2).is_some_and(|option| option == OPTION)
}

/// Loads the application and drops it: whether a server could start.
pub fn check<L>(settings: &Settings, load: L) -> Result<(), Diagnostic>
where
    L: AsyncFn(&str) -> Result<Router, Diagnostic>,
{
    runtime()?.block_on(load(&settings.app)).map(drop)
}

/// Serves until told to leave. Errors are those of a start by hand, without a master.
pub fn run<L>(load: L) -> Result<(), Diagnostic>
where
    L: AsyncFn(&str) -> Result<Router, Diagnostic>,
{
    // Executed through a descriptor, the kernel would call us by its number.
    let _ = rustix::thread::set_name(c"appserver");
    let failed = |error: io::Error| {
        Diagnostic::error(format!("a worker is started by its master, not by hand: {error}"))
            .fix("`appserver [OPTIONS] APP`")
    };
    let (worker, inbox, socket) = Worker::receive().map_err(failed)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let mut control = Control::new(socket, inbox).map_err(failed)?;
        worker.live(&mut control, load).await;
        Ok(())
    })
}

fn runtime() -> Result<Runtime, Diagnostic> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::error(format!("cannot start the runtime: {error}")).exit(Exit::Failed))
}

/// What a worker was made with.
struct Worker {
    settings: Settings,
    log: Arc<Log>,
    access: Option<Arc<Access>>,
    seat: Option<Seat>,
    sockets: Vec<OwnedFd>,
}

impl Worker {
    /// Takes the first frame from standard input.
    fn receive() -> io::Result<(Self, Inbox, UnixStream)> {
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let mut inbox = Inbox::default();
        let (order, mut descriptors) = loop {
            if inbox.receive(&socket)? == Received::End {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(frame) = inbox.frame::<Order>()? {
                break frame;
            }
        };
        let Order::Begin { settings, place } = order else {
            return Err(io::Error::other("the first frame is another"));
        };
        let logs = if settings.accesslog.is_some() { 2 } else { 1 };
        let before = logs + usize::from(place.is_some());
        if descriptors.len() < before {
            return Err(io::Error::other("too little came with the first frame"));
        }
        let sockets = descriptors.split_off(before);
        let board = descriptors.split_off(logs).pop().map(Board::from);
        let seat = place.zip(board).map(|(place, board)| Seat { board, place });
        let format = Format::parse(&settings.access_log_format).map_err(io::Error::other)?;
        let access = descriptors
            .drain(1..)
            .next()
            .map(|log| Arc::new(Access { format, lines: Lines::new(log), waiting: Notify::new() }));
        let log = descriptors.remove(0);
        let log = Arc::new(Log::new(log, settings.loglevel));
        Ok((Self { settings: *settings, log, access, seat, sockets }, inbox, socket))
    }

    async fn live<L>(mut self, control: &mut Control, load: L)
    where
        L: AsyncFn(&str) -> Result<Router, Diagnostic>,
    {
        let Some(router) = self.boot(control, load).await else { return };
        if let Some(access) = self.access.clone() {
            tokio::spawn(async move { access.write().await });
        }
        let keepalive = Duration::from_secs(self.settings.keepalive);
        let front = Arc::new(Front::new(router, self.access.clone(), self.seat.take(), keepalive));
        self.serve(control, &front).await;
        if let Some(access) = &self.access {
            access.lines.flush();
        }
    }

    /// Loads the application while the master hears that we live; none: told to go, or failed and said so.
    async fn boot<L>(&self, control: &mut Control, load: L) -> Option<Router>
    where
        L: AsyncFn(&str) -> Result<Router, Diagnostic>,
    {
        let mut loading = pin!(load(&self.settings.app));
        let loaded = loop {
            let heard = {
                let mut hearing = pin!(control.next(BEAT));
                poll_fn(|context| {
                    if let Poll::Ready(loaded) = loading.as_mut().poll(context) {
                        return Poll::Ready(Err(loaded));
                    }
                    hearing.as_mut().poll(context).map(Ok)
                })
                .await
            };
            match heard {
                Err(loaded) => break loaded,
                Ok(Heard::Tick) => control.report(&Report::Beat),
                Ok(Heard::Reopen(logs)) => self.reopen(logs),
                Ok(Heard::Serve) => {}
                Ok(Heard::Leave { .. } | Heard::Quit) => return None,
            }
        };
        match loaded {
            Ok(router) => {
                control.report(&Report::Ready);
                Some(router)
            }
            Err(wrong) => {
                let text = wrong.to_string();
                let message = text.strip_prefix("error: ").unwrap_or(&text).to_string();
                control.report(&Report::Failed { message, exit: wrong.exit as u8 });
                None
            }
        }
    }

    async fn serve(&mut self, control: &mut Control, front: &Arc<Front>) {
        let mut doors = None;
        let mut beaten = tokio::time::Instant::now();
        loop {
            match control.next(if front.open() > 0 { SWEEP } else { BEAT }).await {
                Heard::Tick => {
                    front.sweep();
                    if beaten.elapsed() >= BEAT {
                        beaten = tokio::time::Instant::now();
                        control.report(&Report::Beat);
                    }
                }
                Heard::Serve => {
                    let sockets = std::mem::take(&mut self.sockets);
                    match Doors::open(sockets, front, &self.log) {
                        Ok(opened) => doors = Some(opened),
                        Err(error) => {
                            return self.log.write(Level::Critical, &format!("Cannot accept: {error}"));
                        }
                    }
                }
                Heard::Reopen(logs) => self.reopen(logs),
                Heard::Quit => return,
                Heard::Leave { drain } => {
                    if let Some(doors) = doors.take() {
                        doors.close(drain).await;
                    }
                    self.sockets.clear();
                    return self.leave(control, front).await;
                }
            }
        }
    }

    /// Finishes what is in progress, for as long as that may take.
    async fn leave(&self, control: &mut Control, front: &Front) {
        control.report(&Report::Leaving);
        front.leave();
        let end = tokio::time::Instant::now() + Duration::from_secs(self.settings.graceful_timeout);
        let step = SWEEP / 10;
        while front.open() > 0 && tokio::time::Instant::now() < end {
            match control.next(step).await {
                Heard::Tick => front.sweep(),
                Heard::Reopen(logs) => self.reopen(logs),
                Heard::Quit => return,
                Heard::Serve | Heard::Leave { .. } => {}
            }
        }
        if front.open() > 0 {
            let text =
                format!("Leaving with {} connections open: the graceful timeout is over", front.open());
            self.log.write(Level::Warning, &text);
        }
    }

    fn reopen(&self, logs: Vec<OwnedFd>) {
        let mut logs = logs.into_iter();
        if let Some(log) = logs.next() {
            self.log.replace(log);
        }
        if let (Some(access), Some(log)) = (&self.access, logs.next()) {
            access.lines.replace(log);
        }
    }
}
