//! Starting a Python worker: the host's interpreter, our program in a file in memory, and the sockets between us.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::board::Board;

/// The worker's program.
const SHIM: &str = include_str!("shim.py");
/// What an application reads as `SERVER_SOFTWARE`.
pub const SOFTWARE: &str = concat!("appserver/", env!("CARGO_PKG_VERSION"));

/// The front's side of a worker: its board and a slot a thread.
pub struct Seats {
    /// The board.
    pub board: Board,
    /// The slots.
    pub slots: Vec<OwnedFd>,
}

/// The queue of a front: where it puts requests, and where workers take them.
pub struct Queue {
    /// The front's end.
    pub front: OwnedFd,
    /// The end of all workers.
    pub workers: OwnedFd,
}

impl Queue {
    /// An empty queue. Errors are those of the system.
    pub fn make() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (front, workers) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        Ok(Self { front, workers })
    }
}

/// Both sides of so many slots: the front's and the worker's. Errors are those of the system.
pub fn slots(threads: usize) -> io::Result<(Vec<OwnedFd>, Vec<OwnedFd>)> {
    let pairs = (0..threads).map(|_| UnixStream::pair().map(|(front, worker)| (front.into(), worker.into())));
    Ok(pairs.collect::<io::Result<Vec<_>>>()?.into_iter().unzip())
}

/// The interpreter with the worker's program, about to be spawned.
pub struct Interpreter {
    /// To be finished and spawned.
    pub command: Command,
    /// The program. It has to live until the process was spawned.
    program: File,
}

impl Interpreter {
    /// A worker of `python`, to be called `title` where people look; its standard input is the channel.
    /// Errors are those of the system.
    pub fn new(python: &Path, title: &[String], channel: UnixStream) -> io::Result<Self> {
        let mut program = File::from(memfd_create(c"appserver", MemfdFlags::CLOEXEC)?);
        program.write_all(SHIM.as_bytes())?;
        program.rewind()?;
        let mut command = Command::new(python);
        let read = format!("exec(compile(open({}).read(),'appserver','exec'))", program.as_raw_fd());
        command
            .arg("-c")
            .arg(read)
            .args(title)
            .env("SERVER_SOFTWARE", SOFTWARE)
            .stdin(Stdio::from(OwnedFd::from(channel)))
            .process_group(0);
        Ok(Self { command, program })
    }

    /// Starts the process and returns its number. Errors are those of the system.
    pub fn spawn(mut self) -> io::Result<u32> {
        // Passed on to this one child: nothing else is started in between.
        fcntl_setfd(&self.program, FdFlags::empty())?;
        Ok(self.command.spawn()?.id())
    }
}
