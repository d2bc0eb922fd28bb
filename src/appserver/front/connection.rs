//! What the sweep has to know of one connection.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use super::GRACE;
use crate::appserver::http::Head;

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing came yet.
    Fresh,
    /// Between two requests.
    Idle,
    /// The head of a request arrives.
    Head,
    /// The body of a request arrives.
    Body,
    /// The application works.
    Busy,
    /// An answer leaves.
    Writing,
    /// It was closed by us, and its last words may still be on their way.
    Closing,
}

/// How long a connection may stay in each phase, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Between two requests.
    pub keepalive: u64,
    /// From its first byte to the end of a head.
    pub head: u64,
    /// From one byte of a body to the next.
    pub body: u64,
    /// From one byte of an answer to the next.
    pub write: u64,
}

/// One connection. Everything runs on one thread, so nothing here is ever contended.
pub struct Connection {
    phase: AtomicU8,
    /// When the phase began, or bytes last moved in a phase where that counts.
    since: AtomicU64,
    is_ended: AtomicBool,
    waker: Mutex<Option<Waker>>,
    /// The request that is being answered, and since when.
    current: Mutex<Option<(Arc<Head>, u64)>>,
}

impl Connection {
    /// A connection in this phase from now on.
    pub fn new(phase: Phase, now: u64) -> Self {
        Self {
            phase: AtomicU8::new(phase as u8),
            since: AtomicU64::new(now),
            is_ended: AtomicBool::new(false),
            waker: Mutex::new(None),
            current: Mutex::new(None),
        }
    }

    /// Notes the request that is being answered from now on.
    pub fn hold(&self, current: Option<(Arc<Head>, u64)>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// The request that is being answered, and since when.
    pub fn held(&self) -> Option<(Arc<Head>, u64)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on to a phase.
    pub fn enter(&self, phase: Phase, now: u64) {
        self.phase.store(phase as u8, Relaxed);
        self.since.store(now, Relaxed);
    }

    /// Bytes moved.
    pub fn touch(&self, now: u64) {
        self.since.store(now, Relaxed);
    }

    /// Where it is.
    pub fn phase(&self) -> Phase {
        const ALL: [Phase; 7] = [
            Phase::Fresh,
            Phase::Idle,
            Phase::Head,
            Phase::Body,
            Phase::Busy,
            Phase::Writing,
            Phase::Closing,
        ];
        ALL[usize::from(self.phase.load(Relaxed))]
    }

    /// Whether nothing came of a request that was not answered.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase(), Phase::Fresh | Phase::Idle)
    }

    /// When it has been in its phase for as long as it may; `left_at`: when the worker was told to leave, if it was.
    pub fn due(&self, left_at: Option<u64>, limits: &Limits) -> Option<u64> {
        let grace = GRACE.as_millis() as u64;
        let since = self.since.load(Relaxed);
        let unless_zero = |limit: u64| (limit > 0).then(|| since.saturating_add(limit));
        match (self.phase(), left_at) {
            (Phase::Busy, _) => None,
            (Phase::Fresh | Phase::Idle, Some(left_at)) => Some(since.max(left_at) + grace),
            (Phase::Idle, None) => Some(since.saturating_add(limits.keepalive)),
            (Phase::Fresh | Phase::Head, _) => unless_zero(limits.head),
            (Phase::Body, _) => unless_zero(limits.body),
            (Phase::Writing, _) => unless_zero(limits.write),
            (Phase::Closing, _) => Some(since + grace),
        }
    }

    /// Ends the connection the next time it is looked at, which is at once.
    pub fn end(&self) {
        self.is_ended.store(true, Relaxed);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            waker.wake_by_ref();
        }
    }

    /// Takes the end back, for last words.
    pub fn revive(&self) {
        self.is_ended.store(false, Relaxed);
    }

    /// Whether it was ended; if not, `waker` is woken when it is.
    pub fn is_ended(&self, waker: &Waker) -> bool {
        if self.is_ended.load(Relaxed) {
            return true;
        }
        let mut kept = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { keepalive: 5_000, head: 30_000, body: 20_000, write: 60_000 };

    #[test]
    fn an_idle_connection_is_closed_after_its_time_and_a_working_one_never() {
        let connection = Connection::new(Phase::Fresh, 1000);
        assert_eq!(connection.due(None, &LIMITS), Some(31_000));
        connection.enter(Phase::Busy, 2000);
        assert_eq!(connection.due(Some(2000), &LIMITS), None);
        connection.enter(Phase::Idle, 1000);
        assert_eq!(connection.due(None, &LIMITS), Some(6_000));
    }

    #[test]
    fn a_worker_that_leaves_gives_idle_connections_a_moment_and_half_sent_requests_their_time() {
        let connection = Connection::new(Phase::Fresh, 0);
        connection.enter(Phase::Idle, 9_000);
        assert_eq!(connection.due(Some(10_000), &LIMITS), Some(11_000));
        connection.enter(Phase::Head, 9_000);
        assert_eq!(connection.due(Some(10_000), &LIMITS), Some(39_000));
    }

    #[test]
    fn a_limit_of_zero_is_none() {
        let connection = Connection::new(Phase::Fresh, 0);
        assert_eq!(connection.due(None, &Limits { head: 0, ..LIMITS }), None);
    }
}
