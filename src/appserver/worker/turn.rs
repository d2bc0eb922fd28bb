//! Workers that share a core take turns.
//!
//! One that always finds a next request ready would run until the kernel's clock stops it, four milliseconds at the usual
//! 250 Hz, and whoever asked another worker of the same core would wait for so long.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::appserver::board::cores;

/// How long a worker serves without a pause before the others' turn. Whoever gives way too often gets less than its share
/// beside other programs.
const TURN: Duration = Duration::from_micros(500);
/// In a pause as long as this the others had theirs.
const PAUSE: Duration = Duration::from_micros(20);

/// When this worker's turn began, and when it last looked for something to do.
struct Turn {
    begun: Instant,
    looked: Instant,
}

/// Makes the runtime of a worker that is one of so many give way, if they are more than there are cores for them.
pub fn take(builder: &mut Builder, workers: usize) {
    if workers <= cores() {
        return;
    }
    let now = Instant::now();
    let turn = Arc::new(Mutex::new(Turn { begun: now, looked: now }));
    let before = Arc::clone(&turn);
    builder.on_thread_park(move || {
        let mut turn = before.lock().unwrap_or_else(PoisonError::into_inner);
        turn.looked = Instant::now();
        if turn.looked - turn.begun >= TURN {
            thread::yield_now();
            turn.looked = Instant::now();
            turn.begun = turn.looked;
        }
    });
    builder.on_thread_unpark(move || {
        let mut turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if now - turn.looked >= PAUSE {
            turn.begun = now;
        }
    });
}
