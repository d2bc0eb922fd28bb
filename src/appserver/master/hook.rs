//! The hooks of the server: called one at a time, each waited for, by one process of Python that lives as long as we do.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal as Number, kill_process};

use super::Master;
use super::recruit::Recruit;
use crate::appserver::channel::{Call, Order, Report};
use crate::appserver::crew::{Id, Role};
use crate::appserver::log::Level;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// The number of the process that calls the hooks, among our processes.
pub const ID: Id = Id::MAX;
/// The hooks it calls.
const HOOKS: [&str; 7] =
    ["nworkers_changed", "on_starting", "when_ready", "on_reload", "pre_exec", "child_exit", "on_exit"];
/// Waited for longer, so that a moment that is due has passed when we wake.
const ROUNDING: Duration = Duration::from_millis(1);

impl Master {
    /// Starts the process if the configuration has hooks for it, and calls those of a start. Errors: one failed.
    pub(super) fn begin_hooks(&mut self) -> Result<(), Diagnostic> {
        self.run_hooks().map_err(failed)?;
        let count = Some((self.settings.workers, None));
        self.call(&Call { hook: "nworkers_changed".into(), worker: None, count }).map_err(failed)?;
        self.call(&plain("on_starting")).map_err(failed)
    }

    /// Calls the hook of a start that has sockets. Errors: it failed.
    pub(super) fn sockets_are_open(&mut self) -> Result<(), Diagnostic> {
        self.call(&plain("when_ready")).map_err(failed)
    }

    /// The configuration was read again, and may be another one.
    pub(super) fn hook_reload(&mut self) {
        if let Err(why) = self.run_hooks() {
            return self
                .log
                .write(Level::Error, &format!("The hooks of the server stay as they were: {why}"));
        }
        let count = Some((self.crew.planned(self.settings.workers), Some(self.crew.wanted())));
        self.tell_failure(&Call { hook: "nworkers_changed".into(), worker: None, count });
        self.hook("on_reload");
    }

    /// Calls the hook of another number of workers.
    pub(super) fn hook_count(&mut self, old: usize) {
        let count = Some((self.crew.wanted(), Some(old)));
        self.tell_failure(&Call { hook: "nworkers_changed".into(), worker: None, count });
    }

    /// Calls the hook of a worker that ended.
    pub(super) fn hook_child(&mut self, age: u64, pid: u32) {
        self.tell_failure(&Call { hook: "child_exit".into(), worker: Some((age, pid)), count: None });
    }

    /// Calls the hook of a new master that is about to be started. Errors: it failed.
    pub(super) fn hook_upgrade(&mut self) -> Result<(), String> {
        self.call(&plain("pre_exec"))
    }

    /// Calls a hook that is about nothing but the server.
    pub(super) fn hook(&mut self, name: &str) {
        self.tell_failure(&plain(name));
    }

    fn tell_failure(&mut self, call: &Call) {
        if let Err(why) = self.call(call) {
            self.log.write(Level::Error, &why);
        }
    }

    /// Has the configuration run, in a process that is started if there is none and one is needed.
    fn run_hooks(&mut self) -> Result<(), String> {
        if !self.settings.hooks.iter().any(|hook| HOOKS.contains(&hook.as_str())) {
            return Ok(());
        }
        if let Some(hand) = self.hands.get(&ID) {
            let begin = Order::Begin { settings: Box::new((*self.settings).clone()), place: None };
            hand.send(&begin, &[]).map_err(|error| error.to_string())?;
        } else {
            let Some(newest) = self.generations.values().next_back() else { return Ok(()) };
            let (settings, folder, owner) = (&*newest.settings, &newest.folder, &newest.owner);
            let recruit =
                Recruit { role: Role::Server, generation: 0, settings, folder, owner, logs: Vec::new() };
            let hand = recruit.beside().map_err(|error| format!("cannot start `python3`: {error}"))?;
            self.hands.insert(ID, hand);
        }
        self.called("the configuration")
    }

    fn call(&mut self, call: &Call) -> Result<(), String> {
        let is_defined = self.settings.hooks.contains(&call.hook);
        let Some(hand) = self.hands.get(&ID).filter(|_| is_defined) else { return Ok(()) };
        let sent = hand.send(&Order::Call(call.clone()), &[]);
        sent.map_err(|error| format!("The hook `{}` cannot be called: {error}", call.hook))?;
        self.called(&format!("the hook `{}`", call.hook))
    }

    /// Waits until what was asked for is done. Nothing else happens meanwhile, as the order of hooks has it.
    fn called(&mut self, what: &str) -> Result<(), String> {
        let limit = Duration::from_secs(self.settings.boot_timeout);
        let end = Instant::now() + limit;
        loop {
            let Some(hand) = self.hands.get_mut(&ID) else { return Err(format!("{what} ended its process")) };
            let (reports, state) = hand.hear();
            self.tell_shown(ID);
            let mut done = None;
            for (report, _) in reports {
                match report {
                    Report::Called { failed } => done = Some(failed.map_or(Ok(()), Err)),
                    Report::Failed { message, .. } => done = Some(Err(message)),
                    other => drop(self.heard(ID, other)),
                }
            }
            if let Some(done) = done {
                return done;
            }
            let left = end.saturating_duration_since(Instant::now());
            let is_late = !limit.is_zero() && left.is_zero();
            if state.is_err() || is_late {
                self.end_hooks();
                let why = if is_late { "takes too long (boot_timeout)" } else { "ended its process" };
                return Err(format!("{what} {why}"));
            }
            self.wait_for_hooks(left);
        }
    }

    /// Waits for a word of the hooks, for so long if there is a limit. Meanwhile nobody else is heard, which is no fault of
    /// theirs, and the watchdog is told that we are well: the limit of hooks is another one.
    fn wait_for_hooks(&mut self, left: Duration) {
        let left = Some(left).filter(|_| self.settings.boot_timeout > 0);
        let watchdog = self.notify.watchdog.map(|_| self.watchdog_at.saturating_sub(self.now()));
        let span = [left, watchdog].into_iter().flatten().min().map(|span| span + ROUNDING);
        let timeout =
            span.map(|span| Timespec { tv_sec: span.as_secs() as i64, tv_nsec: span.subsec_nanos().into() });
        let ears: Vec<BorrowedFd> = self.hands.get(&ID).into_iter().flat_map(|hand| hand.ears()).collect();
        let mut polled: Vec<PollFd> =
            ears.into_iter().map(|ear| PollFd::from_borrowed_fd(ear, PollFlags::IN)).collect();
        let began = Instant::now();
        // Interrupted by a signal: asked again by the caller.
        let _ = poll(&mut polled, timeout.as_ref());
        self.crew.forgive(began.elapsed());
        self.reassure();
    }

    /// Ends the process that calls hooks.
    fn end_hooks(&mut self) {
        if let Some(hand) = self.hands.remove(&ID) {
            let _ = kill_process(hand.pid, Number::KILL);
        }
    }
}

fn plain(hook: &str) -> Call {
    Call { hook: hook.into(), worker: None, count: None }
}

fn failed(why: String) -> Diagnostic {
    Diagnostic::error(why).exit(Exit::UNBOOTED)
}
