//! One step of the crew: what an event changes, and what has to be done for it.

use std::time::Duration;

use super::{
    Action, Crew, Event, FIRST_PAUSE, Failure, Id, LONGEST_PAUSE, Level, Life, MARGIN, Member, PATIENCE,
    Phase, QUICK, Queue, Signal,
};

impl Crew {
    /// Takes an event in; returns what to do, in order.
    pub fn step(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Signal(signal) => self.signal(now, signal, &mut actions),
            Event::Ready(id) => self.ready(now, id),
            Event::Beat(id) => self.heard(now, id),
            Event::Leaves(id) => {
                let leave_by = now + self.graceful + MARGIN;
                if let Some(member) = self.members.get_mut(&id).filter(|m| m.life != Life::Leaving) {
                    member.life = Life::Leaving;
                    member.leave_by = Some(leave_by);
                }
            }
            Event::Failed(id, failure) => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.why = Some(failure);
                }
            }
            Event::Died(id, how) => self.died(now, id, &how, &mut actions),
            Event::Tick => self.tick(now, &mut actions),
        }
        self.settle(now, &mut actions);
        actions
    }

    fn signal(&mut self, now: Duration, signal: Signal, actions: &mut Vec<Action>) {
        match (signal, self.phase) {
            (Signal::Quit, _) => self.stop(now, signal, actions),
            (_, Phase::Stopping) | (Signal::Child | Signal::Reopen, _) => {}
            (Signal::Stop, _) => self.stop(now, signal, actions),
            (Signal::Reload, _) => self.reload_again = true,
            (Signal::More, _) => self.wanted += 1,
            (Signal::Less, _) => self.wanted = (self.wanted - 1).max(1),
        }
    }

    fn stop(&mut self, now: Duration, signal: Signal, actions: &mut Vec<Action>) {
        if self.phase != Phase::Stopping {
            self.phase = Phase::Stopping;
            self.patience_at = now + PATIENCE;
            actions.push(Action::Stopping);
        }
        for id in self.ids(|_| true) {
            let life = self.members[&id].life;
            match (signal, life) {
                (Signal::Quit, _) | (_, Life::Booting | Life::Waiting) => self.quit(now, id, actions),
                (_, Life::Serving) => self.leave(now, id, Queue::Drained, actions),
                (_, Life::Leaving) => {}
            }
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
        let Some(member) = self.members.remove(&id) else { return };
        let pid = member.pid;
        match member.life {
            Life::Leaving => {
                actions.push(Action::Say(Level::Info, format!("Worker exited (pid:{pid})")));
            }
            Life::Serving => {
                actions.push(Action::Say(Level::Error, format!("Worker (pid:{pid}) {how}")));
            }
            Life::Booting | Life::Waiting => {
                let died =
                    Failure { message: format!("worker (pid:{pid}) {how} before it was ready"), exit: 4 };
                self.did_not_start(now, member.generation, member.why.unwrap_or(died), actions);
            }
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
                let text = format!("Reload failed, the old workers keep serving: {}", why.message);
                actions.push(Action::Say(Level::Error, text));
                for id in self.ids(|m| m.generation == generation) {
                    self.quit(now, id, actions);
                }
                self.phase = Phase::Serving;
                actions.push(Action::Ready(format!("reload failed, the old {} serve on", self.status())));
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

    fn tick(&mut self, now: Duration, actions: &mut Vec<Action>) {
        for id in self.ids(|m| self.is_watched(m) && now.saturating_sub(m.heard) > self.timeout) {
            let Some(member) = self.members.get_mut(&id) else { continue };
            // Heard of until it is killed again: once a timeout is often enough.
            member.heard = now;
            let text =
                format!("WORKER TIMEOUT (pid:{}): silent for {} s", member.pid, self.timeout.as_secs());
            actions.push(Action::Say(Level::Critical, text));
            actions.push(Action::Kill(id));
        }
        for id in self.ids(|m| m.leave_by.is_some_and(|by| now >= by)) {
            let Some(member) = self.members.get_mut(&id) else { continue };
            member.leave_by = None;
            let text = format!("Worker (pid:{}) did not leave in time, killing it", member.pid);
            actions.push(Action::Say(Level::Warning, text));
            actions.push(Action::Kill(id));
        }
        if self.phase != Phase::Serving && now >= self.patience_at {
            self.patience_at = now + PATIENCE;
            actions.push(Action::Patience(PATIENCE * 2));
        }
    }

    /// Brings the crew to what the phase wants, as far as that is possible now.
    fn settle(&mut self, now: Duration, actions: &mut Vec<Action>) {
        match self.phase {
            Phase::Starting => {
                self.fill(now, self.generation, actions);
                if self.is_complete(self.generation) {
                    self.take_over(now, actions);
                    actions.push(Action::Started);
                }
            }
            Phase::Serving => {
                self.welcome(actions);
                if now >= self.not_before {
                    self.fill(now, self.generation, actions);
                }
                self.trim(now, actions);
                if self.reload_again {
                    self.reload(now, actions);
                }
            }
            Phase::Reloading => {
                self.welcome(actions);
                self.fill(now, self.newest, actions);
                if self.is_complete(self.newest) {
                    self.take_over(now, actions);
                }
            }
            Phase::Stopping if self.members.is_empty() => actions.push(Action::End(self.failure.take())),
            Phase::Stopping => {}
        }
    }

    fn reload(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.reload_again = false;
        self.wanted = self.configured;
        self.newest += 1;
        self.phase = Phase::Reloading;
        self.patience_at = now + PATIENCE;
        actions.push(Action::Reloading);
        self.fill(now, self.newest, actions);
    }

    /// Starts who is missing in a generation.
    fn fill(&mut self, now: Duration, generation: u64, actions: &mut Vec<Action>) {
        let present = self.ids(|m| m.generation == generation && m.life != Life::Leaving).len();
        for _ in present..self.wanted {
            let id = self.next_id;
            self.next_id += 1;
            let life = Life::Booting;
            let member = Member { generation, life, pid: 0, heard: now, leave_by: None, why: None };
            self.members.insert(id, member);
            actions.push(Action::Start(id, generation));
        }
    }

    /// Lets replacements of the generation that serves join it.
    fn welcome(&mut self, actions: &mut Vec<Action>) {
        let generation = self.generation;
        for (id, member) in &mut self.members {
            if member.generation == generation && member.life == Life::Waiting {
                member.life = Life::Serving;
                actions.push(Action::Serve(*id));
            }
        }
    }

    /// Sends the oldest away while there are too many.
    fn trim(&mut self, now: Duration, actions: &mut Vec<Action>) {
        let serving = self.ids(|m| m.generation == self.generation && m.life == Life::Serving);
        let surplus = serving.len().saturating_sub(self.wanted);
        for id in serving.into_iter().take(surplus) {
            self.leave(now, id, Queue::Left, actions);
        }
    }

    fn is_complete(&self, generation: u64) -> bool {
        let here = self.ids(|m| m.generation == generation && m.life != Life::Leaving);
        here.len() >= self.wanted && here.iter().all(|id| self.members[id].life == Life::Waiting)
    }

    /// The newest generation serves from now on; the one before leaves.
    fn take_over(&mut self, now: Duration, actions: &mut Vec<Action>) {
        self.generation = self.newest;
        self.phase = Phase::Serving;
        self.welcome(actions);
        for id in self.ids(|m| m.generation != self.generation && m.life != Life::Leaving) {
            match self.members[&id].life {
                Life::Serving => self.leave(now, id, Queue::Left, actions),
                _ => self.quit(now, id, actions),
            }
        }
        actions.push(Action::Ready(self.status()));
        self.trim(now, actions);
    }

    fn leave(&mut self, now: Duration, id: Id, queue: Queue, actions: &mut Vec<Action>) {
        self.go(id, now + self.graceful + MARGIN);
        actions.push(Action::Leave(id, queue));
    }

    fn quit(&mut self, now: Duration, id: Id, actions: &mut Vec<Action>) {
        self.go(id, now + QUICK);
        actions.push(Action::Quit(id));
    }

    fn go(&mut self, id: Id, by: Duration) {
        if let Some(member) = self.members.get_mut(&id) {
            member.life = Life::Leaving;
            member.leave_by = Some(by);
        }
    }
}
