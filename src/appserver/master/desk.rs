//! The control socket's side of the master: who asked what, and when they are told. Nothing here waits.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Signal as Number, getpid, kill_process};

use super::Master;
use crate::appserver::census::Summary;
use crate::appserver::channel::Order;
use crate::appserver::control::place::{self, Door};
use crate::appserver::control::wire::{self, Command, Reply, Request};
use crate::appserver::crew::{Id, Phase};
use crate::appserver::listener;
use crate::appserver::log::{Echo, Level, Log};
use crate::appserver::settings::Settings;

/// How many may ask at once.
const MOST: usize = 16;
/// How long a process has to say what it is at.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many complaints are kept for who asked for a reload.
const KEPT: usize = 8;

/// Who asks, and what was heard for them.
pub struct Desk {
    door: Option<Door>,
    callers: Vec<Caller>,
    /// What is kept for who asked for a reload.
    pub complaints: Arc<Complaints>,
    /// What processes said they are at.
    pub summaries: BTreeMap<Id, Summary>,
    /// How often a reload was asked for, by signals.
    pub reloads: u64,
}

struct Caller {
    stream: UnixStream,
    bytes: Vec<u8>,
    asked: Option<Asked>,
}

/// What is not answered yet.
enum Asked {
    /// Who has not said what it is at, and until when we wait for that.
    Status { id: u64, missing: BTreeSet<Id>, by: Duration },
    /// The newest generation and the count of reloads before it was asked for, and when that was.
    Reload { id: u64, newest: u64, reloads: u64, at: Duration },
}

/// What the master itself complained of lately.
#[derive(Default)]
pub struct Complaints(Mutex<Vec<String>>);

impl Echo for Complaints {
    fn line(&self, pid: u32, level: Level, message: &str) {
        if level >= Level::Error && pid == std::process::id() {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(message.to_string());
            let surplus = kept.len().saturating_sub(KEPT);
            kept.drain(..surplus);
        }
    }
}

impl Complaints {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Desk {
    /// Opens where the settings say; `suffix` is added to a path that another master may have.
    pub fn open(settings: &Settings, suffix: &OsStr, complaints: Arc<Complaints>, log: &Log) -> Self {
        let mut desk =
            Self { door: None, callers: Vec::new(), complaints, summaries: BTreeMap::new(), reloads: 0 };
        desk.renew(settings, suffix, log);
        desk
    }

    /// Moves to where the settings say; who asks already is still heard. Without a place there is none; what cannot be
    /// opened is told, if it is a named one, and all stays as it was.
    pub fn renew(&mut self, settings: &Settings, suffix: &OsStr, log: &Log) {
        let environment = |name: &str| std::env::var(name).ok();
        let Some(mut path) = place::of(settings, std::process::id(), environment) else {
            self.door = None;
            if !settings.control_socket_disable {
                let text = "No control socket: there is neither a pid file nor $RUNTIME_DIRECTORY nor $XDG_RUNTIME_DIR";
                log.write(Level::Debug, text);
            }
            return;
        };
        if settings.control_socket.is_some() {
            path.as_mut_os_string().push(suffix);
        }
        let mode = settings.control_socket_mode.0;
        let opened = match &mut self.door {
            Some(door) if door.path == path && door.mode == mode => return,
            Some(door) if door.path == path => door.admit(mode),
            door => Door::open(&path, mode).map(|new| *door = Some(new)),
        };
        if let Err(error) = opened {
            let level = if settings.control_socket.is_some() { Level::Warning } else { Level::Debug };
            let why = listener::reason(&error);
            log.write(level, &format!("No control socket at {}: {why}", path.display()));
        }
    }

    /// What becomes readable when somebody asks.
    pub fn ears(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let door = self.door.as_ref().map(|door| door.socket.as_fd());
        door.into_iter().chain(self.callers.iter().map(|caller| caller.stream.as_fd()))
    }

    /// Until when somebody waits for what may never come.
    pub fn due(&self) -> Option<Duration> {
        let due = |caller: &Caller| match caller.asked {
            Some(Asked::Status { by, .. }) => Some(by),
            _ => None,
        };
        self.callers.iter().filter_map(due).min()
    }

    /// A process said what it is at.
    pub fn heard(&mut self, id: Id, summary: Summary) {
        self.summaries.insert(id, summary);
        for caller in &mut self.callers {
            if let Some(Asked::Status { missing, .. }) = &mut caller.asked {
                missing.remove(&id);
            }
        }
    }

    /// Lets callers in and takes what they ask; who is gone or talks nonsense is let go.
    fn requests(&mut self) -> Vec<(usize, Request)> {
        self.callers.retain_mut(Caller::read);
        while let Some((stream, _)) = self.door.as_ref().and_then(|door| door.socket.accept().ok()) {
            if self.callers.len() == MOST {
                // Who asks nothing makes room.
                let silent = self.callers.iter().position(|caller| caller.asked.is_none());
                silent.map(|at| self.callers.remove(at));
            }
            let mut caller = Caller { stream, bytes: Vec::new(), asked: None };
            if self.callers.len() < MOST && caller.stream.set_nonblocking(true).is_ok() && caller.read() {
                self.callers.push(caller);
            }
        }
        let mut requests = Vec::new();
        for (at, caller) in self.callers.iter_mut().enumerate().filter(|(_, caller)| caller.asked.is_none()) {
            match wire::take(&mut caller.bytes) {
                Ok(Some(request)) => requests.push((at, request)),
                Ok(None) => {}
                Err(_) => {
                    caller.bytes.clear();
                    let error = Some("this is no request that this release knows".into());
                    caller.tell(&Reply { error, ..Reply::default() });
                }
            }
        }
        requests
    }
}

impl Caller {
    /// Takes what came; false: nothing more will.
    fn read(&mut self) -> bool {
        let mut chunk = [0; 4096];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return false,
                Ok(length) => self.bytes.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }

