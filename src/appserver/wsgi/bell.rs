//! How a front learns that answers lie in its slots without being woken for each.
//!
//! A front that wakes for every answer takes the processor from the very worker that could go on with the next request.
//! So a worker rings only when it has nothing more to do, or begins an answer that comes in parts. Meanwhile the front looks
//! into its slots by itself: after [`SHORTEST`], and less often while nothing comes. A ring is a packet that a worker puts into
//! the queue in the other direction: its process and its thread. Between two looks the pool puts requests into the queue.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::pool::Pool;

/// How soon the front looks after answers that nobody rang for.
const SHORTEST: Duration = Duration::from_millis(1);
/// How long it waits at most while requests are in work.
const LONGEST: Duration = Duration::from_millis(16);
/// Bytes of a ring: process and thread, two little-endian `u32`.
const RING: usize = 8;

/// Has the event loop watch a socket for one thing only, so that nothing else wakes us. Errors are those of the event loop.
#[expect(
    deprecated,
    reason = "its successor is `unsafe` for types that may change their descriptor, which these do not"
)]
pub fn watch<T: AsRawFd + Into<OwnedFd>>(socket: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(socket, interest)
}

/// A thread of a worker as it names itself: process, then number.
type Name = (u32, u32);

/// The bells of all threads.
pub struct Bell {
    queue: AsyncFd<OwnedFd>,
    slots: Mutex<BTreeMap<Name, Arc<Notify>>>,
}

impl Bell {
    /// A bell that is rung through `queue`. Errors are those of the event loop.
    pub fn new(queue: OwnedFd) -> io::Result<Self> {
        Ok(Self { queue: watch(queue, Interest::READABLE)?, slots: Mutex::default() })
    }

    /// What tells the slot of a thread that something lies there, until [`Self::forget`].
    pub fn hang(&self, pid: u32, thread: usize) -> Arc<Notify> {
        let bell = Arc::new(Notify::new());
        self.slots().insert((pid, thread as u32), Arc::clone(&bell));
        bell
    }

    /// A slot has ended.
    pub fn forget(&self, pid: u32, thread: usize) {
        self.slots().remove(&(pid, thread as u32));
    }

    /// Puts the requests of `pool` into the queue and has its answers read, for as long as anybody looks at it.
    pub async fn attend(self: Arc<Self>, pool: Arc<Pool>) {
        let mut look = std::pin::pin!(sleep(SHORTEST));
        let mut pause = SHORTEST;
        loop {
            let was_idle = pool.is_idle();
            tokio::select! {
                biased;
                () = pool.stirred() => {
                    if was_idle {
                        pause = SHORTEST;
                        look.as_mut().reset(Instant::now() + pause);
                    }
                }
                rung = self.rung() => {
                    if rung.is_err() {
                        return;
                    }
                    pool.looked();
                    continue;
                }
                () = look.as_mut(), if !was_idle => {
                    pause = if pool.looked() > 0 { SHORTEST } else { LONGEST.min(pause * 2) };
                    look.as_mut().reset(Instant::now() + pause);
                    self.slots().values().for_each(|bell| bell.notify_one());
                    continue;
                }
            }
            pool.pump();
        }
    }

    /// Waits for rings and passes them on. Errors are those of the system.
    async fn rung(&self) -> io::Result<()> {
        let mut ready = self.queue.readable().await?;
        let mut ring = [0; RING];
        loop {
            match ready.try_io(|queue| Ok(recv(queue.as_fd(), &mut ring[..], RecvFlags::empty())?.0)) {
                Ok(Ok(RING)) => {
                    let word =
                        |at: usize| u32::from_le_bytes([ring[at], ring[at + 1], ring[at + 2], ring[at + 3]]);
                    if let Some(bell) = self.slots().get(&(word(0), word(4))) {
                        bell.notify_one();
                    }
                }
                Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => return Ok(()),
            }
        }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Name, Arc<Notify>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
