//! One worker as the master holds it: its process and the channel to it.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::Pid;

use crate::appserver::board::Board;
use crate::appserver::channel::{self, Inbox, Order, Received, Report};
use crate::appserver::log::Log;
use crate::appserver::program::Pinned;
use crate::appserver::settings::Settings;
use crate::appserver::{inherited, notify, worker};

/// A worker that runs.
pub struct Hand {
    /// Its process.
    pub pid: Pid,
    /// Whether more may be heard of it.
    pub is_open: bool,
    /// Its place on the board.
    pub place: u32,
    channel: UnixStream,
    inbox: Inbox,
}

impl Hand {
    /// The descriptor that becomes readable when the worker says something.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    /// Tells the worker something. Errors are those of the socket.
    pub fn send(&self, order: &Order, descriptors: &[BorrowedFd]) -> io::Result<()> {
        channel::send(&self.channel, order, descriptors)
    }

    /// What the worker said since the last call. Errors: the worker closed its end, or speaks another language.
    pub fn hear(&mut self) -> (Vec<Report>, io::Result<()>) {
        let mut reports = Vec::new();
        loop {
            let received = self.inbox.receive(&self.channel);
            loop {
                match self.inbox.frame() {
                    Ok(Some((report, _))) => reports.push(report),
                    Ok(None) => break,
                    Err(error) => return (reports, Err(error)),
                }
            }
            match received {
                Ok(Received::Some) => {}
                Ok(Received::End) => return (reports, Err(io::ErrorKind::UnexpectedEof.into())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return (reports, Ok(())),
                Err(error) => return (reports, Err(error)),
            }
        }
    }
}

/// What a worker is started with.
pub struct Recruit<'a> {
    /// The binary.
    pub program: &'a Pinned,
    /// The name to run it under.
    pub invoked_as: &'a OsStr,
    /// What it is to be.
    pub settings: &'a Settings,
    /// Where the workers see how busy the others are, and its place there.
    pub seat: Option<(&'a Board, u32)>,
    /// What it is to accept on.
    pub sockets: Vec<BorrowedFd<'a>>,
}

impl Recruit<'_> {
    /// Starts the process and tells it what to be. Errors are those of the system.
    pub fn start(&self, log: &Log, access: Option<BorrowedFd>) -> io::Result<Hand> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(self.program.path());
        command.arg0(self.invoked_as).args(worker::arguments(std::process::id(), &self.settings.app));
        for name in inherited::VARIABLES.iter().chain(&notify::VARIABLES).chain([&super::SIGSTOP_VARIABLE]) {
            command.env_remove(name);
        }
        // A group of its own: what a terminal or Upstart sends to ours is for the master to act on.
        let child = command.process_group(0).stdin(Stdio::from(OwnedFd::from(theirs))).spawn()?;
        let pid = Pid::from_raw(child.id().cast_signed())
            .ok_or_else(|| io::Error::other("a child without a pid"))?;
        ours.set_nonblocking(true)?;
        let hand = Hand {
            pid,
            is_open: true,
            place: self.seat.map_or(0, |(_, place)| place),
            channel: ours,
            inbox: Inbox::default(),
        };
        let error_log = log.descriptor()?;
        let board = self.seat.map(|(board, _)| board.as_fd());
        let place = self.seat.map(|(_, place)| place);
        let descriptors: Vec<BorrowedFd> = [error_log.as_fd()]
            .into_iter()
            .chain(access)
            .chain(board)
            .chain(self.sockets.iter().copied())
            .collect();
        // A worker that is already gone cannot be told; its end is heard of in a moment.
        let _ = hand.send(&Order::Begin { settings: Box::new(self.settings.clone()), place }, &descriptors);
        Ok(hand)
    }
}
