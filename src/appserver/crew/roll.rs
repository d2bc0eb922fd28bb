//! The crew as others see it, and how many it is to be.

use std::time::Duration;

use super::{Crew, Id, Life, Phase, Role};
use crate::appserver::census::{self, Census};

/// Another number of workers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// One more.
    More,
    /// One less.
    Less,
    /// So many.
    To(usize),
}

impl Change {
    /// What becomes of a number. The last worker stays; where none is, none goes.
    fn of(self, workers: usize) -> usize {
        match self {
            Self::More => workers + 1,
            Self::Less => workers.saturating_sub(1).max(1).min(workers),
            Self::To(wanted) => wanted,
        }
    }
}

/// Why a worker is replaced; each is for one reason, the first there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It answered as many requests as it may.
    Requests,
    /// It has more memory than it may.
    Memory,
    /// It has had its time.
    Lifetime,
    /// It was silent, or a request in it took too long.
    Timeout,
    /// It ended by itself, or others killed it.
    Died,
    /// It left without having been told to, or its front did not live on.
    Other,
}

impl Reason {
    const ALL: [Self; 6] =
        [Self::Requests, Self::Memory, Self::Lifetime, Self::Timeout, Self::Died, Self::Other];

    /// What it is called where figures are told: by its setting, if it has one.
    fn word(self) -> &'static str {
        match self {
            Self::Requests => "max_requests",
            Self::Memory => "max_rss",
            Self::Lifetime => "worker_lifetime",
            Self::Timeout => "timeout",
            Self::Died => "died",
            Self::Other => "other",
        }
    }
}

impl Role {
    /// Whether clients connect to it.
    pub fn accepts(self) -> bool {
        matches!(self, Self::Native | Self::Front)
    }
}

impl Crew {
    /// Everybody who is there.
    pub fn census(&self) -> Census {
        let members = self.members.iter().map(|(id, member)| census::Member {
            id: *id,
            pid: member.pid,
            role: member.role.word().into(),
            state: state(member.life).into(),
            generation: member.generation,
        });
        Census {
            master: 0,
            phase: phase(self.phase).into(),
            generation: self.generation,
            wanted: self.wanted(),
            members: members.collect(),
            restarts: Reason::ALL
                .into_iter()
                .map(|why| (why.word().to_string(), self.restarts.get(&why).copied().unwrap_or(0)))
                .collect(),
        }
    }

    /// How many workers serve.
    pub fn serving(&self) -> usize {
        let census = self.census();
        census.count("serving") + census.count("retiring")
    }

    /// The phase, the generation that serves, and the newest one that was begun.
    pub fn standing(&self) -> (Phase, u64, u64) {
        (self.phase, self.generation, self.newest)
    }

    /// From now on there are to be so many workers, at least one; a reload takes the number of the settings again.
    pub fn scale(&mut self, workers: usize) {
        self.resize(Change::To(workers.max(1)));
    }

    /// Changes the number of workers, also of a reload whose settings are not read yet.
    pub(super) fn resize(&mut self, change: Change) {
        for plan in [Some(&mut self.plan), self.next.as_mut()].into_iter().flatten() {
            plan.workers = change.of(plan.workers);
        }
        let is_plan_awaited = self.reload_again || (self.phase == Phase::Reloading && self.next.is_none());
        if is_plan_awaited {
            self.changes.push(change);
        }
    }

    /// How many workers a reload is to begin whose settings say so many.
    pub fn planned(&self, workers: usize) -> usize {
        self.changes.iter().fold(workers, |workers, change| change.of(workers))
    }

    /// Whether workers that were to come could not start, and none has since.
    pub fn falters(&self) -> bool {
        self.failures > 0
    }

    /// Forgets a time in which nobody could be heard, so that nobody is taken for silent because of it.
    pub fn forgive(&mut self, span: Duration) {
        for member in self.members.values_mut() {
            member.heard += span;
        }
    }

    /// Notes why somebody who serves is replaced, unless that was noted before.
    pub(super) fn note_restart(&mut self, id: Id, why: Reason) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let served = matches!(member.life, Life::Serving | Life::Retiring);
        if served && self.phase != Phase::Stopping && !std::mem::replace(&mut member.is_noted, true) {
            *self.restarts.entry(why).or_default() += 1;
        }
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "starting",
        Phase::Serving => "serving",
        Phase::Reloading => "reloading",
        Phase::Stopping => "stopping",
    }
}

fn state(life: Life) -> &'static str {
    match life {
        Life::Booting => "booting",
        Life::Waiting => "waiting",
        Life::Serving => "serving",
        Life::Retiring => "retiring",
        Life::Leaving => "leaving",
    }
}
