//! What the master waits for: signals, words of workers, and ends of processes.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitOptions, WaitStatus, wait};

use super::Master;
use super::hand::has_descriptors;
use super::output::Output;
use super::reading::Reading;
use super::succession::Other;
use crate::appserver::channel::{Order, Report};
use crate::appserver::crew::{Event, Failure, Id, Reason, Role};
use crate::appserver::log::Level;
use crate::appserver::signals::{Signal, Signals};
use crate::base::exit::Exit;

impl Master {
    /// Waits until something happens or has to be done; returns the workers that said something.
    pub(super) fn wait(&self, signals: &Signals) -> Vec<Id> {
        let now = self.now();
        let quiet = self.crew.quiet_for(now);
        let watchdog = self.notify.watchdog.map(|_| self.watchdog_at.saturating_sub(now));
        let figures = self.figures.next().map(|next| next.saturating_sub(now));
        let asked = self.desk.due().map(|due| due.saturating_sub(now));
        // Rounded up, so that a moment that is due has passed when we wake.
        let span = [watchdog, figures, asked, self.offers()].into_iter().flatten().fold(quiet, Duration::min)
            + Duration::from_millis(1);
        let timeout = Timespec { tv_sec: span.as_secs() as i64, tv_nsec: span.subsec_nanos().into() };
        let open = || self.hands.iter().flat_map(|(id, hand)| hand.ears().map(|ear| (*id, ear)));
        let ids: Vec<Id> = open().map(|(id, _)| id).collect();
        let others = [signals.descriptor()].into_iter();
        let others = others.chain(self.reading.as_ref().map(Reading::descriptor)).chain(self.desk.ears());
        let others = others.chain(self.predecessor.as_ref().map(Other::descriptor));
        let others = others.map(|ear| PollFd::from_borrowed_fd(ear, PollFlags::IN));
        let ears = open().map(|(_, ear)| PollFd::from_borrowed_fd(ear, PollFlags::IN));
        let mut polled: Vec<PollFd> = ears.chain(others).collect();
        // Interrupted by a signal: its descriptor says so the next time.
        let _ = poll(&mut polled, Some(&timeout));
        let mut heard: Vec<Id> = ids
            .into_iter()
            .zip(&polled)
            .filter(|(_, fd)| !fd.revents().is_empty())
            .map(|(id, _)| id)
            .collect();
        heard.dedup();
        heard
    }

    /// What one worker said.
    pub(super) fn hear(&mut self, id: Id) -> Vec<Event> {
        let (mut events, mut is_over) = (Vec::new(), false);
        while !is_over {
            let Some(hand) = self.hands.get_mut(&id) else { break };
            let (reports, state) = hand.hear();
            if state.is_err() {
                // Nothing more will come; the end of the process is heard of by its signal.
                hand.is_open = false;
            }
            self.tell_shown(id);
            is_over = !reports.iter().any(has_descriptors);
            for (report, descriptors) in reports {
                match report {
                    Report::Idle => self.take_idle(id, descriptors),
                    report => events.extend(self.heard(id, report)),
                }
            }
            // Before more come: we may not have as many open as all workers.
            self.share_out();
        }
        events
    }

    /// Logs the stacks that a process showed, and what it printed.
    pub(super) fn tell_shown(&mut self, id: Id) {
        let Some(hand) = self.hands.get_mut(&id) else { return };
        let stacks = hand.stacks();
        let pid = hand.number();
        if !stacks.is_empty() {
            self.log.write_of(pid, Level::Error, stacks.trim_end());
        }
        for line in hand.output.iter_mut().flat_map(Output::lines) {
            // Printed, it was not said how important it is; it is never too little.
            self.log.write_of(pid, Level::Info.max(self.settings.loglevel), &line);
        }
    }

    /// What follows from one report; what is for the log alone is logged.
    pub(super) fn heard(&mut self, id: Id, report: Report) -> Vec<Event> {
        let Some(hand) = self.hands.get(&id) else { return Vec::new() };
        let (pid, role, generation) = (hand.number(), hand.role, hand.generation);
        match report {
            Report::Log { level, message } => {
                self.log.write_of(pid, level, &message);
                Vec::new()
            }
            report if role == Role::Zygote => self.heard_of_zygote(generation, report),
            report => self.event(id, report).into_iter().collect(),
        }
    }

