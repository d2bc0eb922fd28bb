//! What comes back from a worker, part by part.

use std::os::fd::OwnedFd;

use tokio::sync::oneshot;

use super::frame;

/// What comes back.
#[derive(Debug)]
pub enum Reply {
    /// An informational answer ahead of the real one.
    Early(frame::Head),
    /// Status and headers; with them the whole body if it is short, and then nothing follows.
    Head(frame::Head, Option<bytes::Bytes>),
    /// Bytes of the body.
    Data(bytes::Bytes),
    /// A span of a file: from where, how many bytes.
    File(OwnedFd, u64, u64),
    /// The client's socket is asked for, and the head that is to go there first. If it is lent, nothing else is to be
    /// written until [`Self::Written`], which follows in any case.
    Lend(oneshot::Sender<Loan>),
    /// So many bytes were written to the socket that was lent, of the head and then of the body.
    Written(u64),
    /// All was said.
    End,
    /// There will be no more.
    Failed(Failure),
}

/// What is lent to a worker.
#[derive(Debug)]
pub struct Loan {
    /// The client's socket.
    pub socket: OwnedFd,
    /// What is to be written first.
    pub head: bytes::Bytes,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The application raised, and the log has it.
    Raised,
    /// The worker died.
    Died,
    /// It took too long.
    TimedOut,
    /// No worker was free for too long.
    NotTaken,
}
