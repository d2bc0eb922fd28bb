//! The master: one thread that supervises. It opens the sockets, starts workers, hears them and the signals, asks
//! the crew what follows, and does that. It never reads a request.

mod act;
mod desk;
mod figure;
mod generation;
mod hand;
mod heirs;
mod hook;
mod outfit;
mod output;
mod reading;
mod recruit;
mod renew;
mod status;
mod succession;
mod watch;
mod wear;
mod zygote;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use listenfd::ListenFd;

use self::desk::{Complaints, Desk};
use self::figure::Figures;
use self::generation::{Former, Generation, Sockets};
use self::hand::Hand;
use self::heirs::Estate;
pub use self::reading::Origin;
use self::reading::Reading;
use self::succession::Other;
use self::wear::Scales;
use self::zygote::Unborn;
use super::board::Board;
use super::crew::{Action, Crew, Event, Failure, Id};
use super::daemon::{self, Daemon};
use super::descriptor;
use super::inherited;
use super::listener::SocketFile;
use super::log::{Level, Log};
use super::notify::Notify;
use super::pidfile::PidFile;
use super::program::Program;
use super::settings::Settings;
use super::signals::Signals;
use crate::base::diagnostic::Diagnostic;

/// If this variable is `1`, the master stops itself (SIGSTOP) once, as soon as it serves: Upstart's handshake.
/// No worker inherits it.
pub const SIGSTOP_VARIABLE: &str = "APPSERVER_SIGSTOP";

/// The first generation.
const FIRST: u64 = 1;

/// Serves until a signal ends it. A reload reads the settings from their origin again. Errors are everything that kept it
/// from starting.
pub fn run(origin: Origin, settings: Settings) -> Result<(), Diagnostic> {
    let daemon = Daemon::of(&settings);
    if daemon == Daemon::Starter {
        return daemon::start(&origin.args);
    }
    daemon.detach();
    let (predecessor, already) = Other::predecessor()?.unzip();
    // What was handed over to the old master comes with its sockets.
    let handed = match &predecessor {
        Some(_) => ListenFd::empty(),
        None => inherited::take(&origin.args, &settings)?,
    };
    let mut signals = Signals::take().map_err(|e| Diagnostic::error(format!("cannot take signals: {e}")))?;
    let mut master = Master::new(origin, settings, Before { handed, predecessor, already })?;
    let ended = master.supervise(&mut signals);
    master.hook("on_exit");
    master.log.write(Level::Info, "Shutting down: Master");
    match ended {
        None => Ok(()),
        Some(failure) => Err(Diagnostic::error(failure.message).exit(failure.exit)),
    }
}

struct Master {
    crew: Crew,
    hands: BTreeMap<Id, Hand>,
    /// Idle connections of those who leave.
    estate: Estate,
    /// Workers that were not forked yet.
    unborn: BTreeMap<Id, Unborn>,
    /// How many Python workers there were.
    age: u64,
    /// The file that changed last, and when.
    changed: (String, u64),
    /// The values as they were read last.
    settings: Rc<Settings>,
    /// Files of sockets that are closed already.
    files: Vec<Rc<SocketFile>>,
    log: Log,
    /// None on kernels that cannot make one.
    board: Option<Board>,
    figures: Figures,
    desk: Desk,
    notify: Notify,
    program: Program,
    /// What the processes of each generation share.
    generations: BTreeMap<u64, Generation>,
    /// The generation that serves.
    current: u64,
    /// Where the settings come from.
    origin: Arc<Origin>,
    /// Those of the next generation, while they are being read.
    reading: Option<Reading>,
    /// What was handed over when we were started.
    handed: ListenFd,
    invoked_as: OsString,
    began: Instant,
    watchdog_at: Duration,
    pidfile: Option<PidFile>,
    daemon: Daemon,
    scales: Scales,
    /// The master that started us to take its place.
    predecessor: Option<Other>,
    /// The one that we started. Its channel ends after all else here, so that nothing of ours is in its way then.
    successor: Option<Other>,
}

/// What was there before the master.
struct Before {
    /// What systemd or a shell handed over.
    handed: ListenFd,
    /// The old master, if we are to take its place.
    predecessor: Option<Other>,
    /// Its sockets.
    already: Option<Sockets>,
}