    /// Who does not read its reply misses it.
    fn tell(&mut self, reply: &Reply) {
        self.asked = None;
        let _ = wire::send(&mut self.stream, reply);
    }
}

impl Master {
    /// Hears who came to the control socket.
    pub(super) fn attend(&mut self) {
        for (at, request) in self.desk.requests() {
            let asked = self.take_request(request);
            let Some(caller) = self.desk.callers.get_mut(at) else { continue };
            match asked {
                Ok(asked) => caller.asked = Some(asked),
                Err(reply) => caller.tell(&reply),
            }
        }
    }

    /// Begins what is asked; what is done at once is replied at once (the error).
    fn take_request(&mut self, request: Request) -> Result<Asked, Reply> {
        let Request { id, command } = request;
        let (phase, _, newest) = self.crew.standing();
        let reply =
            |done: Option<String>, error: Option<String>| Reply { id, done, error, ..Reply::default() };
        match command {
            Command::Status => {
                let is_pending = |caller: &Caller| matches!(caller.asked, Some(Asked::Status { .. }));
                if !self.desk.callers.iter().any(is_pending) {
                    // Who says nothing this time is not told with what it said the last time.
                    self.desk.summaries.clear();
                }
                let missing = self.accepting(&Order::Tell);
                Ok(Asked::Status { id, missing, by: self.now() + PATIENCE })
            }
            _ if phase == Phase::Stopping => Err(reply(None, Some("the server is stopping".into()))),
            Command::Reload => {
                self.desk.complaints.take();
                signal_ourselves(Number::HUP);
                Ok(Asked::Reload { id, newest, reloads: self.desk.reloads, at: self.now() })
            }
            Command::Scale(count) => {
                self.log.write(Level::Info, &format!("Handling control: scale {count}"));
                let old = self.crew.wanted();
                self.crew.scale(count);
                if self.crew.wanted() != old {
                    self.hook_count(old);
                }
                let what = if count == 1 { "1 worker".into() } else { format!("{count} workers") };
                Err(reply(Some(format!("{what} from now on")), None))
            }
            Command::Stop { quick } => {
                signal_ourselves(if quick { Number::INT } else { Number::TERM });
                // The connection ends with us, which is what the caller waits for.
                Err(reply(Some("stopped".into()), None))
            }
        }
    }

    /// Says something to all who accept, and returns who they are.
    pub(super) fn accepting(&self, order: &Order) -> BTreeSet<Id> {
        let accept = self.hands.iter().filter(|(_, hand)| hand.role.accepts());
        accept.filter(|(_, hand)| hand.send(order, &[]).is_ok()).map(|(id, _)| *id).collect()
    }

    /// Tells who waits what came of it, as far as that is known.
    pub(super) fn conclude(&mut self) {
        let now = self.now();
        for at in 0..self.desk.callers.len() {
            let reply = match &self.desk.callers[at].asked {
                Some(Asked::Status { id, missing, by }) => {
                    let is_gone = |id: &Id| !self.hands.contains_key(id);
                    let is_known = now >= *by || missing.iter().all(is_gone);
                    is_known.then(|| Reply { id: *id, status: Some(self.status()), ..Reply::default() })
                }
                Some(Asked::Reload { id, newest, reloads, at }) => {
                    self.reloaded(*newest, *reloads, now.saturating_sub(*at)).map(|result| Reply {
                        id: *id,
                        done: result.clone().ok(),
                        error: result.err(),
                        status: None,
                    })
                }
                None => None,
            };
            if let Some(reply) = reply {
                self.desk.callers[at].tell(&reply);
            }
        }
    }

    /// What came of a reload that was asked for `ago`; none: it is not over.
    fn reloaded(&self, before: u64, reloads: u64, ago: Duration) -> Option<Result<String, String>> {
        let (phase, generation, newest) = self.crew.standing();
        if phase == Phase::Stopping {
            return Some(Err("the server is stopping".into()));
        }
        if self.desk.reloads == reloads || phase != Phase::Serving {
            return None;
        }
        // The end of a phased one comes when nobody is left to be replaced.
        if newest > before && generation == newest && self.crew.is_replaced() {
            return Some(Ok(format!("generation {generation} serves, after {:.1} s", ago.as_secs_f32())));
        }
        if generation > before && !self.crew.falters() {
            return None;
        }
        let said = self.desk.complaints.take().join("\n");
        Some(Err(if said.is_empty() { "the reload did not begin".into() } else { said }))
    }
}

/// What a signal means is decided in one place, whoever asks.
fn signal_ourselves(signal: Number) {
    let _ = kill_process(getpid(), signal);
}
