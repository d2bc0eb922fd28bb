//! The requests of a front on their way to Python workers: one queue for all, so that whoever is free takes the next.
//!
//! A request waits here until few enough are in flight, lies in the queue (a socket that all workers read) until a thread
//! takes it, and is answered through that thread's slot. What a worker has not taken is not lost when it dies: another takes it.

mod late;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{Notify, mpsc};

use super::board::Board;
use super::reply::{Failure, Reply};
use crate::appserver::census::{Current, Summary};
use crate::appserver::descriptor;
use crate::appserver::tally::Tally;

/// A worker, as the master numbers it.
pub type Id = u64;

/// How many requests lie in the queue beyond one a thread at least: the next is there when a thread is done, without waiting
/// for us. Short requests get more: twice as many as were answered between two looks, so that no thread runs out before the next.
const AHEAD: usize = 2;
/// How many they are at most.
const MOST_AHEAD: usize = 64;
/// How many parts of an answer wait for the client before the worker has to.
const PARTS: usize = 16;
/// Where the number stands in a packet.
const NUMBER_BYTES: usize = 8;

/// A request as a worker reads it.
pub struct Packet {
    /// Number (filled in here), length of the environ, kind of the body, environ, body.
    pub bytes: Vec<u8>,
    /// The body, if it is too long to lie in the packet.
    pub body: Option<OwnedFd>,
    /// Where it is noted who answers it.
    pub taker: Taker,
    /// For the log: method, target and client.
    pub subject: Arc<dyn Fn() -> String + Send + Sync>,
}

/// A worker, as the master tells of it.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    /// Its number.
    pub id: Id,
    /// Its process.
    pub pid: u32,
    /// After how many requests it is spent; zero is never.
    pub most: u64,
}

/// Who answers a request, once that is known.
#[derive(Clone, Debug, Default)]
pub struct Taker(Arc<AtomicU32>);

impl Taker {
    /// Its process.
    pub fn pid(&self) -> Option<u32> {
        Some(self.0.load(Relaxed)).filter(|pid| *pid != 0)
    }
}

/// What the master is told of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It answered as many requests as it may.
    Spent(Id),
    /// A request in it takes too long; the text says which.
    Stuck(Id, String),
    /// It died over a request; the text says which.
    Died(Id, String),
}

/// Limits in milliseconds; zero is none.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a request may take.
    pub request: u64,
    /// How long it may wait for a worker.
    pub queue: u64,
}

/// The queue and everybody who takes from it.
pub struct Pool {
    queue: OwnedFd,
    limits: Limits,
    words: mpsc::UnboundedSender<Word>,
    tally: Arc<Tally>,
    /// Rung when there may be something to put into the queue.
    stir: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many requests may lie in the queue beyond one a thread.
    ahead: usize,
    /// Answered since the last look.
    answered: usize,
    last: u64,
    waiting: VecDeque<(u64, Packet)>,
    asked: BTreeMap<u64, Asked>,
    workers: BTreeMap<Id, Member>,
    /// Requests in the queue or in work.
    flying: BTreeSet<u64>,
    /// Threads that take requests.
    threads: usize,
    /// The last request that was refused because it waited too long; so were all before it that nobody had taken.
    refused: u64,
}

struct Asked {
    taker: Taker,
    replies: mpsc::Sender<Reply>,
    subject: Arc<dyn Fn() -> String + Send + Sync>,
    at: u64,
    /// The same moment, exactly.
    since: Instant,
    progress: Progress,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Here or in the queue, as far as we know.
    Waiting,
    /// In work since it was first seen to be, or since the last part of its answer came.
    Working(u64),
    /// A part of its answer came since the last look.
    Answering,
    /// Its client is slow to take what has come.
    Held,
}

struct Member {
    pid: u32,
    board: Arc<Board>,
    threads: usize,
    open: usize,
    answered: u64,
    /// How many requests it answers before it is spent; zero is no limit.
    most: u64,
    is_leaving: bool,
}

impl Pool {
    /// A pool without workers; words to the master go to `words`, and how long requests waited to `tally`.
    pub fn new(
        queue: OwnedFd,
        limits: Limits,
        words: mpsc::UnboundedSender<Word>,
        tally: Arc<Tally>,
    ) -> Self {
        let state = Mutex::new(State { ahead: AHEAD, ..State::default() });
        Self { queue, limits, words, tally, stir: Notify::new(), state }
    }

    /// The processes of all workers.
    pub fn pids(&self) -> Vec<u32> {
        self.state().workers.values().map(|member| member.pid).collect()
    }

    /// How many requests wait for a worker.
    pub fn queued(&self) -> usize {
        let state = self.state();
        state.waiting.len() + state.flying.len().saturating_sub(state.threads)
    }

    /// Says what waits and what each worker is at; `now` in milliseconds.
    pub fn summarize(&self, summary: &mut Summary, now: u64) {
        summary.queued = self.queued() as u64;
        let state = self.state();
        for (id, member) in &state.workers {
            summary.answered.insert(*id, member.answered);
            let numbers = (0..member.threads).filter_map(|thread| member.board.in_work(thread));
            let asked = numbers.filter_map(|number| state.asked.get(&number));
            let current =
                |asked: &Asked| Current::new(Some(*id), &(asked.subject)(), now.saturating_sub(asked.at));
            summary.current.extend(asked.map(current));
        }
    }