impl Master {
    fn new(origin: Origin, settings: Settings, before: Before) -> Result<Self, Diagnostic> {
        let Before { handed, predecessor, already } = before;
        let environment = |name: &str| std::env::var(name).ok();
        let pid_suffix = OsStr::new(if predecessor.is_some() { PidFile::SECOND } else { "" });
        // The service manager knows the old one until that ends.
        let notify =
            predecessor.as_ref().map_or_else(|| Notify::from_environment(environment), |_| Notify::silent());
        let invoked_as = origin.args.first().cloned().unwrap_or_else(|| "appserver".into());
        let program = Program::of(&invoked_as, std::env::var_os("PATH").as_deref());
        let former = Former { pidfile: None, pid_suffix, program: &program };
        let mut first = Generation::prepare(settings, &former)?;
        let figures = Figures::new(&first.settings);
        let complaints = Arc::new(Complaints::default());
        let log = first.log(figures.statsd(), Arc::clone(&complaints)).map_err(|error| {
            Diagnostic::error(format!("cannot log to `{}`: {error}", first.settings.errorlog.display()))
        })?;
        let (pidfile, daemon) = (first.pidfile.take(), Daemon::of(&first.settings));
        let mut master = Self {
            crew: Crew::new(first.plan(), Duration::ZERO),
            hands: BTreeMap::new(),
            estate: Estate::default(),
            unborn: BTreeMap::new(),
            age: 0,
            changed: Default::default(),
            settings: Rc::clone(&first.settings),
            files: Vec::new(),
            board: Board::make().ok(),
            desk: Desk::open(&first.settings, pid_suffix, complaints, &log),
            figures,
            notify,
            program,
            generations: BTreeMap::from([(FIRST, first)]),
            current: FIRST,
            origin: Arc::new(origin),
            reading: None,
            handed,
            invoked_as,
            began: Instant::now(),
            watchdog_at: Duration::ZERO,
            pidfile,
            daemon,
            scales: Scales::new(),
            predecessor,
            log,
            successor: None,
        };
        master.begin_hooks()?;
        if let Some(first) = master.generations.get_mut(&FIRST) {
            first.open(&already.unwrap_or_default(), &mut master.handed)?;
            master.figures.prepare(first)?;
        }
        master.sockets_are_open()?;
        Ok(master)
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn supervise(&mut self, signals: &mut Signals) -> Option<Failure> {
        self.log.write(Level::Info, &format!("Starting appserver {}", env!("CARGO_PKG_VERSION")));
        for first in self.generations.values() {
            self.greet(first);
        }
        let mut events = vec![Event::Tick];
        loop {
            for event in events.drain(..) {
                if let Some(end) = self.take(event) {
                    return end;
                }
            }
            self.announce();
            self.conclude();
            self.share_out();
            let readable = self.wait(signals);
            for (signal, name) in signals.arrived() {
                if self.heed(signal, name) {
                    events.push(Event::Signal(signal));
                }
            }
            for id in readable {
                events.extend(self.hear(id));
            }
            events.extend(self.reap());
            self.inherit();
            events.extend(self.planned());
            events.extend(self.spent());
            self.forget_generations();
            events.push(Event::Tick);
            self.attend();
            self.reassure();
            self.tell_figures();
        }
    }

    /// Tells where a generation listens that was not listened before.
    fn greet(&self, new: &Generation) {
        let is_new = |listener: &&Rc<_>| Rc::strong_count(listener) == 1;
        for listener in new.sockets.listeners.iter().filter(is_new) {
            let text = format!("Listening at: {} ({})", listener.name, std::process::id());
            self.log.write(Level::Info, &text);
        }
        if let Some(listener) = new.sockets.metrics.as_ref().filter(is_new) {
            self.log.write(Level::Info, &format!("Figures at: {}/metrics", listener.name));
        }
        let cap = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
        if let Some(cap) = cap.and_then(|text| text.trim().parse::<u32>().ok())
            && cap < new.settings.backlog
        {
            let text =
                format!("The backlog of {} is cut to {cap} by net.core.somaxconn", new.settings.backlog);
            self.log.write(Level::Warning, &text);
        }
        let room = descriptor::room(&new.settings);
        if room < new.settings.worker_connections {
            let text = format!("worker_connections is cut to {room}: more files may not be open (ulimit -n)");
            self.log.write(Level::Warning, &text);
        }
    }

    /// Lets the crew take an event and does what follows, to the end; returns how the server ended, if it did.
    fn take(&mut self, event: Event) -> Option<Option<Failure>> {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let now = self.now();
            let (old, (_, generation, _)) = (self.crew.wanted(), self.crew.standing());
            let actions = self.crew.step(now, event);
            // That of a reload was told when its settings were read.
            let is_told = self.crew.standing().1 != generation;
            if !is_told && self.crew.wanted() != old {
                self.hook_count(old);
            }
            for action in actions {
                if let Action::End(failure) = action {
                    return Some(failure);
                }
                events.extend(self.act(action));
            }
        }
        None
    }
}
