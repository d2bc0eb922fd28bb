//! The crew as others see it, and how many it is to be.

use super::{Crew, Life, Phase, Role};
use crate::appserver::census::{self, Census};

/// Why workers are replaced: settings, and what else happens to them.
const REASONS: [&str; 6] = ["max_requests", "max_rss", "worker_lifetime", "timeout", "died", OTHER];
const OTHER: &str = "other";

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
            restarts: REASONS
                .into_iter()
                .map(|why| (why.to_string(), self.restarts.get(why).copied().unwrap_or(0)))
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
        self.resize(|_| workers.max(1));
    }

    /// Notes why a worker is replaced: the setting named in the sentence, or the word itself.
    pub(super) fn note_restart(&mut self, why: &str) {
        let reason = REASONS.into_iter().find(|known| why.contains(known)).unwrap_or(OTHER);
        *self.restarts.entry(reason).or_default() += 1;
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
