//! What takes too long: in a worker, or on its way to one.

use super::{Asked, Pool, Progress, State, Word};
use crate::appserver::wsgi::reply::{Failure, Reply};

impl Pool {
    /// Fails what takes too long. To be called a few times a second while requests are open; `now` in milliseconds.
    pub fn sweep(&self, now: u64) {
        let mut state = self.state();
        let state = &mut *state;
        let stuck = self.stuck(state, now);
        let late = refused(state, self.limits.queue, now);
        let failed = stuck.into_iter().map(|number| (number, Failure::TimedOut));
        for (number, why) in failed.chain(late.into_iter().map(|number| (number, Failure::NotTaken))) {
            state.flying.remove(&number);
            if let Some(asked) = state.asked.remove(&number) {
                let _ = asked.replies.try_send(Reply::Failed(why));
            }
        }
        self.stir.notify_one();
    }

    /// Requests that are in work for too long, told to the master.
    fn stuck(&self, state: &mut State, now: u64) -> Vec<u64> {
        let mut stuck = Vec::new();
        for (id, member) in &state.workers {
            for number in (0..member.threads).filter_map(|thread| member.board.in_work(thread)) {
                let Some(asked) = state.asked.get_mut(&number) else { continue };
                match asked.progress {
                    Progress::Held => {}
                    Progress::Waiting | Progress::Answering => asked.progress = Progress::Working(now),
                    Progress::Working(since) if is_over(self.limits.request, since, now) => {
                        let _ = self.words.send(Word::Stuck(*id, (asked.subject)()));
                        stuck.push(number);
                    }
                    Progress::Working(_) => {}
                }
            }
        }
        stuck
    }
}

/// Requests that nobody has taken in time, and from now on nobody answers: workers pass over those that still lie in the
/// queue. A worker notes what it takes before it looks what is refused, and we look the other way round: one that we find
/// here as not taken is not begun any more, and of one that was taken meanwhile its worker says what became of it.
fn refused(state: &mut State, limit: u64, now: u64) -> Vec<u64> {
    let is_late = |asked: &Asked| asked.progress == Progress::Waiting && is_over(limit, asked.at, now);
    let late = state.asked.iter().filter(|(_, asked)| is_late(asked));
    let mut late: Vec<u64> = late.map(|(number, _)| *number).collect();
    let Some(last) = late.last() else { return late };
    state.refused = *last;
    for member in state.workers.values() {
        member.board.refuse(state.refused);
    }
    let in_work = |number: &u64| {
        let mut boards = state.workers.values();
        boards.any(|one| (0..one.threads).any(|thread| one.board.in_work(thread) == Some(*number)))
    };
    late.retain(|number| !in_work(number));
    late
}

fn is_over(limit: u64, since: u64, now: u64) -> bool {
    limit > 0 && now.saturating_sub(since) > limit
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::sync::Arc;

    use tokio::sync::mpsc::{Receiver, unbounded_channel};

    use super::*;
    use crate::appserver::wsgi::board::Board;
    use crate::appserver::wsgi::pool::{Limits, Packet, Taker, Worker};
    use crate::appserver::wsgi::python::Queue;

    /// A board of one thread, as the pool has it and as its worker does.
    fn board() -> (Arc<Board>, Board) {
        let board = Board::make(1).unwrap();
        let worker = board.as_fd().try_clone_to_owned().unwrap();
        (Arc::new(board), Board::of(worker, 1))
    }

    /// The number at a place of a board.
    fn number(board: &Board, at: u64) -> u64 {
        let mut bytes = [0; 8];
        rustix::io::pread(board, &mut bytes, at).unwrap();
        u64::from_le_bytes(bytes)
    }

    fn ask(pool: &Pool) -> Receiver<Reply> {
        let taker = Taker::default();
        pool.ask(Packet { bytes: vec![0; 13], body: None, taker, subject: Arc::new(String::new) }, 0)
    }

    fn is_refused(answer: &mut Receiver<Reply>) -> bool {
        matches!(answer.try_recv(), Ok(Reply::Failed(Failure::NotTaken)))
    }

    #[test]
    fn of_what_waited_too_long_only_what_nobody_took_is_refused_and_no_worker_begins_it() {
        let (words, _heard) = unbounded_channel();
        let queue = Queue::make().unwrap();
        let pool = Pool::new(queue.front, Limits { request: 0, queue: 1000 }, words, Arc::default());
        let (ours, theirs) = board();
        let worker = |id| Worker { id, pid: 1, most: 0 };
        pool.join(worker(1), ours, 1);
        let mut answers = [ask(&pool), ask(&pool), ask(&pool), ask(&pool)];
        pool.pump();
        // The worker has taken the first.
        rustix::io::pwrite(&theirs, &1_u64.to_le_bytes(), 0).unwrap();
        pool.sweep(1000);
        assert_eq!((answers.each_mut().map(is_refused), number(&theirs, 16)), ([false; 4], 0));
        pool.sweep(1001);
        assert_eq!((answers.each_mut().map(is_refused), number(&theirs, 16)), ([false, true, true, true], 4));
        // What was refused still lies in the queue when another comes.
        let (ours, theirs) = board();
        pool.join(worker(2), ours, 1);
        assert_eq!(number(&theirs, 16), 4);
    }
}
