//! The time as connections see it: as coarse as the worker's ticks, because looking at a real clock for each would cost more.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use crate::appserver::http::Clock;

/// Milliseconds since the start, and the date of answers.
pub struct Clockwork {
    began: Instant,
    now: AtomicU64,
    date: Mutex<Clock>,
}

impl Clockwork {
    /// Starts at zero.
    pub fn start() -> Self {
        Self { began: Instant::now(), now: AtomicU64::new(0), date: Mutex::default() }
    }

    /// The time as of the last tick.
    pub fn now(&self) -> u64 {
        self.now.load(Relaxed)
    }

    /// Looks at the real clock.
    pub fn tick(&self) -> u64 {
        let now = self.began.elapsed().as_millis() as u64;
        self.now.store(now, Relaxed);
        now
    }

    /// Gives `use_date` the date of an answer that leaves now.
    pub fn dated<T>(&self, use_date: impl FnOnce(&str) -> T) -> T {
        use_date(self.date.lock().unwrap_or_else(PoisonError::into_inner).date(SystemTime::now()))
    }
}
