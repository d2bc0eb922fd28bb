//! HTTP/1.1 on accepted connections, and how they end without losing a request.
//!
//! Told to leave, a worker does not close its idle connections: a proxy may be sending the next request on one at that very
//! moment. If others serve on and have room, they get them; a connection does not notice. If nobody does, or the connection
//! began with words of a proxy that others cannot know, it answers with `Connection: close`, and closes what has been idle
//! for [`GRACE`]. With a graceful timeout of zero it goes at once, and its connections with it.

mod answered;
mod body;
mod clockwork;
mod connection;
mod id;
mod mount;
mod native;
mod outgoing;
mod policy;
mod python;
mod request;
mod session;
mod slash;
mod stream;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::Notify;

use self::answered::Answered;
use self::clockwork::Clockwork;
use self::connection::{Connection, Limits, Phase};
use self::id::Id;
use self::mount::Mounts;
use self::policy::Policy;
pub use self::python::Python;
pub use self::request::Peer;
use self::request::{Remote, Request};
use self::slash::Slashes;
use self::stream::Chunk;
pub use self::stream::Stream;
use super::access::{Access, Ends, Record};
use super::board::Seat;
use super::descriptor;
use super::http::{Refusal, Rules};
use super::log::{Level, Log};
use super::settings::Settings;
use super::statsd::Statsd;
use super::tally::Tally;
use super::wsgi::pool::{Taker, Worker};

/// How long an idle connection stays open for one more request when the worker leaves.
pub const GRACE: Duration = Duration::from_secs(1);
/// Within how many milliseconds each connection is looked at: no shorter time can run out. Ten thousand that do nothing would
/// otherwise be taken through the processor's caches several times a second, which those who ask would feel.
const LOOK: u64 = 1000;

/// What answers requests.
pub enum Application {
    /// In this process.
    Native(Router),
    /// In Python workers.
    Python(Python),
}

/// What a front does beside answering: its logs, and its place among those who accept.
pub struct Outside {
    /// The error log.
    pub log: Arc<Log>,
    /// The access log, if there is one.
    pub access: Option<Arc<Access>>,
    /// Where figures go, if they go anywhere.
    pub statsd: Option<Arc<Statsd>>,
    /// What is counted.
    pub tally: Arc<Tally>,
    /// Where it tells how busy it is.
    pub seat: Option<Seat>,
}

/// The application and all connections of a worker.
pub struct Front {
    application: Application,
    rules: Rules,
    limits: Limits,
    limit_body: u64,
    folder: PathBuf,
    chunk: Mutex<Chunk>,
    policy: Policy,
    mounts: Mounts,
    slashes: Slashes,
    /// How many connections may be open.
    most: usize,
    /// Rung when one of as many as there may be is closed.
    room: Notify,
    log: Arc<Log>,
    access: Option<Arc<Access>>,
    statsd: Option<Arc<Statsd>>,
    tally: Arc<Tally>,
    seat: Option<Seat>,
    clock: Clockwork,
    is_leaving: AtomicBool,
    left_at: AtomicU64,
    /// Whether others go on with idle connections.
    hands_over: AtomicBool,
    /// Those connections.
    handed_over: Mutex<Vec<OwnedFd>>,
    connections: Mutex<HashMap<u64, Watched>>,
    next: AtomicU64,
}

/// A connection, and when it is to be looked at next.
struct Watched {
    connection: Arc<Connection>,
    look_at: u64,
}

/// A request that is being answered, as logs and figures see it.
struct Noted {
    began: Instant,
    remote: Arc<Remote>,
    head: Arc<super::http::Head>,
    id: Id,
}