    /// A request of the queue has a thread to itself from now on: threads take them in order.
    fn taken(&self, state: &State, number: Option<u64>) {
        if let Some(asked) = number.and_then(|number| state.asked.get(&number)) {
            self.tally.taken(asked.since.elapsed());
        }
    }

    /// Lets a worker in; its slots are to be read by the caller, who says [`Self::closed`] of each that ends.
    pub fn join(&self, worker: Worker, board: Arc<Board>, threads: usize) {
        let Worker { id, pid, most } = worker;
        let mut state = self.state();
        let member = Member { pid, board, threads, open: threads, answered: 0, most, is_leaving: false };
        // What was refused may still lie in the queue.
        member.board.refuse(state.refused);
        state.workers.insert(id, member);
        state.threads += threads;
        self.stir.notify_one();
    }

    /// Lets a worker finish what it works on and go.
    pub fn dismiss(&self, id: Id) {
        let mut state = self.state();
        let Some(member) = state.workers.get_mut(&id).filter(|member| !member.is_leaving) else { return };
        member.is_leaving = true;
        member.board.dismiss();
        let open = member.open;
        state.threads -= open;
    }

    /// Asks for an answer; `now` in milliseconds. The replies end with a head that has its body, `End` or `Failed`.
    pub fn ask(&self, packet: Packet, now: u64) -> mpsc::Receiver<Reply> {
        let (replies, answer) = mpsc::channel(PARTS);
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        let (taker, subject) = (packet.taker.clone(), Arc::clone(&packet.subject));
        state.asked.insert(
            number,
            Asked { taker, replies, subject, at: now, since: Instant::now(), progress: Progress::Waiting },
        );
        state.waiting.push_back((number, packet));
        self.stir.notify_one();
        answer
    }

    /// The way back for the answer of a request; none: nobody waits for it.
    pub fn claim(&self, id: Id, number: u64) -> Option<mpsc::Sender<Reply>> {
        let mut state = self.state();
        let pid = state.workers.get(&id).map_or(0, |member| member.pid);
        let asked = state.asked.get_mut(&number)?;
        asked.taker.0.store(pid, Relaxed);
        asked.progress = Progress::Answering;
        Some(asked.replies.clone())
    }

    /// A further part of an answer came; or its client is slow, so that its thread cannot go on.
    pub fn goes_on(&self, number: u64, is_held: bool) {
        if let Some(asked) = self.state().asked.get_mut(&number) {
            asked.progress = if is_held { Progress::Held } else { Progress::Answering };
        }
    }

    /// A thread is done with a request.
    pub fn done(&self, id: Id, number: u64) {
        let mut state = self.state();
        state.asked.remove(&number);
        state.flying.remove(&number);
        state.answered += 1;
        if let Some(member) = state.workers.get_mut(&id) {
            member.answered += 1;
            if member.answered == member.most {
                let _ = self.words.send(Word::Spent(id));
            }
        }
        if let Some(last) = state.threads.checked_sub(1) {
            self.taken(&state, state.flying.iter().nth(last).copied());
        }
        self.stir.notify_one();
    }

    /// A thread ended; what it was at fails.
    pub fn closed(&self, id: Id, thread: usize) {
        let mut state = self.state();
        let Some(member) = state.workers.get_mut(&id) else { return };
        let number = member.board.in_work(thread);
        member.open -= 1;
        let (is_over, is_leaving) = (member.open == 0, member.is_leaving);
        if !is_leaving {
            state.threads -= 1;
        }
        if let Some((number, asked)) = number.and_then(|number| state.asked.remove_entry(&number)) {
            state.flying.remove(&number);
            let _ = self.words.send(Word::Died(id, (asked.subject)()));
            let _ = asked.replies.try_send(Reply::Failed(Failure::Died));
        }
        if is_over {
            state.workers.remove(&id);
        }
        self.stir.notify_one();
    }

    /// Waits until there may be something to [`Self::pump`].
    pub async fn stirred(&self) {
        self.stir.notified().await;
    }

    /// Whether nothing is in the queue or in work.
    pub fn is_idle(&self) -> bool {
        self.state().flying.is_empty()
    }

    /// Answers are about to be read: returns how many were since the last time, which says how many to have ready.
    pub fn looked(&self) -> usize {
        let mut state = self.state();
        let answered = std::mem::take(&mut state.answered);
        state.ahead = (2 * answered).clamp(AHEAD, MOST_AHEAD);
        answered
    }

    /// Puts requests into the queue while few enough are in flight.
    pub fn pump(&self) {
        let mut state = self.state();
        let state = &mut *state;
        while state.threads > 0 && state.flying.len() < state.threads + state.ahead {
            let Some((number, mut packet)) = state.waiting.pop_front() else { return };
            // Failed already, or the client has gone.
            let Some(asked) = state.asked.get_mut(&number) else { continue };
            if asked.replies.is_closed() {
                state.asked.remove(&number);
                continue;
            }
            packet.bytes[..NUMBER_BYTES].copy_from_slice(&number.to_le_bytes());
            match descriptor::send(
                &self.queue,
                &[IoSlice::new(&packet.bytes)],
                packet.body.as_ref().map(AsFd::as_fd),
            ) {
                Ok(()) => {
                    state.flying.insert(number);
                    if state.flying.len() <= state.threads {
                        self.taken(state, Some(number));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !state.flying.is_empty() => {
                    return state.waiting.push_front((number, packet));
                }
                Err(_) => {
                    let _ = asked.replies.try_send(Reply::Failed(Failure::Died));
                    state.asked.remove(&number);
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
