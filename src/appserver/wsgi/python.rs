//! Starting a Python worker: the host's interpreter, our program in a file in memory, and the sockets between us.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::board::Board;
use crate::appserver::descriptor;

/// What makes one program of the parts.
const BOOT: &str = include_str!("shim/boot.py");
/// The parts, in the order in which they build on each other, each with the name it has in a traceback.
const PARTS: [(&str, &str); 9] = [
    ("appserver/channel.py", include_str!("shim/channel.py")),
    ("appserver/application.py", include_str!("shim/application.py")),
    ("appserver/answer.py", include_str!("shim/answer.py")),
    ("appserver/thread.py", include_str!("shim/thread.py")),
    ("appserver/hook.py", include_str!("shim/hook.py")),
    ("appserver/watch.py", include_str!("shim/watch.py")),
    ("appserver/worker.py", include_str!("shim/worker.py")),
    ("appserver/zygote.py", include_str!("shim/zygote.py")),
    ("appserver/process.py", include_str!("shim/process.py")),
];
/// The interpreter of an application that names none.
pub const USUAL: &str = "python3";
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

/// The interpreter with our program, about to be spawned.
pub struct Interpreter {
    /// To be finished and spawned.
    pub command: Command,
    /// The program. It has to live until the process was spawned.
    program: File,
}

impl Interpreter {
    /// A process of `python`, to be called `title` where people look; its standard input is the channel.
    /// Errors are those of the system.
    pub fn new(python: &Path, title: &[String], channel: UnixStream) -> io::Result<Self> {
        let mut program = descriptor::nameless()?;
        // A text of JSON is one of Python.
        writeln!(program, "PARTS = {}", serde_json::to_string(&PARTS)?)?;
        program.write_all(BOOT.as_bytes())?;
        program.rewind()?;
        let mut command = Command::new(python);
        let read = format!("exec(compile(open({}).read(),'appserver','exec'),{{}})", program.as_raw_fd());
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
    pub fn spawn(self) -> io::Result<u32> {
        Ok(self.start()?.id())
    }

    /// Starts the process. Errors are those of the system.
    pub fn start(mut self) -> io::Result<Child> {
        // Passed on to this one child: nothing else is started in between.
        fcntl_setfd(&self.program, FdFlags::empty())?;
        self.command.spawn()
    }
}