impl Front {
    /// A front without connections.
    pub fn new(application: Application, settings: &Settings, outside: Outside) -> Self {
        let milliseconds = |seconds: u64| seconds.saturating_mul(1000);
        let limits = Limits {
            keepalive: milliseconds(settings.keepalive),
            head: milliseconds(settings.header_timeout),
            body: milliseconds(settings.body_timeout),
            write: milliseconds(settings.write_timeout),
        };
        let rules = Rules {
            line: settings.limit_request_line as usize,
            fields: settings.limit_request_fields as usize,
            field_bytes: settings.limit_request_field_size as usize,
            permit_unconventional_method: settings.permit_unconventional_http_method,
            permit_unconventional_version: settings.permit_unconventional_http_version,
            casefold_method: settings.casefold_http_method,
        };
        Self {
            application,
            rules,
            limits,
            limit_body: Some(settings.limit_request_body.0).filter(|limit| *limit > 0).unwrap_or(u64::MAX),
            folder: settings.tmp_upload_dir.clone().unwrap_or_else(std::env::temp_dir),
            chunk: Mutex::new(Box::new([0; _])),
            policy: Policy::of(settings),
            mounts: Mounts::of(settings, std::env::var("SCRIPT_NAME").ok()),
            slashes: Slashes::of(settings),
            most: settings.worker_connections.min(descriptor::room(settings)),
            room: Notify::new(),
            log: outside.log,
            access: outside.access,
            statsd: outside.statsd,
            tally: outside.tally,
            seat: outside.seat,
            clock: Clockwork::start(),
            is_leaving: AtomicBool::new(false),
            left_at: AtomicU64::new(0),
            hands_over: AtomicBool::new(false),
            handed_over: Mutex::default(),
            connections: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// Serves a connection that was accepted; `local` is its own end, if that has an address.
    pub fn accept(self: &Arc<Self>, stream: Stream, peer: Peer, local: Option<SocketAddr>) {
        self.tally.accepted();
        self.serve(Phase::Fresh, stream, peer, local);
    }

    /// Serves a connection that another process served until now.
    pub fn adopt(self: &Arc<Self>, stream: Stream, peer: Peer, local: Option<SocketAddr>) {
        self.serve(Phase::Idle, stream, peer, local);
    }

    /// Serves one connection in a task of its own.
    fn serve(self: &Arc<Self>, phase: Phase, stream: Stream, peer: Peer, local: Option<SocketAddr>) {
        let connection = Arc::new(Connection::new(phase, self.clock.tick()));
        let number = self.next.fetch_add(1, Relaxed);
        self.connections().insert(number, Watched { connection: Arc::clone(&connection), look_at: 0 });
        self.post();
        let remote = Remote::of(peer, local, self.policy.trusts(peer));
        let front = Arc::clone(self);
        tokio::spawn(async move {
            session::serve(Arc::clone(&front), connection, stream, (peer, remote)).await;
            front.connections().remove(&number);
            front.post();
            front.room.notify_waiters();
        });
    }

    /// Waits until fewer connections are open than there may be.
    pub async fn has_room(&self) {
        while self.is_full() {
            self.room.notified().await;
        }
    }

    /// Whether as many connections are open as there may be.
    pub fn is_full(&self) -> bool {
        self.open() >= self.most
    }

    /// Lets a Python worker in. Errors are those of the system, or of what it came with.
    pub fn attach(&self, worker: Worker, seats: Vec<OwnedFd>) -> io::Result<()> {
        match &self.application {
            Application::Python(python) => python.attach(worker, seats),
            Application::Native(_) => Ok(()),
        }
    }

    /// Lets a Python worker finish and go.
    pub fn detach(&self, worker: u64) {
        if let Application::Python(python) = &self.application {
            python.pool.dismiss(worker);
        }
    }

    /// Whether Python workers are there.
    pub fn has_workers(&self) -> bool {
        matches!(&self.application, Application::Python(python) if !python.pool.pids().is_empty())
    }

    /// Sends all Python workers a signal.
    pub fn signal_workers(&self, signal: Signal) {
        let Application::Python(python) = &self.application else { return };
        for pid in python.pool.pids().into_iter().filter_map(|pid| Pid::from_raw(pid.cast_signed())) {
            // One that has ended meanwhile is what is wanted.
            let _ = kill_process(pid, signal);
        }
    }

    /// Whether answers may leave their connection open.
    fn keeps_alive(&self) -> bool {
        (!self.is_leaving() || self.hands_over()) && self.limits.keepalive > 0
    }

    fn complain(&self, text: &str) {
        self.log.write(Level::Error, text);
    }

    fn note_refusal(&self, remote: &Remote, refusal: Refusal) {
        self.tally.answered(refusal.status());
        let from = if remote.address.is_empty() { "-" } else { &remote.address };
        self.log.write(Level::Debug, &format!("Refused a request from {from}: {refusal}"));
    }

    /// Notes a request when it has come; none if nobody wants to know.
    fn note(&self, request: &Request) -> Option<Noted> {
        let is_wanted = self.access.is_some() || self.statsd.is_some() || self.tally.is_shown();
        is_wanted.then(|| Noted {
            began: Instant::now(),
            remote: Arc::clone(&request.remote),
            head: Arc::clone(&request.head),
            id: request.id.clone(),
        })
    }

    /// Whether somebody wants the head of an answer as sent.
    fn wants_answer(&self) -> bool {
        self.access.as_ref().is_some_and(|access| access.form.wants_answer())
    }

    /// An answer ended: which process gave it, if another did, and its head if that is wanted.
    fn note_answer(&self, noted: Option<Noted>, done: &Answered, (taker, answer): (Option<Taker>, &[u8])) {
        self.tally.answered(done.status);
        let Some(Noted { began, remote, head, id }) = noted else { return };
        let took = began.elapsed();
        self.tally.took(took);
        if let Some(statsd) = &self.statsd {
            statsd.request(done.status, took);
        }
        let Some(access) = &self.access else { return };
        access.add(&Record {
            client: remote.client(&head),
            ends: Ends {
                address: &remote.address,
                port: &remote.port,
                server: &remote.server,
                server_port: &remote.server_port,
            },
            head: &head,
            status: done.status,
            answer,
            bytes: done.bytes,
            took,
            request_id: Some(id.as_bytes()).filter(|id| !id.is_empty()),
            pid: taker.and_then(|taker| taker.pid()).unwrap_or_else(std::process::id),
        });
    }

    /// Whether the worker was told to leave.
    fn is_leaving(&self) -> bool {
        self.is_leaving.load(Relaxed)
    }

    /// From now on every answer ends its connection, or others go on with it; the last call counts.
    pub fn leave(&self, hands_over: bool) {
        self.left_at.store(self.clock.tick(), Relaxed);
        let is_known_elsewhere = self.policy.proxy.is_none() && self.limits.keepalive > 0;
        self.hands_over.store(hands_over && is_known_elsewhere, Relaxed);
        self.is_leaving.store(true, Relaxed);
        self.post();
    }

    /// Whether others go on with idle connections.
    fn hands_over(&self) -> bool {
        self.hands_over.load(Relaxed)
    }

    /// Leaves a connection to others.
    fn hand_over(&self, stream: Stream) {
        // The event loop cannot let go only of what it does not know.
        self.handed_over.lock().unwrap_or_else(PoisonError::into_inner).extend(stream.into_socket());
    }

    /// The connections that others are to go on with, since the last call.
    pub fn handed_over(&self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.handed_over.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a connection waits for a request.
    pub fn has_idle(&self) -> bool {
        self.connections().values().any(|watched| watched.connection.is_idle())
    }

    /// Tells the other workers how many connections are open, as long as more may come.
    pub fn post(&self) {
        self.tally.open(self.open());
        if let Some(seat) = &self.seat {
            seat.post((!self.is_leaving() && !self.is_full()).then(|| self.open()));
        }
    }

    /// Whether another worker should accept the next connection.
    pub fn is_outdone(&self) -> bool {
        self.seat.as_ref().is_some_and(|seat| seat.is_outdone(self.open()))
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.connections().len()
    }

    /// Ends what takes too long. To be called several times a second while there are connections.
    pub fn sweep(&self) {
        let now = self.clock.tick();
        let left_at = self.is_leaving().then(|| self.left_at.load(Relaxed));
        for Watched { connection, look_at } in self.connections().values_mut() {
            if now < *look_at && left_at.is_none() {
                continue;
            }
            let due = connection.due(left_at, &self.limits).unwrap_or(u64::MAX);
            if due <= now || (self.hands_over() && connection.is_idle()) {
                connection.end();
            }
            *look_at = due.clamp(now, now + LOOK);
        }
        if let Application::Python(python) = &self.application {
            python.pool.sweep(now);
        }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, Watched>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
