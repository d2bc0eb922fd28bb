//! Accepting: a task a socket, a few connections a turn, and a door that closes without dropping who waits.

use std::io;
use std::net;
use std::os::fd::OwnedFd;
use std::os::unix;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::appserver::front::{Front, Peer};
use crate::appserver::listener::Accepting;
use crate::appserver::log::{Level, Log};

/// How many connections are accepted in a row before those at hand are served: the others get their share.
const BURST: usize = 8;
/// The pause after an accept failed for want of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);
/// Who waits in a queue that stays open elsewhere is not ours to serve without end.
const MAX_DRAINED: usize = 4096;

/// A socket of either kind, accepting.
enum Door {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Door {
    fn new(socket: OwnedFd) -> io::Result<Self> {
        Ok(match Accepting::from(socket) {
            Accepting::Tcp(listener) => Self::Tcp(TcpListener::from_std(listener)?),
            Accepting::Unix(listener) => Self::Unix(UnixListener::from_std(listener)?),
        })
    }

    async fn accept(&self, front: &Arc<Front>) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                front.serve(stream, Peer::Ip(address.ip()));
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                front.serve(stream, Peer::Local);
            }
        }
        Ok(())
    }

    /// Accepts until nobody waits.
    fn drain(self, front: &Arc<Front>) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => {
                let listener: net::TcpListener = listener.into_std()?;
                for _ in 0..MAX_DRAINED {
                    let (stream, address) = listener.accept()?;
                    stream.set_nonblocking(true)?;
                    front.serve(TcpStream::from_std(stream)?, Peer::Ip(address.ip()));
                }
            }
            Self::Unix(listener) => {
                let listener: unix::net::UnixListener = listener.into_std()?;
                for _ in 0..MAX_DRAINED {
                    let (stream, _) = listener.accept()?;
                    stream.set_nonblocking(true)?;
                    front.serve(UnixStream::from_std(stream)?, Peer::Local);
                }
            }
        }
        Ok(())
    }
}

/// What to do with the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closed { drain: bool },
}

/// All sockets of a worker, accepting.
pub struct Doors {
    state: watch::Sender<State>,
    tasks: Vec<JoinHandle<()>>,
}

impl Doors {
    /// Begins to accept. Errors are those of the event loop.
    pub fn open(sockets: Vec<OwnedFd>, front: &Arc<Front>, log: &Arc<Log>) -> io::Result<Self> {
        let (state, _) = watch::channel(State::Open);
        let mut tasks = Vec::new();
        for socket in sockets {
            let accepting = accept(Door::new(socket)?, Arc::clone(front), Arc::clone(log), state.subscribe());
            tasks.push(tokio::spawn(accepting));
        }
        Ok(Self { state, tasks })
    }

    /// Closes all sockets; `drain`: after everybody who waits was let in.
    pub async fn close(self, drain: bool) {
        self.state.send_replace(State::Closed { drain });
        for task in self.tasks {
            // A task that panicked has closed its socket too.
            let _ = task.await;
        }
    }
}

async fn accept(door: Door, front: Arc<Front>, log: Arc<Log>, mut state: watch::Receiver<State>) {
    let mut burst = 0;
    loop {
        tokio::select! {
            biased;
            _ = state.changed() => break,
            accepted = door.accept(&front) => match accepted {
                Ok(()) => {}
                // The client left while it waited.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    log.write(Level::Error, &format!("Cannot accept a connection: {error}"));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        burst += 1;
        if burst % BURST == 0 {
            tokio::task::yield_now().await;
        }
    }
    let drain = matches!(*state.borrow(), State::Closed { drain: true });
    if drain
        && let Err(error) = door.drain(&front)
        && error.kind() != io::ErrorKind::WouldBlock
    {
        log.write(Level::Warning, &format!("Connections that waited may be lost: {error}"));
    }
}
