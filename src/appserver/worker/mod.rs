//! A process that accepts on the sockets it was handed, and serves: a native worker, which loads the application itself, or
//! the front of Python workers, which are attached to it.
//!
//! It was started by the master with the control channel as its standard input. When that channel ends the master
//! is dead, and the worker leaves as gracefully as if it had been told to.

mod accept;
mod begin;
mod observe;
mod orders;
mod turn;

use std::ffi::OsString;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use rustix::process::Signal;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep};

use self::accept::Doors;
use self::observe::{Observed, Subject};
use self::orders::{Control, Heard};
use super::access::Access;
use super::board::Seat;
use super::census::{Census, Summary};
use super::channel::Report;
use super::crew::Role;
use super::descriptor;
use super::front::{Application, Front, Outside, Python};
use super::log::{Level, Log};
use super::program;
use super::settings::Settings;
use super::statsd::Statsd;
use super::tally::Tally;
use super::wsgi::pool::Word;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// The option that, behind the name of a role, makes an invocation one of ours; no application is called that.
const OPTION: &str = "--of";
/// How often idle connections are looked at while there are any.
const SWEEP: Duration = Duration::from_millis(250);
/// How often a worker that leaves looks whether it can.
const STEP: Duration = Duration::from_millis(5);
/// How often a worker without connections wakes to say that it is alive.
const BEAT: Duration = Duration::from_secs(1);

/// The arguments of a process of `master`; they are for people who read `ps`.
pub fn arguments(role: Role, master: u32, name: &str) -> [String; 4] {
    [role.word().into(), OPTION.into(), master.to_string(), name.into()]
}

/// Whether the arguments (the program's name first) are those of a process that accepts.
pub fn is_meant(args: &[OsString]) -> bool {
    role(args).is_some()
}

fn role(args: &[OsString]) -> Option<Role> {
    args.get(2).filter(|option| *option == OPTION)?;
    [Role::Native, Role::Front].into_iter().find(|role| args[1] == role.word())
}

/// Loads the application and drops it: whether a server could start.
pub fn check<L>(settings: &Settings, load: L) -> Result<(), Diagnostic>
where
    L: AsyncFn(&str) -> Result<Router, Diagnostic>,
{
    runtime(Builder::new_current_thread())?.block_on(load(&settings.app)).map(drop)
}

/// Serves until told to leave. Errors are those of a start by hand, without a master.
pub fn run<L>(args: &[OsString], load: L) -> Result<(), Diagnostic>
where
    L: AsyncFn(&str) -> Result<Router, Diagnostic>,
{
    let failed = |error: io::Error| {
        Diagnostic::error(format!("a worker is started by its master, not by hand: {error}"))
            .fix("`appserver [OPTIONS] APP`")
    };
    let role = role(args).unwrap_or(Role::Native);
    let (worker, inbox, socket) = Worker::receive(role).map_err(failed)?;
    // Executed through a descriptor, the kernel would call us by its number.
    program::take_name(worker.settings.proc_name.as_deref().unwrap_or("appserver"));
    descriptor::raise();
    let mut builder = Builder::new_current_thread();
    if role == Role::Native {
        turn::take(&mut builder, worker.settings.workers);
    }
    let runtime = runtime(builder)?;
    runtime.block_on(async {
        let mut control = Control::new(socket, inbox).map_err(failed)?;
        worker.live(&mut control, load).await;
        Ok(())
    })
}

fn runtime(mut builder: Builder) -> Result<Runtime, Diagnostic> {
    builder
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::error(format!("cannot start the runtime: {error}")).exit(Exit::Failed))
}

/// What a front has to tell of its workers.
type Words = UnboundedReceiver<Word>;

/// The next thing to heed; what there is to tell meanwhile is told.
async fn hear(control: &mut Control, words: &mut Words, pause: Duration) -> Heard {
    loop {
        let word = tokio::select! {
            biased;
            heard = control.next(pause) => return heard,
            Some(word) = words.recv() => word,
        };
        control.report(&match word {
            Word::Spent(worker) => Report::Spent { worker },
            Word::Stuck(worker, request) => Report::Stuck { worker, request },
            Word::Died(_, request) => {
                let message = format!("A worker died while it answered {request}");
                Report::Log { level: Level::Error, message }
            }
        });
    }
}