    fn event(&mut self, id: Id, report: Report) -> Option<Event> {
        Some(match report {
            Report::Ready => Event::Ready(id),
            Report::Beat => Event::Beat(id),
            Report::Leaving => Event::Leaves(id),
            Report::LetGo => Event::LetsGo(id),
            Report::Failed { message, exit } => {
                Event::Failed(id, Failure { message, exit: Exit::of_part(exit) })
            }
            // Who counts for itself knows no number.
            Report::Spent { worker: 0 } => spent(id),
            Report::Spent { worker } => spent(worker),
            Report::Stuck { worker, request } => Event::Stuck(worker, request),
            Report::Summary(summary) => {
                self.desk.heard(id, summary);
                return None;
            }
            Report::Changed { file, stamp } => return self.code_changed(file, stamp),
            Report::Forked { .. } | Report::Called { .. } | Report::Log { .. } | Report::Idle => return None,
        })
    }

    /// Code changed: a reload, unless another worker has told of the same change.
    fn code_changed(&mut self, file: String, stamp: u64) -> Option<Event> {
        let change = (file, stamp);
        if self.changed == change {
            return None;
        }
        self.log.write(Level::Info, &format!("Reloading: `{}` changed", change.0));
        self.changed = change;
        Some(Event::Signal(Signal::Reload))
    }

    /// The workers that ended. Other children (we may be process 1 of a container) are reaped without a word.
    pub(super) fn reap(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let pid = pid.as_raw_nonzero().get().unsigned_abs();
            let Some(id) = self.hands.iter().find(|(_, hand)| hand.number() == pid).map(|(id, _)| *id) else {
                self.loses_successor(pid, &how(status));
                continue;
            };
            // Its last words come before its end.
            events.extend(self.hear(id));
            let Some(hand) = self.hands.remove(&id) else { continue };
            if let (Some(place), Some(board)) = (hand.place, &self.board) {
                board.post(place, None);
                self.figures.over(place);
            }
            let how = self.scales.explain(how(status), &hand.wear, hand.was_killed);
            match hand.role {
                Role::Zygote => events.extend(self.zygote_died(hand.generation, &how)),
                Role::Server => {
                    let text = format!("The process that calls hooks {how}: there will be none");
                    self.log.write(Level::Error, &text);
                }
                Role::Python => self.hook_child(hand.age, pid),
                Role::Native | Role::Front => {}
            }
            if self.crew.of_pid(pid) == Some(id) {
                events.push(Event::Died(id, how));
            }
        }
        events
    }

    /// What a signal means to the master itself, and whether the crew is to hear of it.
    pub(super) fn heed(&mut self, signal: Signal, name: &str) -> bool {
        // A terminal sends this one whenever its window changes.
        if signal == Signal::Rest && !self.daemon.is_one() {
            self.log.write(Level::Debug, "Ignoring signal: winch, because this is no daemon");
            return false;
        }
        if signal != Signal::Child {
            self.log.write(Level::Info, &format!("Handling signal: {name}"));
        }
        match signal {
            Signal::Reopen => self.reopen_logs(),
            Signal::Upgrade => self.upgrade(),
            Signal::Reload => self.desk.reloads += 1,
            _ => {}
        }
        true
    }

    /// Opens the logs again, here alone: the others are handed them. One that cannot be opened stays what it was.
    pub(super) fn reopen_logs(&mut self) {
        for (number, generation) in &mut self.generations {
            for wrong in generation.logs.reopen(&generation.settings, &generation.owner) {
                self.log.write(Level::Error, &format!("A log stays as it was: {wrong}"));
            }
            if let (true, Ok(descriptor)) = (*number == self.current, generation.logs.error.try_clone()) {
                self.log.replace(descriptor);
            }
            for hand in self.hands.values().filter(|h| h.generation == *number && h.role.accepts()) {
                let _ = hand.send(&Order::Reopen, &generation.logs.descriptors());
            }
        }
    }

    /// Tells the watchdog that we are well, when it is time and true.
    pub(super) fn reassure(&mut self) {
        let now = self.now();
        if let Some(interval) = self.notify.watchdog.filter(|_| now >= self.watchdog_at) {
            self.watchdog_at = now + interval;
            if self.crew.is_well(now) {
                self.notify.alive();
            }
        }
    }
}

fn spent(worker: Id) -> Event {
    Event::Spent(worker, Reason::Requests, "it answered max_requests".into())
}

fn how(status: WaitStatus) -> String {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (_, Some(signal)) => format!("was killed by signal {signal}"),
        _ => "ended".into(),
    }
}
