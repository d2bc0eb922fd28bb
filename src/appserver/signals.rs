//! Signals, as values that come out of a descriptor one can poll.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{
    SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// What a signal asks of the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// HUP: a new generation.
    Reload,
    /// TERM: leave when the requests in progress are done.
    Stop,
    /// INT and QUIT: leave now.
    Quit,
    /// TTIN: one worker more.
    More,
    /// TTOU: one worker less.
    Less,
    /// USR1: open the logs again.
    Reopen,
    /// WINCH: no workers, for now.
    Rest,
    /// USR2: a new master beside this one.
    Upgrade,
    /// CHLD: a child ended.
    Child,
}

impl Signal {
    const ALL: [(i32, Self, &'static str); 10] = [
        (SIGHUP, Self::Reload, "hup"),
        (SIGTERM, Self::Stop, "term"),
        (SIGINT, Self::Quit, "int"),
        (SIGQUIT, Self::Quit, "quit"),
        (SIGTTIN, Self::More, "ttin"),
        (SIGTTOU, Self::Less, "ttou"),
        (SIGUSR1, Self::Reopen, "usr1"),
        (SIGWINCH, Self::Rest, "winch"),
        (SIGUSR2, Self::Upgrade, "usr2"),
        (SIGCHLD, Self::Child, "chld"),
    ];
}

/// The signals that arrived; each kind is kept once until it is read.
pub struct Signals(SignalDelivery<UnixStream, SignalOnly>);

impl Signals {
    /// Takes the signals of this process over. Errors are those of the system.
    pub fn take() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let numbers = Signal::ALL.map(|(number, _, _)| number);
        SignalDelivery::with_pipe(read, write, SignalOnly, numbers).map(Self)
    }

    /// The descriptor that becomes readable when a signal arrives.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.get_read().as_fd()
    }

    /// The signals that arrived since the last call, each with its name for the log.
    pub fn arrived(&mut self) -> Vec<(Signal, &'static str)> {
        let pending: Vec<i32> = self.0.pending().collect();
        Signal::ALL
            .into_iter()
            .filter(|(number, _, _)| pending.contains(number))
            .map(|(_, signal, name)| (signal, name))
            .collect()
    }
}
