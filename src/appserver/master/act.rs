//! The crew's actions as system calls.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;

use rustix::process::{Signal as Number, kill_process};

use super::hand::Hand;
use super::recruit::{Accepting, Recruit};
use super::wear::by_chance;
use super::{Master, SIGSTOP_VARIABLE, zygote};
use crate::appserver::channel::Order;
use crate::appserver::crew::{Action, Event, Id, Queue as Leftover, Role};
use crate::appserver::log::Level;
use crate::appserver::wsgi::python::Queue;

impl Master {
    /// Does one action; an action that fails is an event.
    pub(super) fn act(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Start(id, generation, role) => return self.start(id, generation, role),
            Action::Quit(id) | Action::Kill(id) if self.unborn.contains_key(&id) => {
                return self.forget_unborn(id, matches!(action, Action::Kill(_)));
            }
            Action::Serve(id) => {
                self.expect_at_the_door(id);
                self.order(id, &Order::Serve);
                self.ages(id);
            }
            Action::Attach(worker, front) => {
                self.attach(worker, front);
                self.ages(worker);
            }
            Action::Leave(id, queue) => self.leave(id, queue),
            Action::Quit(id) => match self.hands.get(&id).map(|hand| hand.role) {
                Some(Role::Python) => {
                    // An interpreter that is only starting dies of the first without a word; it would tell of the second.
                    self.send(id, Number::TERM);
                    self.send(id, Number::INT);
                }
                _ => self.order(id, &Order::Quit),
            },
            Action::Dump(id) => {
                self.send(id, Number::USR2);
                if self.settings.hooks.iter().any(|hook| hook == "worker_abort") {
                    self.send(id, Number::ABORT);
                }
            }
            Action::Kill(id) => {
                self.send(id, Number::KILL);
                if let Some(hand) = self.hands.get_mut(&id) {
                    hand.was_killed = true;
                }
            }
            Action::Say(level, text) => self.log.write(level, &text),
            Action::Ready(status) => self.notify.ready(&status),
            Action::Started => self.started(),
            Action::Reloading(generation) => return self.reread(generation),
            Action::TakeOver(generation) => self.take_over(generation),
            Action::Stopping => self.bid_farewell(),
            Action::Patience(span) => self.notify.patience(span),
            Action::End(_) => {}
        }
        None
    }

    fn started(&mut self) {
        let settings = self.generations.get(&self.current).map(|now| Rc::clone(&now.settings));
        if let (true, Some(settings)) = (self.daemon.is_one(), settings) {
            if let Err(error) = self.daemon.serves(&settings) {
                self.log.write(Level::Warning, &format!("The standard streams stay open: {error}"));
            }
            // What went to them goes nowhere from now on.
            self.reopen_logs();
        }
        if let Some(old) = &self.predecessor {
            let text = format!("This new master serves; the old one (pid:{}) may be told to leave", old.pid);
            self.log.write(Level::Info, &text);
        }
        if std::env::var(SIGSTOP_VARIABLE).is_ok_and(|value| value == "1") {
            let _ = kill_process(rustix::process::getpid(), Number::STOP);
        }
    }

    /// Whether workers of a generation are forked from a zygote.
    fn is_forked(&self, generation: u64) -> bool {
        self.generations.get(&generation).is_some_and(|shared| zygote::is_wanted(&shared.settings))
    }

    fn start(&mut self, id: Id, generation: u64, role: Role) -> Option<Event> {
        let started = match role {
            Role::Python if self.is_forked(generation) => self.fork(id, generation),
            _ => self.recruit(generation, role).map(|hand| self.began(id, hand)),
        };
        started.err().map(|error| {
            self.unborn.remove(&id);
            Event::Died(id, format!("could not be started: {error}"))
        })
    }

    /// A process of the crew runs.
    pub(super) fn began(&mut self, id: Id, hand: Hand) {
        let pid = hand.number();
        self.log.write(Level::Info, &format!("Booting {} with pid: {pid}", hand.role.word()));
        self.crew.started(id, pid, self.now());
        self.observe(&hand);
        self.hands.insert(id, hand);
    }

    fn recruit(&mut self, generation: u64, role: Role) -> io::Result<Hand> {
        let shared =
            self.generations.get_mut(&generation).ok_or_else(|| io::Error::other("no such generation"))?;
        let recruit = Recruit {
            role,
            generation,
            settings: &shared.settings,
            folder: &shared.folder,
            owner: &shared.owner,
            logs: shared.logs.descriptors(),
        };
        if role == Role::Python {
            let queue =
                shared.queue.as_ref().ok_or_else(|| io::Error::other("its front could not be started"))?;
            let mut hand = recruit.python(queue.as_fd())?;
            self.age += 1;
            hand.age = self.age;
            return Ok(hand);
        }
        let queue = (role == Role::Front).then(Queue::make).transpose()?;
        let place = (0..).find(|place| self.hands.values().all(|hand| hand.place != Some(*place)));
        let seat = self.board.as_ref().zip(place);
        if let Some((board, place)) = seat {
            // Until it accepts, nobody waits for it.
            board.post(place, None);
        }
        let hand = recruit.accepting(&Accepting {
            program: &shared.program,
            invoked_as: &self.invoked_as,
            seat,
            queue: queue.as_ref().map(|queue| queue.front.as_fd()),
            sockets: shared.sockets.listeners.iter().map(|listener| listener.socket.as_fd()).collect(),
        })?;
        if let Some(queue) = queue {
            shared.queue = Some(queue.workers);
        }
        Ok(hand)
    }

    /// Gives a front the other side of a worker.
    fn attach(&mut self, worker: Id, front: Id) {
        let Some(hand) = self.hands.get_mut(&worker) else { return };
        hand.front = Some(front);
        let (Some(seats), Some(shared)) = (hand.seats.take(), self.generations.get(&hand.generation)) else {
            return;
        };
        let Some(front) = self.hands.get(&front) else { return };
        let descriptors: Vec<BorrowedFd> =
            [seats.board.as_fd()].into_iter().chain(seats.slots.iter().map(AsFd::as_fd)).collect();
        let most = match shared.settings.max_requests {
            0 => 0,
            most => most + by_chance(shared.settings.max_requests_jitter),
        };
        let pid = self.hands.get(&worker).map_or(0, Hand::number);
        let _ = front.send(&Order::Attach { worker, pid, most }, &descriptors);
    }

    fn leave(&self, id: Id, queue: Leftover) {
        match self.hands.get(&id) {
            Some(hand) if hand.role == Role::Python => {
                if let Some(front) = hand.front {
                    self.order(front, &Order::Detach { worker: id });
                }
                // A thread that waits for a request would learn it only with the next one.
                self.send(id, Number::TERM);
            }
            Some(hand) => {
                let drain = queue == Leftover::Drained || !self.is_continued(hand.generation);
                let hands_over = !drain && self.has_heirs(id);
                self.order(id, &Order::Leave { drain, hands_over });
            }
            None => {}
        }
    }

    fn send(&self, id: Id, signal: Number) {
        if let Some(hand) = self.hands.get(&id) {
            let _ = kill_process(hand.pid, signal);
        }
    }

    /// A worker that cannot be told anything is silent as well, and is dealt with for that.
    fn order(&self, id: Id, order: &Order) {
        if let Some(hand) = self.hands.get(&id) {
            let _ = hand.send(order, &[]);
        }
    }
}
