//! One step of the crew: what an event changes, and what has to be done for it.

use std::time::Duration;

use super::roll::Change;
use super::{
    Action, Crew, Event, FIRST_PAUSE, Failure, Id, LONGEST_PAUSE, Level, Life, MARGIN, Member, PATIENCE,
    Phase, Plan, QUICK, Queue, Reason, Role, Signal,
};
use crate::base::exit::Exit;

impl Crew {
    /// Takes an event in; returns what to do, in order.
    pub fn step(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Signal(signal) => self.signal(now, signal, &mut actions),
            Event::Ready(id) => self.ready(now, id),
            Event::Beat(id) => self.heard(now, id),
            Event::Leaves(id) => self.leaves(now, id, &mut actions),
            Event::LetsGo(id) => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.has_let_go = true;
                }
            }
            Event::Failed(id, failure) => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.why = Some(failure);
                }
            }
            Event::Died(id, how) => self.died(now, id, &how, &mut actions),
            Event::Spent(id, reason, why) => self.retire(id, reason, &why, &mut actions),
            Event::Stuck(id, what) => self.stuck(now, id, &what, &mut actions),
            Event::Planned(plan) if self.phase == Phase::Reloading => {
                self.next = Some(Plan { workers: self.planned(plan.workers), ..plan });
            }
            Event::Unplanned(why) if self.phase == Phase::Reloading => {
                self.reload_failed(now, &why, &mut actions);
            }
            Event::Planned(_) | Event::Unplanned(_) => {}
            Event::Tick => self.tick(now, &mut actions),
        }
        self.settle(now, &mut actions);
        actions
    }

    fn signal(&mut self, now: Duration, signal: Signal, actions: &mut Vec<Action>) {
        match (signal, self.phase) {
            (Signal::Quit, _) => self.stop(now, signal, actions),
            (_, Phase::Stopping) | (Signal::Child | Signal::Reopen | Signal::Upgrade, _) => {}
            (Signal::Stop, _) => self.stop(now, signal, actions),
            (Signal::Reload, _) => {
                self.reload_again = true;
                self.changes.clear();
            }
            (Signal::More, _) => self.resize(Change::More),
            (Signal::Less, _) => self.resize(Change::Less),
            (Signal::Rest, Phase::Serving) => self.rest(now, actions),
            (Signal::Rest, _) => {}
        }
    }

    /// Lets all workers finish and go. The sockets stay open, so that clients wait for whoever comes next.
    fn rest(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.plan.workers = 0;
        self.send_all_away(now, self.ids(|_| true), Queue::Left, actions);
    }

    fn stop(&mut self, now: Duration, signal: Signal, actions: &mut Vec<Action>) {
        if self.phase != Phase::Stopping {
            self.phase = Phase::Stopping;
            self.patience_at = now + PATIENCE;
            actions.push(Action::Stopping);
        }
        if signal != Signal::Quit {
            return self.send_all_away(now, self.ids(|_| true), Queue::Drained, actions);
        }
        // Who works for a front ends with it: it is told first, so that it knows why.
        let told_first = self.ids(|m| m.role == Role::Python);
        for id in told_first.into_iter().chain(self.ids(|m| m.role != Role::Python)) {
            self.quit(now, id, actions);
        }
    }

    /// A member leaves by itself, or says that it heard us.
    fn leaves(&mut self, now: Duration, id: Id, actions: &mut Vec<Action>) {
        self.note_restart(id, Reason::Other);
        if let Some(member) = self.members.get(&id).filter(|m| m.life != Life::Leaving) {
            self.go(id, now + member.plan.graceful + MARGIN);
            self.orphan(now, id, actions);
        }
    }

    fn ready(&mut self, now: Duration, id: Id) {
        self.heard(now, id);
        if let Some(member) = self.members.get_mut(&id).filter(|m| m.life == Life::Booting) {
            member.life = Life::Waiting;
            self.failures = 0;
        }
    }

    fn heard(&mut self, now: Duration, id: Id) {
        if let Some(member) = self.members.get_mut(&id) {
            member.heard = now;
        }
    }

    fn died(&mut self, now: Duration, id: Id, how: &str, actions: &mut Vec<Action>) {
        self.note_restart(id, Reason::Died);
        let Some(member) = self.members.remove(&id) else { return };
        let (pid, role) = (member.pid, member.role);
        match member.life {
            // It never was a process.
            Life::Leaving if pid == 0 => {}
            Life::Leaving => {
                actions.push(Action::Say(Level::Info, format!("Worker exited (pid:{pid})")));
            }
            Life::Serving | Life::Retiring => {
                actions.push(Action::Say(Level::Error, format!("Worker (pid:{pid}) {how}")));
            }
            Life::Booting | Life::Waiting => {
                let message = format!("worker (pid:{pid}) {how} before it was ready");
                let is_late = self.front_leaves(&member);
                let why = member.why.unwrap_or(Failure { message, exit: Exit::Failed });
                match is_late {
                    true => actions.push(Action::Say(Level::Error, why.message)),
                    false => self.did_not_start(now, member.generation, why, actions),
                }
            }
        }
        if role == Role::Front {
            self.orphan(now, id, actions);
        }
    }

    /// A worker that never served: what that means depends on who serves instead.
    fn did_not_start(&mut self, now: Duration, generation: u64, why: Failure, actions: &mut Vec<Action>) {
        match self.phase {
            Phase::Starting => {
                self.failure = Some(why);
                self.stop(now, Signal::Quit, actions);
            }
            Phase::Reloading if generation == self.newest => {
                self.reload_failed(now, &why.message, actions);
            }
            Phase::Reloading | Phase::Serving => {
                self.failures += 1;
                let pause = (FIRST_PAUSE * 2u32.saturating_pow(self.failures.min(8) - 1)).min(LONGEST_PAUSE);
                self.not_before = now + pause;
                let text = format!("{}; next try in {:.1} s", why.message, pause.as_secs_f32());
                actions.push(Action::Say(Level::Error, text));
            }
            Phase::Stopping => {}
        }
    }

    fn reload_failed(&mut self, now: Duration, why: &str, actions: &mut Vec<Action>) {
        let text = format!("Reload failed, the old workers keep serving: {why}");
        actions.push(Action::Say(Level::Error, text));
        for id in self.ids(|m| m.generation == self.newest) {
            self.quit(now, id, actions);
        }
        self.next = None;
        self.phase = Phase::Serving;
        self.is_announced = true;
        actions.push(Action::Ready(format!("reload failed, the old {} serve on", self.status())));
    }

    fn tick(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let is_silent = |crew: &Self, m: &Member| {
            crew.patience_with(m).is_some_and(|limit| now.saturating_sub(m.heard) > limit)
        };
        for id in self.ids(|m| is_silent(self, m)) {
            self.give_up(now, id, actions);
        }
        for id in self.ids(|m| m.leave_by.is_some_and(|by| now >= by)) {
            let Some(member) = self.members.get_mut(&id) else { continue };
            member.leave_by = None;
            let text = format!("Worker (pid:{}) did not leave in time, killing it", member.pid);
            actions.push(Action::Say(Level::Warning, text));
            actions.push(Action::Kill(id));
        }
        if self.is_busy() && now >= self.patience_at {
            self.patience_at = now + PATIENCE;
            actions.push(Action::Patience(PATIENCE * 2));
        }
    }

    /// Kills who was silent for too long.
    fn give_up(&mut self, now: Duration, id: Id, actions: &mut Vec<Action>) {
        self.note_restart(id, Reason::Timeout);
        let Some(member) = self.members.get_mut(&id) else { return };
        let boot = member.plan.boot.as_secs();
        if member.role == Role::Python {
            member.life = Life::Booting;
            let message = format!("worker (pid:{}) was not ready after {boot} s (boot_timeout)", member.pid);
            member.why = Some(Failure { message, exit: Exit::Failed });
        } else {
            let silence = now.saturating_sub(member.heard).as_secs();
            let text = format!("WORKER TIMEOUT (pid:{}): silent for {silence} s", member.pid);
            actions.push(Action::Say(Level::Critical, text));
        }
        // Heard of until it is killed again: once a timeout is often enough.
        member.heard = now;
        actions.push(Action::Kill(id));
    }

    /// Has a worker replaced; until then it serves.
    fn retire(&mut self, id: Id, reason: Reason, why: &str, actions: &mut Vec<Action>) {
        if let Some(member) = self.members.get_mut(&id).filter(|m| m.life == Life::Serving) {
            member.life = Life::Retiring;
            let text = format!("Worker (pid:{}) will be replaced: {why}", member.pid);
            actions.push(Action::Say(Level::Info, text));
            self.note_restart(id, reason);
        }
    }

    /// A worker that is stuck shows where, takes nothing more, and is killed when its other requests had their time.
    fn stuck(&mut self, now: Duration, id: Id, what: &str, actions: &mut Vec<Action>) {
        let Some(member) = self.members.get(&id) else { return };
        let text = format!("WORKER TIMEOUT (pid:{}): {what}", member.pid);
        actions.push(Action::Say(Level::Critical, text));
        actions.push(Action::Dump(id));
        let time = if member.plan.threads > 1 { member.plan.graceful } else { MARGIN };
        if member.life != Life::Leaving {
            self.note_restart(id, Reason::Timeout);
            self.go(id, now + time);
            actions.push(Action::Leave(id, Queue::Left));
        }
    }

    /// Brings the crew to what the phase wants, as far as that is possible now.
    fn settle(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.welcome_late(now, actions);
        match self.phase {
            Phase::Starting => {
                self.fill(now, self.generation, actions);
                if self.is_complete(self.generation) {
                    self.take_over(now, actions);
                    actions.push(Action::Started);
                }
            }
            Phase::Serving => {
                self.keep(now, actions);
                self.announce(actions);
                if self.reload_again {
                    self.reload(now, actions);
                }
            }
            Phase::Reloading => {
                self.keep(now, actions);
                self.fill(now, self.newest, actions);
                if self.is_complete(self.newest) {
                    self.take_over(now, actions);
                }
            }
            Phase::Stopping if self.members.is_empty() => actions.push(Action::End(self.failure.take())),
            Phase::Stopping => {}
        }
    }

    /// Keeps the generation that serves as it is to be.
    fn keep(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.welcome(actions);
        if now >= self.not_before {
            self.fill(now, self.generation, actions);
        }
        self.trim(now, actions);
        self.relieve(now, actions);
    }

    fn reload(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.reload_again = false;
        self.newest += 1;
        self.phase = Phase::Reloading;
        self.is_announced = false;
        self.patience_at = now + PATIENCE;
        actions.push(Action::Reloading(self.newest));
    }

    pub(super) fn leave(&mut self, now: Duration, id: Id, queue: Queue, actions: &mut Vec<Action>) {
        let graceful = self.members.get(&id).map_or(self.plan.graceful, |member| member.plan.graceful);
        self.go(id, now + graceful + MARGIN);
        actions.push(Action::Leave(id, queue));
    }

    pub(super) fn quit(&mut self, now: Duration, id: Id, actions: &mut Vec<Action>) {
        self.go(id, now + QUICK);
        actions.push(Action::Quit(id));
    }

    pub(super) fn go(&mut self, id: Id, by: Duration) {
        if let Some(member) = self.members.get_mut(&id) {
            member.life = Life::Leaving;
            member.leave_by = Some(by);
        }
    }
}
