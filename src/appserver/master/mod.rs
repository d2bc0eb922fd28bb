//! The master: one thread that supervises. It opens the sockets, starts workers, hears them and the signals, asks
//! the crew what follows, and does that. It never reads a request.

mod hand;
mod watch;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use listenfd::ListenFd;
use rustix::process::{Signal as Number, kill_process};

use self::hand::{Hand, Recruit};
use super::board::Board;
use super::channel::Order;
use super::crew::{Action, Crew, Event, Failure, Id, Queue};
use super::inherited;
use super::listener::{self, Listener, SocketFile};
use super::log::{self, Level, Log, Stream};
use super::notify::Notify;
use super::pidfile::PidFile;
use super::program::{Pinned, Program};
use super::settings::Settings;
use super::signals::Signals;
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

struct Master {
    settings: Settings,
    crew: Crew,
    hands: BTreeMap<Id, Hand>,
    listeners: Vec<Listener>,
    /// Files of sockets that are closed already.
    files: Vec<SocketFile>,
    log: Log,
    access: Option<OwnedFd>,
    /// None on kernels that cannot make one.
    board: Option<Board>,
    notify: Notify,
    program: Program,
    /// The binary of each generation that has workers.
    pinned: BTreeMap<u64, Pinned>,
    invoked_as: OsString,
    began: Instant,
    watchdog_at: Duration,
    _pidfile: Option<PidFile>,
}

impl Master {
    fn new(args: &[OsString], settings: Settings, handed: ListenFd) -> Result<Self, Diagnostic> {
        let environment = |name: &str| std::env::var(name).ok();
        let invoked_as = args.first().cloned().unwrap_or_else(|| "appserver".into());
        let log = Log::new(log::open(&settings.errorlog, Stream::Err)?, settings.loglevel);
        let access = settings.accesslog.as_ref().map(|path| log::open(path, Stream::Out)).transpose()?;
        let pidfile = settings.pidfile.as_deref().map(PidFile::write).transpose()?;
        let listeners = listener::open(&settings, handed)?;
        let timeout = Duration::from_secs(settings.timeout);
        let graceful = Duration::from_secs(settings.graceful_timeout);
        Ok(Self {
            crew: Crew::new(settings.workers, timeout, graceful, Duration::ZERO),
            hands: BTreeMap::new(),
            listeners,
            files: Vec::new(),
            log,
            access,
            board: Board::make().ok(),
            notify: Notify::from_environment(environment),
            program: Program::of(&invoked_as, std::env::var_os("PATH").as_deref()),
            pinned: BTreeMap::new(),
            invoked_as,
            began: Instant::now(),
            watchdog_at: Duration::ZERO,
            settings,
            _pidfile: pidfile,
        })
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
            self.reassure();
        }
    }

    fn greet(&self) {
        let say = |text: &str| self.log.write(Level::Info, text);
        say(&format!("Starting appserver {}", env!("CARGO_PKG_VERSION")));
        for listener in &self.listeners {
            say(&format!("Listening at: {} ({})", listener.name, std::process::id()));
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
            for action in self.crew.step(now, event) {
                if let Action::End(failure) = action {
                    return Some(failure);
                }
                events.extend(self.act(action));
            }
        }
        None
    }

    /// Does one action; an action that fails is an event.
    fn act(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Start(id, generation) => return self.start(id, generation),
            Action::Serve(id) => self.order(id, &Order::Serve),
            Action::Leave(id, queue) => self.order(id, &Order::Leave { drain: queue == Queue::Drained }),
            Action::Quit(id) => self.order(id, &Order::Quit),
            Action::Kill(id) => {
                if let Some(hand) = self.hands.get(&id) {
                    let _ = kill_process(hand.pid, Number::KILL);
                }
            }
            Action::Say(level, text) => self.log.write(level, &text),
            Action::Ready(status) => self.notify.ready(&status),
            Action::Started => self.started(),
            Action::Reloading => self.notify.reloading(),
            Action::Stopping => {
                self.notify.stopping();
                for listener in std::mem::take(&mut self.listeners) {
                    // The file stays until the end: a client in between finds a socket, not nothing.
                    self.files.extend(listener.file);
                }
            }
            Action::Patience(span) => self.notify.patience(span),
            Action::End(_) => {}
        }
        None
    }

    fn started(&self) {
        if std::env::var(SIGSTOP_VARIABLE).is_ok_and(|value| value == "1") {
            let _ = kill_process(rustix::process::getpid(), Number::STOP);
        }
    }

    fn start(&mut self, id: Id, generation: u64) -> Option<Event> {
        let failed = |error: std::io::Error| Some(Event::Died(id, format!("could not be started: {error}")));
        if !self.pinned.contains_key(&generation) {
            match self.program.pin() {
                Ok(pinned) => self.pinned.insert(generation, pinned),
                Err(error) => return failed(error),
            };
        }
        let place = (0..).find(|place| self.hands.values().all(|hand| hand.place != *place)).unwrap_or(0);
        if let Some(board) = &self.board {
            // Until it accepts, nobody waits for it.
            board.post(place, None);
        }
        let recruit = Recruit {
            program: &self.pinned[&generation],
            invoked_as: &self.invoked_as,
            settings: &self.settings,
            seat: self.board.as_ref().map(|board| (board, place)),
            sockets: self.listeners.iter().map(|listener| listener.socket.as_fd()).collect(),
        };
        match recruit.start(&self.log, self.access.as_ref().map(AsFd::as_fd)) {
            Ok(hand) => {
                let pid = hand.pid.as_raw_nonzero().get().unsigned_abs();
                self.log.write(Level::Info, &format!("Booting worker with pid: {pid}"));
                self.crew.started(id, pid, self.now());
                self.hands.insert(id, hand);
                None
            }
            Err(error) => failed(error),
        }
    }

    /// Closes the binaries of generations that are over.
    fn forget_binaries(&mut self) {
        let crew = &self.crew;
        self.pinned.retain(|generation, _| crew.may_start(*generation));
    }

    /// A worker that cannot be told anything is silent as well, and is dealt with for that.
    fn order(&self, id: Id, order: &Order) {
        if let Some(hand) = self.hands.get(&id) {
            let _ = hand.send(order, &[]);
        }
    }
}
