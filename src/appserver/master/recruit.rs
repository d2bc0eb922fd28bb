//! Starting a process of ours: what each role is run as and handed.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Pid;

use super::hand::{Hand, lasting_protocol};
use super::outfit::Outfit;
use super::output::Output;
use super::succession;
use super::wear::by_chance;
use crate::appserver::board::Board;
use crate::appserver::channel::Order;
use crate::appserver::crew::Role;
use crate::appserver::owner::Owner;
use crate::appserver::program::{Folder, Pinned};
use crate::appserver::settings::Settings;
use crate::appserver::wsgi::python::{self, Interpreter};
use crate::appserver::{daemon, inherited, notify, worker};

/// How many free bytes at its end glibc's heap keeps, for native workers. Without a word it keeps ever more the larger the
/// answers were: a quarter of what three workers of the clone took. Other libraries do not know the variables.
const NATIVE_HEAP: &[(&str, &str)] = &[("MALLOC_TRIM_THRESHOLD_", "131072")];
/// The same for a front, through which bodies pass: giving memory back after each and asking for it again costs a tenth of all
/// its time. Pieces of bodies are no longer than the second figure, from which on each allocation is the kernel's business.
const FRONT_HEAP: &[(&str, &str)] =
    &[("MALLOC_TRIM_THRESHOLD_", "1048576"), ("MALLOC_MMAP_THRESHOLD_", "1048576")];

/// What every process is started with.
pub struct Recruit<'a> {
    /// What it is to be.
    pub role: Role,
    /// The generation it belongs to.
    pub generation: u64,
    /// The values it runs with.
    pub settings: &'a Settings,
    /// The folder that workers work in.
    pub folder: &'a Folder,
    /// Whom it runs as.
    pub owner: &'a Owner,
    /// The logs: errors, then access if there is one.
    pub logs: Vec<BorrowedFd<'a>>,
}

/// What a process that accepts is started with.
pub struct Accepting<'a> {
    /// The binary.
    pub program: &'a Pinned,
    /// The name to run it under.
    pub invoked_as: &'a OsStr,
    /// Where those who accept see how busy the others are, and its place there.
    pub seat: Option<(&'a Board, u32)>,
    /// Of a front: the queue to its workers.
    pub queue: Option<BorrowedFd<'a>>,
    /// What it is to accept on.
    pub sockets: Vec<BorrowedFd<'a>>,
}

impl Recruit<'_> {
    /// Starts a native worker or a front. Errors are those of the system.
    pub fn accepting(&self, with: &Accepting) -> io::Result<Hand> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(with.program.path());
        command.arg0(with.invoked_as).args(self.title());
        // A group of its own: what a terminal or Upstart sends to ours is for the master to act on.
        command.process_group(0).stdin(Stdio::from(OwnedFd::from(theirs)));
        self.fit(&mut command);
        let mut hand =
            Hand::new(pid(self.owner.spawn(|| command.spawn())?.id())?, self.role, self.generation, ours)?;
        hand.protocol = lasting_protocol(self.settings);
        hand.place = with.seat.map(|(_, place)| place);
        let board = with.seat.map(|(board, _)| board.as_fd());
        let descriptors: Vec<BorrowedFd> = self
            .logs
            .iter()
            .copied()
            .chain(board)
            .chain(with.queue)
            .chain(with.sockets.iter().copied())
            .collect();
        self.tell(&hand, &descriptors);
        Ok(hand)
    }

    /// Starts a Python worker that takes from `queue`. Errors are those of the system.
    pub fn python(&self, queue: BorrowedFd) -> io::Result<Hand> {
        let outfit = Outfit::make(self.settings)?;
        let mut hand = self.interpreted(&outfit.given(queue))?;
        outfit.go_with(&mut hand);
        Ok(hand)
    }

    /// Starts a process of Python that serves nobody. Errors are those of the system.
    pub fn beside(&self) -> io::Result<Hand> {
        let (output, printed) = self.settings.capture_output.then(Output::pipe).transpose()?.unzip();
        let mut hand = self.interpreted(printed.as_ref().map(AsFd::as_fd).as_slice())?;
        hand.output = output;
        Ok(hand)
    }

    /// Starts a process of Python that is handed this. Errors are those of the system.
    fn interpreted(&self, given: &[BorrowedFd]) -> io::Result<Hand> {
        let (ours, theirs) = UnixStream::pair()?;
        let python = self.settings.python.as_deref().unwrap_or(Path::new(python::USUAL));
        let mut interpreter = Interpreter::new(python, &self.title(), theirs)?;
        self.fit(&mut interpreter.command);
        let hand =
            Hand::new(pid(self.owner.spawn(|| interpreter.spawn())?)?, self.role, self.generation, ours)?;
        self.tell(&hand, given);
        Ok(hand)
    }

    /// Its arguments, for people who read `ps`.
    fn title(&self) -> [String; 4] {
        let name = self.settings.proc_name.as_ref().unwrap_or(&self.settings.app);
        worker::arguments(self.role, std::process::id(), name)
    }

    /// What speaks to the master alone is not passed on.
    fn fit(&self, command: &mut Command) {
        let ours = [super::SIGSTOP_VARIABLE, daemon::VARIABLE, succession::VARIABLE];
        for name in inherited::VARIABLES.iter().chain(&notify::VARIABLES).chain(&ours) {
            command.env_remove(name);
        }
        if self.settings.daemon && !self.settings.enable_stdio_inheritance {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        let heap = match self.role {
            Role::Native => NATIVE_HEAP,
            Role::Front => FRONT_HEAP,
            _ => &[],
        };
        command.envs(heap.iter().copied().filter(|(name, _)| std::env::var_os(name).is_none()));
        command.envs(self.settings.raw_env.iter().filter_map(|pair| pair.split_once('=')));
        if self.role != Role::Front {
            command.current_dir(self.folder.path());
        }
    }

    fn tell(&self, hand: &Hand, descriptors: &[BorrowedFd]) {
        let mut settings = self.settings.clone();
        if self.role == Role::Native && settings.max_requests > 0 {
            // It counts for itself; a front is told this number with each of its workers.
            settings.max_requests += by_chance(settings.max_requests_jitter);
        }
        let begin = Order::Begin { settings: Box::new(settings), place: hand.place };
        // A process that is already gone cannot be told; its end is heard of in a moment.
        let _ = hand.send(&begin, descriptors);
    }
}

/// A process of ours by its number. Errors: there is none of that number.
pub fn pid(number: u32) -> io::Result<Pid> {
    Pid::from_raw(number.cast_signed()).ok_or_else(|| io::Error::other("a child without a pid"))
}
