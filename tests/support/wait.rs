//! Waiting for something, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until `probe` gives a value; panics after the deadline with what `complaint` makes of why it last gave none.
pub fn until<T, E>(
    deadline: Duration,
    complaint: impl FnOnce(E) -> String,
    mut probe: impl FnMut() -> Result<T, E>,
) -> T {
    let end = Instant::now() + deadline;
    loop {
        match probe() {
            Ok(value) => return value,
            Err(why) if Instant::now() > end => panic!("not within {deadline:?}: {}", complaint(why)),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// Waits until it is so; panics with `what` after the deadline.
pub fn holds(deadline: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    until(deadline, |()| what.to_string(), || is_so().then_some(()).ok_or(()));
}
