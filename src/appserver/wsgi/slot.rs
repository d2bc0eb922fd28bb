//! Reading a slot: the answers of one thread of a Python worker.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as Socket;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::bell::watch;
use super::board::Board;
use super::frame::{self, Frame, Part};
use super::pool::{Id, Pool};
use super::reply::{Failure, Loan, Reply};
use crate::appserver::descriptor;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;
/// Any byte: its thread takes no request before it came, because whoever is not attached yet may be told to go instead.
const BEGIN: u8 = 1;
/// A worker passes one descriptor a frame.
const MAX_DESCRIPTORS: usize = 4;
/// How long a worker waits at most for a client's socket: earlier parts of the answer may still be on their way to a slow one.
const PATIENCE: Duration = Duration::from_millis(20);

/// One thread of a worker, as the front sees it.
pub struct Slot {
    pool: Arc<Pool>,
    board: Arc<Board>,
    worker: Id,
    thread: usize,
    socket: AsyncFd<Socket>,
    bell: Arc<Notify>,
    /// Whether something may lie in the socket.
    may_hold: bool,
    bytes: BytesMut,
    descriptors: VecDeque<OwnedFd>,
    /// The answer in progress; without a way back if nobody waits for it.
    current: Option<(u64, Option<Sender<Reply>>)>,
}

impl Slot {
    /// Takes a slot over. Errors are those of the event loop.
    pub fn new(
        pool: &Arc<Pool>,
        board: &Arc<Board>,
        (worker, thread): (Id, usize),
        (socket, bell): (OwnedFd, Arc<Notify>),
    ) -> io::Result<Self> {
        let socket = Socket::from(socket);
        socket.set_nonblocking(true)?;
        Ok(Self {
            pool: Arc::clone(pool),
            board: Arc::clone(board),
            worker,
            thread,
            // Told when the worker closes it, but not of what comes: see [`super::bell`].
            socket: watch(socket, Interest::WRITABLE)?,
            bell,
            may_hold: true,
            bytes: BytesMut::new(),
            descriptors: VecDeque::new(),
            current: None,
        })
    }

    /// Lets the thread begin, and passes its answers on until the worker closes the slot.
    pub async fn read(mut self) {
        // One that is gone already is heard of below.
        let _ = self.socket.get_ref().write(&[BEGIN]);
        let mut chunk = vec![0; CHUNK];
        while let Ok(1..) = self.receive(&mut chunk).await {
            loop {
                match frame::take(&mut self.bytes) {
                    Ok(Some(frame)) => self.take(frame).await,
                    Ok(None) => break,
                    Err(frame::Broken) => return self.end().await,
                }
            }
        }
        self.end().await;
    }

    async fn end(self) {
        if let Some((_, Some(replies))) = self.current {
            let _ = replies.send(Reply::Failed(Failure::Died)).await;
        }
        self.pool.closed(self.worker, self.thread);
    }

    async fn take(&mut self, frame: Frame) {
        let Frame { number, part } = frame;
        match &self.current {
            Some((current, _)) if *current == number => self.pool.goes_on(number, false),
            _ => self.current = Some((number, self.pool.claim(self.worker, number))),
        }
        let (reply, is_last) = match part {
            Part::Early(head) => (Reply::Early(head), false),
            Part::Whole(head, data) => (Reply::Head(head, Some(data)), true),
            Part::Head(head) => (Reply::Head(head, None), false),
            Part::Data(data) => (Reply::Data(data), false),
            Part::File(at, length) => match self.descriptors.pop_front() {
                Some(file) => (Reply::File(file, at, length), false),
                None => (Reply::Failed(Failure::Died), false),
            },
            Part::Lend => return self.lend(number).await,
            Part::Written(count) => (Reply::Written(count), false),
            Part::End => (Reply::End, true),
            Part::Abort => (Reply::Failed(Failure::Raised), true),
            Part::Refused => (Reply::Failed(Failure::NotTaken), true),
        };
        self.pass_on(number, reply).await;
        if is_last {
            self.current = None;
            self.pool.done(self.worker, number);
        }
    }

    /// Passes on that the worker asks for the client's socket, and then to the worker what it is lent: the length of the head
    /// (u32), the head, and with them the descriptor. Nothing is lent if the length is zero.
    async fn lend(&mut self, number: u64) {
        let (lender, loan) = oneshot::channel();
        self.pass_on(number, Reply::Lend(lender)).await;
        let loan = timeout(PATIENCE, loan).await.ok().and_then(Result::ok);
        // A worker that is gone, or is told to go, takes no answer: it is heard of as it sends the rest, or does not.
        let _ = match loan {
            // So many descriptors may be on their way to others that the kernel takes no further one.
            Some(Loan { socket, head }) => {
                self.say(&head, Some(socket.as_fd())).or_else(|_| self.say(&[], None))
            }
            None => self.say(&[], None),
        };
    }

    /// Tells the worker what it is lent. Errors are those of the system.
    fn say(&self, head: &[u8], socket: Option<BorrowedFd>) -> io::Result<()> {
        let length = (head.len() as u32).to_le_bytes();
        descriptor::send(&self.socket, &[IoSlice::new(&length), IoSlice::new(head)], socket)
    }

    /// Gives a reply to who waits for it, who may be slow or gone.
    async fn pass_on(&mut self, number: u64, reply: Reply) {
        let Some((_, Some(waiting))) = &self.current else { return };
        let sent = match waiting.try_send(reply) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(reply)) => {
                self.pool.goes_on(number, true);
                let sent = waiting.send(reply).await;
                self.pool.goes_on(number, false);
                sent.or(Err(()))
            }
            Err(TrySendError::Closed(_)) => Err(()),
        };
        if sent.is_err() {
            self.board.abandon(self.thread, number);
            self.current = Some((number, None));
        }
    }

    /// Receives once; zero is the end. Errors are those of the system.
    async fn receive(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.may_hold {
                match self.try_receive(chunk) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.may_hold = false,
                    other => return other,
                }
            }
            match self.watched() {
                Some(socket) => socket.readable().await?.retain_ready(),
                None => tokio::select! {
                    () = self.bell.notified() => {}
                    // Room to write is of no interest, but with it comes the news that the worker has closed the slot.
                    ready = self.socket.writable() => ready?.clear_ready(),
                },
            }
            self.may_hold = true;
        }
    }

    /// In the middle of an answer, whose rest is not rung for, the socket itself tells what comes. None also if there are no
    /// descriptors left: then the next look finds it.
    fn watched(&self) -> Option<AsyncFd<Socket>> {
        let is_in_middle = self.current.is_some() || !self.bytes.is_empty();
        let socket = is_in_middle.then(|| self.socket.get_ref().try_clone())?.ok()?;
        watch(socket, Interest::READABLE).ok()
    }

    fn try_receive(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC;
        let length = recvmsg(&self.socket, &mut [IoSliceMut::new(chunk)], &mut control, flags)?.bytes;
        // A short read means that nothing is left: not asking again saves the call that would find out. But one that
        // brought descriptors ends behind them, whatever follows.
        self.may_hold = length == 0 || length == chunk.len();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.may_hold = true;
                self.descriptors.extend(descriptors);
            }
        }
        self.bytes.extend_from_slice(&chunk[..length]);
        Ok(length)
    }
}