/// Ends the workers of a front whose master is dead, with force those that are not gone in time: nobody else would.
async fn disband(front: &Front, end: Instant) {
    front.signal_workers(Signal::TERM);
    while front.has_workers() && Instant::now() < end {
        sleep(SWEEP / 10).await;
    }
    front.signal_workers(Signal::KILL);
}

/// What a worker was made with.
struct Worker {
    settings: Settings,
    log: Arc<Log>,
    access: Option<Arc<Access>>,
    statsd: Option<Arc<Statsd>>,
    tally: Arc<Tally>,
    /// Where figures are told, if they are.
    observed: Option<Observed>,
    seat: Option<Seat>,
    /// Of a front: where its workers take requests.
    queue: Option<OwnedFd>,
    sockets: Vec<OwnedFd>,
}

impl Worker {
    async fn live<L>(mut self, control: &mut Control, load: L)
    where
        L: AsyncFn(&str) -> Result<Router, Diagnostic>,
    {
        let (words, mut heard) = unbounded_channel();
        let application = match self.queue.take() {
            Some(queue) => match Python::new(&self.settings, queue, words, &self.tally) {
                Ok(python) => {
                    control.report(&Report::Ready);
                    Application::Python(python)
                }
                Err(error) => return self.log.write(Level::Critical, &format!("Cannot serve: {error}")),
            },
            None => match self.boot(control, load).await {
                Some(router) => Application::Native(router),
                None => return,
            },
        };
        if let Some(access) = self.access.clone() {
            tokio::spawn(async move { access.write().await });
        }
        let outside = Outside {
            log: Arc::clone(&self.log),
            access: self.access.clone(),
            statsd: self.statsd.clone(),
            tally: Arc::clone(&self.tally),
            seat: self.seat.take(),
        };
        let front = Arc::new(Front::new(application, &self.settings, outside));
        self.serve(control, &front, &mut heard).await;
        front.count();
        self.flush();
    }

    /// Lets go of what waits to be written or sent.
    fn flush(&self) {
        if let Some(access) = &self.access {
            access.flush();
        }
        if let Some(statsd) = &self.statsd {
            statsd.flush();
        }
    }

