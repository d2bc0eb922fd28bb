//! What a worker is told: by its master over the channel, or by a signal sent to it directly.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::io::Errno;
use tokio::io::Interest;
use tokio::net::UnixStream as Stream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::appserver::census::Census;
use crate::appserver::channel::{self, Inbox, Order, Received, Report};
use crate::appserver::wsgi::pool::Worker;

/// So many connections are handed over in one frame.
const AT_ONCE: usize = 64;

/// One thing to heed.
pub enum Heard {
    /// Nothing happened for as long as was asked.
    Tick,
    /// Accept from now on.
    Serve,
    /// Finish and go.
    Leave {
        /// Whether the queue of the sockets is ours to empty.
        drain: bool,
        /// Whether others go on with idle connections.
        hands_over: bool,
    },
    /// Go on with these connections.
    Adopt(Vec<OwnedFd>),
    /// Go at once.
    Quit,
    /// Give this worker requests: who it is, its board and its slots.
    Attach(Worker, Vec<OwnedFd>),
    /// Let this worker finish and go.
    Detach(u64),
    /// Show figures: the place on their sheet, the sheet, and the socket on which they are told.
    Observe(u32, Vec<OwnedFd>),
    /// Who is there.
    Census(Census),
    /// Say what you are at.
    Tell,
    /// Log to these from now on.
    Reopen(Vec<OwnedFd>),
}

/// The channel and the signals.
pub struct Control {
    stream: Stream,
    inbox: Inbox,
    is_orphan: bool,
    next_tick: Instant,
    term: Signal,
    int: Signal,
    quit: Signal,
    /// HUP and USR1 are the master's business; here they are only kept from killing us.
    _ignored: [Signal; 2],
}

impl Control {
    /// Takes the channel, with what was already received from it, and the signals over.
    pub fn new(socket: UnixStream, inbox: Inbox) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self {
            stream: Stream::from_std(socket)?,
            inbox,
            is_orphan: false,
            next_tick: Instant::now(),
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            _ignored: [signal(SignalKind::hangup())?, signal(SignalKind::user_defined1())?],
        })
    }

    /// Tells the master. A master that does not listen is dead or stopped, and is heard of otherwise.
    pub fn report(&self, report: &Report) {
        let _ = channel::send(&self.stream, report, &[]);
    }

    /// Tells the master that we wait for no further request; false if there was no room for that.
    pub fn let_go(&self) -> bool {
        channel::send(&self.stream, &Report::LetGo, &[]).is_ok()
    }

    /// Gives some idle connections to the master, for others: no more than it takes until the next time, for it may not have
    /// as many open as we. The rest stays.
    pub fn hand_over(&self, connections: &mut Vec<OwnedFd>) {
        let some = connections.len().min(AT_ONCE);
        if some == 0 {
            return;
        }
        let descriptors: Vec<BorrowedFd> = connections[..some].iter().map(AsFd::as_fd).collect();
        match channel::send(&self.stream, &Report::Idle, &descriptors) {
            Err(error) if has_no_room(&error) => {}
            // Sent, or nobody is there to take them.
            _ => drop(connections.drain(..some)),
        }
    }

    /// Whether the master is dead, so that nobody else looks after what it had started.
    pub fn is_orphan(&self) -> bool {
        self.is_orphan
    }

    /// The next thing to heed; a tick comes `pause` after the last one, whatever else was heard.
    pub async fn next(&mut self, pause: Duration) -> Heard {
        loop {
            match self.inbox.frame::<Order>() {
                Ok(None) => {}
                Ok(Some((Order::Serve, _))) => return Heard::Serve,
                Ok(Some((Order::Leave { drain, hands_over }, _))) => {
                    return Heard::Leave { drain, hands_over };
                }
                Ok(Some((Order::Adopt, connections))) => return Heard::Adopt(connections),
                Ok(Some((Order::Quit, _))) => return Heard::Quit,
                Ok(Some((Order::Reopen, logs))) => return Heard::Reopen(logs),
                Ok(Some((Order::Attach { worker, pid, most }, seats))) => {
                    return Heard::Attach(Worker { id: worker, pid, most }, seats);
                }
                Ok(Some((Order::Detach { worker }, _))) => return Heard::Detach(worker),
                Ok(Some((Order::Observe { place }, given))) => return Heard::Observe(place, given),
                Ok(Some((Order::Census(census), _))) => return Heard::Census(census),
                Ok(Some((Order::Tell, _))) => return Heard::Tell,
                Ok(Some((Order::Begin { .. } | Order::Fork { .. } | Order::Call(_), _))) => continue,
                // The master speaks no language we know: as good as none.
                Err(_) if !self.is_orphan => {
                    self.is_orphan = true;
                    return Heard::Leave { drain: true, hands_over: false };
                }
                Err(_) => {}
            }
            let due = self.next_tick.min(Instant::now() + pause);
            self.next_tick = due;
            tokio::select! {
                _ = self.term.recv() => return Heard::Leave { drain: false, hands_over: false },
                _ = self.int.recv() => return Heard::Quit,
                _ = self.quit.recv() => return Heard::Quit,
                received = receive(&self.stream, &mut self.inbox), if !self.is_orphan => {
                    if received.is_err() {
                        self.is_orphan = true;
                        return Heard::Leave { drain: true, hands_over: false };
                    }
                }
                () = tokio::time::sleep_until(due) => {
                    self.next_tick = Instant::now() + pause;
                    return Heard::Tick;
                }
            }
        }
    }
}

/// Waits for bytes and takes them; the end of the channel is an error.
async fn receive(stream: &Stream, inbox: &mut Inbox) -> io::Result<()> {
    loop {
        stream.readable().await?;
        match stream.try_io(Interest::READABLE, || inbox.receive(stream)) {
            Ok(Received::Some) => return Ok(()),
            Ok(Received::End) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the channel is full, or as many descriptors are under way as the user of this process may have open.
fn has_no_room(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(Errno::TOOMANYREFS.raw_os_error())
}
