//! The life of the server as a pure function: (state, event) → actions; the master does them.
//!
//! A life of a server:
//!
//! 1. [`Phase::Starting`]: the first generation boots; if one of it fails, the server fails.
//! 2. [`Phase::Serving`]: who dies is replaced, after a growing pause if it died before it was ready.
//! 3. [`Phase::Reloading`]: the settings are read anew, and a whole new generation boots beside the one that serves. Only
//!    when all of it is ready does it take over; if one of it fails, it is sent away and the old one has never noticed.
//!    A phased one takes over with its first worker; then one of the old leaves for each of the new that serves.
//! 4. [`Phase::Stopping`]: nobody is replaced, and with the last worker the server ends.
//!
//! A life of a worker: [`Life::Booting`] → [`Life::Waiting`] → [`Life::Serving`] → perhaps [`Life::Retiring`] →
//! [`Life::Leaving`].
//!
//! A generation of native workers is just these. One of a Python application has a front beside its workers, which accepts
//! and speaks HTTP for them: it is attached to each that is ready, and when it ends they have nothing to do and end too.
//! While it leaves, requests may wait in it that none of them has taken: who boots for it still boots, and goes with it.

mod roll;
mod staff;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

pub use self::roll::Reason;
use super::log::Level;
use super::signals::Signal;
use crate::base::exit::Exit;

/// A worker, never used twice.
pub type Id = u64;

/// How long the master waits beyond what a worker was given before it kills.
const MARGIN: Duration = Duration::from_secs(1);
/// How long a worker has to obey a quick stop.
const QUICK: Duration = Duration::from_secs(2);
/// The first pause after a worker died before it was ready; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often the service manager is asked for patience while a start, reload or stop lasts.
const PATIENCE: Duration = Duration::from_secs(5);
/// A worker heard of within this time is well, whatever the timeout.
const RECENT: Duration = Duration::from_secs(10);

/// Where the server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The first generation boots.
    Starting,
    /// All is as wanted.
    Serving,
    /// The next generation boots, the present one serves.
    Reloading,
    /// Everybody leaves.
    Stopping,
}

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Loading the application.
    Booting,
    /// Ready, and not yet told to accept.
    Waiting,
    /// Accepting, or attached to who does.
    Serving,
    /// Still serving, until its replacement does.
    Retiring,
    /// Told to go.
    Leaving,
}

/// What a process of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A worker that accepts and answers itself.
    Native,
    /// The one that accepts for the Python workers.
    Front,
    /// A worker that answers what the front gives it.
    Python,
    /// Where Python workers of a generation are forked from; never in the crew.
    Zygote,
    /// Who calls the hooks of the server; never in the crew.
    Server,
}

impl Role {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Native | Self::Python => "worker",
            Self::Front => "front",
            Self::Zygote => "zygote",
            Self::Server => "server",
        }
    }
}

/// What the crew is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// [`Role::Native`] or [`Role::Python`].
    pub role: Role,
    /// How many workers, at least 1.
    pub workers: usize,
    /// How many requests a worker works on at once.
    pub threads: usize,
    /// How long a worker may be silent; zero is for ever.
    pub timeout: Duration,
    /// How long a Python worker may take to load the application; zero is for ever.
    pub boot: Duration,
    /// How long requests in progress may take after a stop or a reload.
    pub graceful: Duration,
    /// Whether a reload into it replaces one worker at a time.
    pub is_phased: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A signal came.
    Signal(Signal),
    /// A worker loaded its application.
    Ready(Id),
    /// A worker is alive.
    Beat(Id),
    /// A worker leaves by itself.
    Leaves(Id),
    /// A worker that leaves waits for no further request.
    LetsGo(Id),
    /// A worker could not load its application, and says why.
    Failed(Id, Failure),
    /// A worker's process ended, or could not be started; the text says how.
    Died(Id, String),
    /// A worker is to be replaced; the text says why to people.
    Spent(Id, Reason, String),
    /// A worker works on a request for too long; the text says on which.
    Stuck(Id, String),
    /// What the newest generation is to be is known.
    Planned(Plan),
    /// There is no newest generation to be; the text says why.
    Unplanned(String),
    /// Time passed.
    Tick,
}

/// Why a worker could not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The whole complaint.
    pub message: String,
    /// What the server exits with, if it ends it.
    pub exit: Exit,
}

/// What a worker that leaves does with connections nobody accepted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Others accept them.
    Left,
    /// Nobody else will: accept them first.
    Drained,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a process of this role, of this generation.
    Start(Id, u64, Role),
    /// Let it accept.
    Serve(Id),
    /// Let a Python worker (the first) take requests from a front (the second).
    Attach(Id, Id),
    /// Let it show what all its threads are at.
    Dump(Id),
    /// Let it finish and go.
    Leave(Id, Queue),
    /// Let it go at once.
    Quit(Id),
    /// Kill its process.
    Kill(Id),
    /// Write to the error log.
    Say(Level, String),
    /// Tell the service manager that all is ready, with a status for people.
    Ready(String),
    /// The first time all is ready.
    Started,
    /// Tell the service manager that a reload began, and find out what this generation is to be.
    Reloading(u64),
    /// This generation serves from now on; what the one before had for itself is no longer needed.
    TakeOver(u64),
    /// Tell the service manager that the end began, and close our own sockets.
    Stopping,
    /// Ask the service manager for this much more time.
    Patience(Duration),
    /// The end; with the failure that led to it, if one did.
    End(Option<Failure>),
}