    /// Loads the application while the master hears that we live; none: told to go, or failed and said so.
    async fn boot<L>(&mut self, control: &mut Control, load: L) -> Option<Router>
    where
        L: AsyncFn(&str) -> Result<Router, Diagnostic>,
    {
        let app = self.settings.app.clone();
        let mut loading = pin!(load(&app));
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
                Ok(Heard::Observe(place, given)) => self.observe(place, given),
                Ok(Heard::Census(census)) => self.take_census(census),
                Ok(Heard::Tell) => control.report(&Report::Summary(Summary::default())),
                Ok(Heard::Serve | Heard::Attach(..) | Heard::Detach(_) | Heard::Adopt(_)) => {}
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

    async fn serve(&mut self, control: &mut Control, front: &Arc<Front>, words: &mut Words) {
        let mut doors = None;
        let mut beaten = Instant::now();
        loop {
            let pause = if front.open() > 0 { SWEEP } else { BEAT };
            match hear(control, words, pause).await {
                Heard::Tick => {
                    front.sweep();
                    self.sweep(front);
                    if beaten.elapsed() >= BEAT {
                        beaten = Instant::now();
                        control.report(&Report::Beat);
                        self.count(control);
                    }
                }
                Heard::Serve => match Doors::open(std::mem::take(&mut self.sockets), front, &self.log) {
                    Ok(opened) => doors = Some(opened),
                    Err(error) => {
                        return self.log.write(Level::Critical, &format!("Cannot accept: {error}"));
                    }
                },
                Heard::Quit => return,
                Heard::Leave { drain, hands_over } => {
                    if let Some(doors) = doors.take() {
                        doors.close(drain).await;
                    }
                    if let Some(observed) = &mut self.observed {
                        observed.leave(drain).await;
                    }
                    self.sockets.clear();
                    front.leave(hands_over);
                    return self.leave(control, front, words).await;
                }
                Heard::Tell => control.report(&Report::Summary(front.summary())),
                other => self.heed(front, other),
            }
        }
    }

    /// What is heeded whether we leave or not.
    fn heed(&mut self, front: &Arc<Front>, heard: Heard) {
        match heard {
            Heard::Reopen(logs) => self.reopen(logs),
            Heard::Attach(worker, seats) => {
                if let Err(error) = front.attach(worker, seats) {
                    self.log.write(Level::Error, &format!("Cannot attach a worker: {error}"));
                }
            }
            Heard::Detach(worker) => front.detach(worker),
            Heard::Adopt(connections) => accept::adopt(connections, front),
            Heard::Observe(place, given) => self.observe(place, given),
            Heard::Census(census) => self.take_census(census),
            Heard::Tick | Heard::Tell | Heard::Serve | Heard::Quit | Heard::Leave { .. } => {}
        }
    }

    /// Finishes what is in progress, for as long as that may take.
    async fn leave(&mut self, control: &mut Control, front: &Arc<Front>, words: &mut Words) {
        let end = Instant::now() + Duration::from_secs(self.settings.graceful_timeout);
        let (mut idle, mut has_let_go) = (Vec::new(), false);
        control.report(&Report::Leaving);
        front.sweep();
        loop {
            idle.extend(front.handed_over());
            control.hand_over(&mut idle);
            if !has_let_go && idle.is_empty() && !front.has_idle() {
                has_let_go = control.let_go();
            }
            if (front.open() == 0 && idle.is_empty()) || Instant::now() >= end {
                break;
            }
            match hear(control, words, STEP).await {
                Heard::Tick => {
                    front.sweep();
                    self.sweep(front);
                }
                Heard::Tell => control.report(&Report::Summary(front.summary())),
                Heard::Leave { hands_over, .. } => front.leave(hands_over),
                Heard::Quit => return,
                other => self.heed(front, other),
            }
        }
        if front.open() > 0 {
            let text =
                format!("Leaving with {} connections open: the graceful timeout is over", front.open());
            self.log.write(Level::Warning, &text);
        }
        if control.is_orphan() {
            disband(front, end).await;
        }
    }

    /// Says that this worker answered as many requests as it may, if so; whoever has others for that is told by them.
    fn count(&self, control: &Control) {
        let most = self.settings.max_requests;
        if most > 0 && self.settings.app.starts_with('@') && self.answered() >= most {
            control.report(&Report::Spent { worker: 0 });
        }
    }

    fn answered(&self) -> u64 {
        self.tally.own().requests().iter().sum()
    }

    /// Begins to tell figures.
    fn observe(&mut self, place: u32, given: Vec<OwnedFd>) {
        let Self { settings, log, tally, sockets, .. } = &*self;
        match Observed::begin(&Subject { settings, log, tally, sockets }, place, given) {
            Ok(observed) => self.observed = Some(observed),
            Err(error) => self.log.write(Level::Error, &format!("Cannot tell figures: {error}")),
        }
    }

    fn take_census(&self, census: Census) {
        if let Some(observed) = &self.observed {
            observed.hear(census);
        }
    }

    /// What is done at every tick beside the connections.
    fn sweep(&self, front: &Front) {
        front.count();
        self.flush();
        if let Some(observed) = &self.observed {
            observed.sweep();
        }
    }

    fn reopen(&self, logs: Vec<OwnedFd>) {
        let mut logs = logs.into_iter();
        if let Some(log) = logs.next() {
            self.log.replace(log);
        }
        let lines = self.access.as_ref().and_then(|access| access.lines.as_ref());
        if let (Some(lines), Some(log)) = (lines, logs.next()) {
            lines.replace(log);
        }
    }
}
