//! Python workers that are forked rather than started: the process of a generation that has run the configuration, and
//! imported the application if that is wanted, makes them when the master says so.
//!
//! The worker is no child of the zygote's but the master's, who takes in the orphans below it. Until its process is known, a
//! worker is unborn. A zygote that dies takes those with it and nobody else; when one is needed again, one is started.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use rustix::process::{Signal as Number, getpid, kill_process, set_child_subreaper};

use super::hand::Hand;
use super::outfit::Outfit;
use super::recruit::{self, Recruit};
use super::{Master, hook};
use crate::appserver::channel::{Order, Report};
use crate::appserver::crew::{Event, Failure, Id, Role};
use crate::appserver::log::Level;
use crate::appserver::settings::Settings;
use crate::base::exit::Exit;

/// Hooks that a worker calls, or that are called where it is forked.
const HOOKS: [&str; 8] = [
    "pre_fork",
    "post_fork",
    "post_worker_init",
    "pre_request",
    "post_request",
    "worker_int",
    "worker_abort",
    "worker_exit",
];

/// Whether workers are forked from a process that was prepared for all of them.
pub fn is_wanted(settings: &Settings) -> bool {
    settings.preload_app || settings.hooks.iter().any(|hook| HOOKS.contains(&hook.as_str()))
}

/// The number of a generation's zygote among our processes; the crew counts from the other end.
fn id(generation: u64) -> Id {
    hook::ID - generation
}

fn missing() -> io::Error {
    io::Error::other("its front could not be started")
}

/// A worker that has no process yet; with what it was asked for, once it was.
pub struct Unborn {
    generation: u64,
    /// Where it is to take requests. By the time it is asked for there may be another front, with a queue of its own.
    queue: OwnedFd,
    asked: Option<Asked>,
}

/// What a worker was asked for with.
struct Asked {
    outfit: Outfit,
    channel: UnixStream,
    age: u64,
}

impl Master {
    /// Has a worker forked, as soon as its zygote is ready. Errors: there can be no zygote.
    pub(super) fn fork(&mut self, worker: Id, generation: u64) -> io::Result<()> {
        let zygote = id(generation);
        let queue = self.generations.get(&generation).and_then(|shared| shared.queue.as_ref());
        let queue = queue.ok_or_else(missing)?.try_clone()?;
        if !self.hands.contains_key(&zygote) {
            set_child_subreaper(Some(getpid()))?;
            let shared = self.generations.get(&generation).ok_or_else(missing)?;
            let settings = Rc::clone(&shared.settings);
            let recruit = Recruit {
                role: Role::Zygote,
                generation,
                settings: &settings,
                owner: &shared.owner,
                folder: &shared.folder,
                logs: Vec::new(),
            };
            self.hands.insert(zygote, recruit.beside()?);
        }
        self.unborn.insert(worker, Unborn { generation, queue, asked: None });
        match self.hands[&zygote].is_ripe {
            true => self.ask(worker),
            false => Ok(()),
        }
    }

    fn ask(&mut self, worker: Id) -> io::Result<()> {
        let Some(unborn) = self.unborn.get_mut(&worker) else { return Ok(()) };
        let shared = self.generations.get(&unborn.generation).ok_or_else(missing)?;
        let zygote = self.hands.get(&id(unborn.generation)).ok_or_else(missing)?;
        let outfit = Outfit::make(&shared.settings)?;
        let (ours, theirs) = UnixStream::pair()?;
        let mut given = vec![theirs.as_fd()];
        given.extend(outfit.given(unborn.queue.as_fd()));
        self.age += 1;
        zygote.send(&Order::Fork { worker, age: self.age }, &given)?;
        unborn.asked = Some(Asked { outfit, channel: ours, age: self.age });
        Ok(())
    }

    /// What a zygote said.
    pub(super) fn heard_of_zygote(&mut self, generation: u64, report: Report) -> Vec<Event> {
        match report {
            Report::Ready => {
                if let Some(zygote) = self.hands.get_mut(&id(generation)) {
                    zygote.is_ripe = true;
                }
                let ready = self.unborn_of(generation);
                let asked = ready.into_iter().filter_map(|worker| Some((worker, self.ask(worker).err()?)));
                let failed: Vec<(Id, io::Error)> = asked.collect();
                failed.into_iter().map(|(worker, error)| self.stillborn(worker, &error)).collect()
            }
            Report::Forked { worker, pid } => self.forked(worker, pid).into_iter().collect(),
            Report::Failed { message, exit } => {
                let failure = Failure { message, exit: Exit::of_part(exit) };
                let lost = self.unborn_of(generation).into_iter();
                lost.map(|worker| Event::Failed(worker, failure.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A worker has a process now. One that is not wanted any more is ended.
    fn forked(&mut self, worker: Id, number: u32) -> Option<Event> {
        let pid = recruit::pid(number).ok()?;
        let Some(Unborn { generation, asked: Some(asked), .. }) = self.unborn.remove(&worker) else {
            let _ = kill_process(pid, Number::KILL);
            return None;
        };
        match Hand::new(pid, Role::Python, generation, asked.channel) {
            Ok(mut hand) => {
                asked.outfit.go_with(&mut hand);
                hand.age = asked.age;
                self.began(worker, hand);
                None
            }
            Err(error) => Some(self.stillborn(worker, &error)),
        }
    }

    fn stillborn(&mut self, worker: Id, error: &io::Error) -> Event {
        self.unborn.remove(&worker);
        Event::Died(worker, format!("could not be forked: {error}"))
    }

    /// A worker that may have no process yet is to go; if it has none, that is its end. `stuck`: its zygote takes too long.
    pub(super) fn forget_unborn(&mut self, worker: Id, stuck: bool) -> Option<Event> {
        let unborn = self.unborn.remove(&worker)?;
        if stuck {
            self.end_zygote(unborn.generation, Number::KILL);
        }
        Some(Event::Died(worker, "was not forked".into()))
    }

    /// Ends the zygote of a generation; its workers live on.
    pub(super) fn end_zygote(&mut self, generation: u64, signal: Number) {
        if let Some(zygote) = self.hands.remove(&id(generation)) {
            let _ = kill_process(zygote.pid, signal);
        }
    }

    /// A zygote ended by itself: who waits for it waits in vain.
    pub(super) fn zygote_died(&mut self, generation: u64, how: &str) -> Vec<Event> {
        self.hands.remove(&id(generation));
        let lost = self.unborn_of(generation);
        if lost.is_empty() {
            let text = format!(
                "The process that workers are forked from {how}; a new one is started when it is needed"
            );
            self.log.write(Level::Warning, &text);
        }
        for worker in &lost {
            self.unborn.remove(worker);
        }
        lost.into_iter()
            .map(|worker| Event::Died(worker, format!("was not forked: its zygote {how}")))
            .collect()
    }

    fn unborn_of(&self, generation: u64) -> Vec<Id> {
        let of = self.unborn.iter().filter(|(_, unborn)| unborn.generation == generation);
        of.map(|(worker, _)| *worker).collect()
    }
}