#[derive(Debug)]
struct Member {
    generation: u64,
    role: Role,
    life: Life,
    pid: u32,
    heard: Duration,
    leave_by: Option<Duration>,
    why: Option<Failure>,
    /// Of who accepts and leaves: whether it waits for no further request.
    has_let_go: bool,
    /// Whether it was noted why it is replaced.
    is_noted: bool,
    /// What its generation was to be when it was started.
    plan: Plan,
    /// Of a Python worker: the front whose queue it was handed; from none other it can take requests.
    front: Option<Id>,
}

/// The workers and the phase they are in. Times are spans since some fixed moment.
#[derive(Debug)]
pub struct Crew {
    phase: Phase,
    /// What the generation that serves is to be.
    plan: Plan,
    /// What the newest one is to be, while it is not yet the one that serves and as soon as that is known.
    next: Option<Plan>,
    /// What was changed since the last order to reload, while its plan is not known: it holds for that plan, too.
    changes: Vec<roll::Change>,
    /// The generation that serves.
    generation: u64,
    /// The newest one that was begun.
    newest: u64,
    members: BTreeMap<Id, Member>,
    next_id: Id,
    reload_again: bool,
    /// Whether the service manager knows that all is ready.
    is_announced: bool,
    failures: u32,
    not_before: Duration,
    patience_at: Duration,
    failure: Option<Failure>,
    /// How often a worker was replaced, by reason.
    restarts: BTreeMap<Reason, u64>,
}

impl Crew {
    /// A crew with nobody started.
    pub fn new(plan: Plan, now: Duration) -> Self {
        Self {
            phase: Phase::Starting,
            plan,
            next: None,
            changes: Vec::new(),
            generation: 1,
            newest: 1,
            members: BTreeMap::new(),
            next_id: 1,
            reload_again: false,
            is_announced: false,
            failures: 0,
            not_before: Duration::ZERO,
            patience_at: now + PATIENCE,
            failure: None,
            restarts: BTreeMap::new(),
        }
    }

    /// How many workers there are to be.
    pub fn wanted(&self) -> usize {
        self.plan.workers
    }

    /// Notes the process id of a worker that was started, and that it lives.
    pub fn started(&mut self, id: Id, pid: u32, now: Duration) {
        if let Some(member) = self.members.get_mut(&id) {
            member.pid = pid;
            member.heard = now;
        }
    }

    /// The worker of a process.
    pub fn of_pid(&self, pid: u32) -> Option<Id> {
        self.members.iter().find(|(_, member)| member.pid == pid).map(|(id, _)| *id)
    }

    /// Whether workers of a generation may still be started.
    pub fn may_start(&self, generation: u64) -> bool {
        generation == self.generation || (self.phase == Phase::Reloading && generation == self.newest)
    }

    /// Whether a generation still serves, or may.
    pub fn is_needed(&self, generation: u64) -> bool {
        let serves = |m: &Member| m.generation == generation && m.life != Life::Leaving;
        self.may_start(generation) || self.members.values().any(serves)
    }

    /// Whether no request that comes from now on is given to a former generation.
    pub fn is_replaced(&self) -> bool {
        let serves = |m: &Member| match m.life {
            Life::Leaving => m.role.accepts() && !m.has_let_go,
            _ => !self.front_leaves(m),
        };
        !self.members.values().any(|m| m.generation < self.generation && serves(m))
    }

    /// Who accepts and will go on to.
    pub fn accepting(&self) -> Vec<Id> {
        self.ids(|m| m.role.accepts() && m.life == Life::Serving)
    }

    /// Whether the watchdog may be told that we are well: somebody who accepts was heard of lately.
    pub fn is_well(&self, now: Duration) -> bool {
        let limit = RECENT.max(self.plan.timeout);
        let accepts = |m: &Member| m.role != Role::Python && m.life == Life::Serving;
        let mut members = self.members.values();
        self.phase != Phase::Serving
            || self.plan.workers == 0
            || members.any(|m| accepts(m) && now.saturating_sub(m.heard) < limit)
    }

    /// How long nothing has to be done if nothing happens.
    pub fn quiet_for(&self, now: Duration) -> Duration {
        let silent = self.members.values().filter_map(|m| Some(m.heard + self.patience_with(m)?));
        let leaving = self.members.values().filter_map(|m| m.leave_by);
        let missing = (matches!(self.phase, Phase::Serving | Phase::Reloading) && self.not_before > now)
            .then_some(self.not_before);
        let patience = self.is_busy().then_some(self.patience_at);
        let moments = silent.chain(leaving).chain(missing).chain(patience);
        moments.min().map_or(PATIENCE, |moment| moment.saturating_sub(now)).min(PATIENCE)
    }

    /// Whether a start, reload or stop is not over.
    fn is_busy(&self) -> bool {
        self.phase != Phase::Serving || !self.is_announced
    }

    /// For how long this worker may be silent; none: for ever.
    fn patience_with(&self, member: &Member) -> Option<Duration> {
        let limit = match (member.role, member.life) {
            (_, Life::Leaving) => return None,
            (Role::Python, Life::Booting) => member.plan.boot,
            // Its silence is no fault: the front knows what it works on.
            (Role::Python, _) => return None,
            (Role::Native, _) => member.plan.timeout,
            (Role::Front, _) if !member.plan.timeout.is_zero() => member.plan.timeout.max(RECENT),
            (Role::Front | Role::Zygote | Role::Server, _) => return None,
        };
        (!limit.is_zero()).then_some(limit)
    }

    fn ids(&self, which: impl Fn(&Member) -> bool) -> Vec<Id> {
        self.members.iter().filter(|(_, member)| which(member)).map(|(id, _)| *id).collect()
    }

    fn status(&self) -> String {
        match self.plan.workers {
            1 => "1 worker".into(),
            count => format!("{count} workers"),
        }
    }
}
