//! The master: one thread that supervises. It opens the sockets, starts workers, hears them and the signals, asks
//! the crew what follows, and does that. It never reads a request.

mod act;
mod desk;
mod figure;
mod hand;
mod hook;
mod outfit;
mod output;
mod recruit;
mod watch;
mod zygote;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use listenfd::ListenFd;

use self::desk::{Complaints, Desk};
use self::figure::Figures;
use self::hand::Hand;
use self::zygote::Unborn;
use super::board::Board;
use super::crew::{Action, Crew, Event, Failure, Id, Plan, Role};
use super::inherited;
use super::listener::{self, Listener, SocketFile};
use super::log::{self, Level, Log, Stream};
use super::notify::Notify;
use super::pidfile::PidFile;
use super::program::{Pinned, Program};
use super::settings::Settings;
use super::signals::Signals;
use super::statsd::Statsd;
use super::syslog::Syslog;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// If this variable is `1`, the master stops itself (SIGSTOP) once, as soon as it serves: Upstart's handshake.
/// No worker inherits it.
pub const SIGSTOP_VARIABLE: &str = "APPSERVER_SIGSTOP";

/// Serves until a signal ends it. Errors are everything that kept it from starting.
pub fn run(args: &[OsString], settings: Settings) -> Result<(), Diagnostic> {
    let handed = inherited::take(args, &settings)?;
    let mut signals = Signals::take().map_err(|e| Diagnostic::error(format!("cannot take signals: {e}")))?;
    let mut master = Master::new(args, settings, handed)?;
    let ended = master.supervise(&mut signals);
    master.hook("on_exit");
    master.log.write(Level::Info, "Shutting down: Master");
    match ended {
        None => Ok(()),
        Some(failure) => Err(Diagnostic::error(failure.message).exit(exit(failure.exit))),
    }
}

/// The exit a worker asked for.
fn exit(status: u8) -> Exit {
    if status == Exit::Input as u8 { Exit::Input } else { Exit::Failed }
}

/// What the processes of a generation share.
struct Generation {
    /// The binary.
    program: Pinned,
    /// Where Python workers take requests; that of the newest front.
    queue: Option<OwnedFd>,
}

struct Master {
    settings: Settings,
    crew: Crew,
    hands: BTreeMap<Id, Hand>,
    /// Workers that were not forked yet.
    unborn: BTreeMap<Id, Unborn>,
    /// How many Python workers there were.
    age: u64,
    /// The file that changed last, and when.
    changed: (String, u64),
    listeners: Vec<Listener>,
    /// Files of sockets that are closed already.
    files: Vec<SocketFile>,
    log: Log,
    access: Option<OwnedFd>,
    /// None on kernels that cannot make one.
    board: Option<Board>,
    figures: Figures,
    desk: Desk,
    notify: Notify,
    program: Program,
    /// What the processes of each generation share.
    generations: BTreeMap<u64, Generation>,
    invoked_as: OsString,
    began: Instant,
    watchdog_at: Duration,
    _pidfile: Option<PidFile>,
}

/// What the settings make of the crew.
fn plan(settings: &Settings) -> Plan {
    let role = if settings.app.starts_with('@') { Role::Native } else { Role::Python };
    Plan {
        role,
        workers: settings.workers,
        threads: settings.threads,
        timeout: Duration::from_secs(settings.timeout),
        boot: Duration::from_secs(settings.boot_timeout),
        graceful: Duration::from_secs(settings.graceful_timeout),
    }
}

impl Master {
    fn new(args: &[OsString], settings: Settings, handed: ListenFd) -> Result<Self, Diagnostic> {
        let environment = |name: &str| std::env::var(name).ok();
        let invoked_as = args.first().cloned().unwrap_or_else(|| "appserver".into());
        let complaints = Complaints::default();
        let statsd = Statsd::of(&settings).map(Arc::new);
        let log = Log::new(log::open(&settings.errorlog, Stream::Err)?, settings.loglevel)
            .echoing(Syslog::of(&settings))
            .echoing(statsd.clone())
            .echoing(Some(complaints.clone()));
        let access = settings.accesslog.as_ref().map(|path| log::open(path, Stream::Out)).transpose()?;
        let pidfile = settings.pidfile.as_deref().map(PidFile::write).transpose()?;
        let mut master = Self {
            crew: Crew::new(plan(&settings), Duration::ZERO),
            hands: BTreeMap::new(),
            unborn: BTreeMap::new(),
            age: 0,
            changed: Default::default(),
            listeners: Vec::new(),
            files: Vec::new(),
            access,
            board: Board::make().ok(),
            figures: Figures::new(&settings, statsd)?,
            desk: Desk::open(&settings, complaints, &log),
            notify: Notify::from_environment(environment),
            program: Program::of(&invoked_as, std::env::var_os("PATH").as_deref()),
            generations: BTreeMap::new(),
            invoked_as,
            began: Instant::now(),
            watchdog_at: Duration::ZERO,
            settings,
            log,
            _pidfile: pidfile,
        };
        master.begin_hooks()?;
        master.listeners = listener::open(&master.settings, handed)?;
        master.figures.check(&master.listeners)?;
        master.sockets_are_open()?;
        Ok(master)
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn supervise(&mut self, signals: &mut Signals) -> Option<Failure> {
        self.greet();
        let mut events = vec![Event::Tick];
        loop {
            for event in events.drain(..) {
                if let Some(end) = self.take(event) {
                    return end;
                }
            }
            self.announce();
            self.conclude();
            let readable = self.wait(signals);
            for (signal, name) in signals.arrived() {
                self.heed(signal, name);
                events.push(Event::Signal(signal));
            }
            for id in readable {
                events.extend(self.hear(id));
            }
            events.extend(self.reap());
            events.push(Event::Tick);
            self.attend();
            self.reassure();
            self.tell_figures();
        }
    }

    fn greet(&self) {
        let say = |text: &str| self.log.write(Level::Info, text);
        say(&format!("Starting appserver {}", env!("CARGO_PKG_VERSION")));
        for listener in &self.listeners {
            say(&format!("Listening at: {} ({})", listener.name, std::process::id()));
        }
        if let Some(place) = self.figures.place() {
            say(&format!("Figures at: {place}/metrics"));
        }
        let cap = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
        if let Some(cap) = cap.and_then(|text| text.trim().parse::<u32>().ok())
            && cap < self.settings.backlog
        {
            let text =
                format!("The backlog of {} is cut to {cap} by net.core.somaxconn", self.settings.backlog);
            self.log.write(Level::Warning, &text);
        }
    }

    /// Lets the crew take an event and does what follows, to the end; returns how the server ended, if it did.
    fn take(&mut self, event: Event) -> Option<Option<Failure>> {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let now = self.now();
            let old = self.crew.wanted();
            let actions = self.crew.step(now, event);
            if actions.contains(&Action::Reloading) {
                self.hook_reload(old);
            } else if self.crew.wanted() != old {
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
