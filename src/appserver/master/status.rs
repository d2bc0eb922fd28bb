//! What the server says of itself: every process, with what is known of it.

use super::Master;
use super::hand::Hand;
use crate::appserver::census::{Member, Summary};
use crate::appserver::control::wire::{Process, Status};
use crate::appserver::process;

impl Master {
    /// Everybody, with what is known of them.
    pub(super) fn status(&self) -> Status {
        let census = self.crew.census();
        let serving = self.generations.get(&self.current);
        let pid = std::process::id();
        let master = Process { pid, role: "master".into(), state: census.phase.clone(), ..used(pid) };
        let others = census.members.iter().map(|member| self.process(member));
        // Those beside the crew: they serve nobody, they fork and call hooks.
        let is_beside = |hand: &&Hand| census.members.iter().all(|member| member.pid != hand.number());
        let beside = self.hands.values().filter(is_beside).map(|hand| Process {
            pid: hand.number(),
            role: hand.role.word().into(),
            state: "beside".into(),
            ..used(hand.number())
        });
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid,
            application: serving.map(|serving| serving.settings.app.clone()).unwrap_or_default(),
            listening: serving
                .iter()
                .flat_map(|serving| &serving.sockets.listeners)
                .map(|one| one.name.clone())
                .collect(),
            processes: [master].into_iter().chain(others).chain(beside).collect(),
            phase: census.phase.clone(),
            generation: census.generation,
            workers: census.wanted,
        }
    }

    fn process(&self, member: &Member) -> Process {
        let own = self.desk.summaries.get(&member.id).filter(|_| self.hands.contains_key(&member.id));
        let mut all = self.desk.summaries.iter().filter(|(id, _)| self.hands.contains_key(id));
        let is_front = member.role == "front";
        let requests = match own {
            Some(own) => Some(own.requests),
            None => all.clone().find_map(|(_, front)| front.answered.get(&member.id).copied()),
        };
        let of = |summary: &Summary, id: Option<u64>| -> Vec<_> {
            summary.current.iter().filter(|one| one.worker == id).cloned().collect()
        };
        let current = match own {
            Some(own) => of(own, None),
            None => all
                .find_map(|(_, front)| Some(of(front, Some(member.id))).filter(|all| !all.is_empty()))
                .unwrap_or_default(),
        };
        Process {
            pid: member.pid,
            role: member.role.clone(),
            state: member.state.clone(),
            generation: Some(member.generation),
            requests,
            connections: own.map(|own| own.connections),
            queued: own.filter(|_| is_front).map(|own| own.queued),
            current,
            ..used(member.pid)
        }
    }
}

/// What the kernel tells of a process.
fn used(pid: u32) -> Process {
    let used = process::usage(pid).unwrap_or_default();
    let (age, cpu) = (used.age.as_secs_f64(), used.cpu.as_secs_f64());
    Process { age, cpu, rss: used.memory, ..Process::default() }
}
