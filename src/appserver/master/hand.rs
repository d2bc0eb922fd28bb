//! One process of ours as the master holds it, and the channel to it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::process::Pid;

use super::output::Output;
use super::wear::Wear;
use crate::appserver::channel::{self, Inbox, Order, Received, Report};
use crate::appserver::crew::{Id, Role};
use crate::appserver::settings::Settings;
use crate::appserver::settings::word::{Protocol, ProxyProtocol};
use crate::appserver::wsgi::Seats;

/// A process that runs.
pub struct Hand {
    /// Its process.
    pub pid: Pid,
    /// What it is.
    pub role: Role,
    /// The generation it belongs to.
    pub generation: u64,
    /// Of who accepts: see [`lasting_protocol`].
    pub protocol: Option<Protocol>,
    /// Whether more may be heard of it.
    pub is_open: bool,
    /// Its place on the board of those who accept.
    pub place: Option<u32>,
    /// Of a Python worker: the other ends of its slots, until they are its front's.
    pub seats: Option<Seats>,
    /// Whether it serves, or did.
    pub is_serving: bool,
    /// Whether we killed it.
    pub was_killed: bool,
    /// Its age and size.
    pub wear: Wear,
    /// Of a Python worker: who gives it requests.
    pub front: Option<Id>,
    /// Of a Python worker: where it shows the stacks of its threads.
    pub stacks: Option<OwnedFd>,
    /// Of a process of Python: what it prints, if that is for the log.
    pub output: Option<Output>,
    /// Of a Python worker: how many there were with it.
    pub age: u64,
    /// Of a zygote: whether it can fork.
    pub is_ripe: bool,
    channel: UnixStream,
    inbox: Inbox,
}

impl Hand {
    /// A process that was just started. Errors are those of the socket.
    pub fn new(pid: Pid, role: Role, generation: u64, channel: UnixStream) -> io::Result<Self> {
        channel.set_nonblocking(true)?;
        Ok(Self {
            pid,
            role,
            generation,
            protocol: None,
            is_open: true,
            place: None,
            seats: None,
            is_serving: false,
            was_killed: false,
            wear: Wear::default(),
            front: None,
            stacks: None,
            output: None,
            age: 0,
            is_ripe: false,
            channel,
            inbox: if role.accepts() { Inbox::default().leniently() } else { Inbox::default() },
        })
    }

    /// Its process, as a number.
    pub fn number(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// The descriptors that become readable when the process says or shows something.
    pub fn ears(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let channel = self.is_open.then(|| self.channel.as_fd());
        let output = self.output.as_ref().and_then(Output::ear);
        channel.into_iter().chain(self.stacks.as_ref().map(AsFd::as_fd)).chain(output)
    }

    /// What it showed of its stacks since the last call.
    pub fn stacks(&mut self) -> String {
        let mut shown = Vec::new();
        let mut chunk = [0; 4096];
        while let Some(pipe) = &self.stacks {
            match rustix::io::read(pipe, &mut chunk) {
                Ok(0) => self.stacks = None,
                Ok(length) => shown.extend_from_slice(&chunk[..length]),
                Err(_) => break,
            }
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Tells the process something. Errors are those of the socket.
    pub fn send(&self, order: &Order, descriptors: &[BorrowedFd]) -> io::Result<()> {
        channel::send(&self.channel, order, descriptors)
    }

    /// What the process said since the last call, with the descriptors that came with it; after some that came with any there
    /// may be more, for which there must be room then. Errors: it closed its end, or speaks another language.
    pub fn hear(&mut self) -> (Vec<(Report, Vec<OwnedFd>)>, io::Result<()>) {
        let mut reports = Vec::new();
        loop {
            let received = self.inbox.receive(&self.channel);
            loop {
                match self.inbox.frame() {
                    Ok(Some(report)) => reports.push(report),
                    Ok(None) => break,
                    Err(error) => return (reports, Err(error)),
                }
            }
            match received {
                Ok(Received::Some) if reports.iter().any(has_descriptors) => return (reports, Ok(())),
                Ok(Received::Some) => {}
                Ok(Received::End) => return (reports, Err(io::ErrorKind::UnexpectedEof.into())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return (reports, Ok(())),
                Err(error) => return (reports, Err(error)),
            }
        }
    }
}

/// Whether something came with a report.
pub fn has_descriptors((_, descriptors): &(Report, Vec<OwnedFd>)) -> bool {
    !descriptors.is_empty()
}

/// What is spoken on connections that another process can go on with; none if they begin with words of a proxy, or are not kept.
pub fn lasting_protocol(settings: &Settings) -> Option<Protocol> {
    (settings.proxy_protocol == ProxyProtocol::Off && settings.keepalive > 0).then_some(settings.protocol)
}
