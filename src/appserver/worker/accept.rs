//! Accepting: a task a socket, a few connections a turn, and a door that closes without dropping who waits.

use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{SocketAddrAny, SocketFlags, acceptfrom_with, getpeername};
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::appserver::front::{Front, Peer, Stream};
use crate::appserver::log::{Level, Log};

/// How many connections are accepted in a row before those at hand are served: the others get their share.
const BURST: usize = 8;
/// The pause after an accept failed for want of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a worker with fewer connections has to accept first.
const COURTESY: Duration = Duration::from_millis(1);
/// Who waits in a queue that stays open elsewhere is not ours to serve without end.
const MAX_DRAINED: usize = 4096;

/// A socket, accepting.
struct Door(AsyncFd<OwnedFd>);

impl Door {
    #[expect(
        deprecated,
        reason = "its successor is unsafe for types that lie about their descriptor; OwnedFd cannot"
    )]
    fn new(socket: OwnedFd) -> io::Result<Self> {
        AsyncFd::new(socket).map(Self)
    }

    /// Accepts one connection if one waits. Errors are those of the socket, `WouldBlock` among them.
    fn accept(&self, front: &Arc<Front>) -> io::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (stream, address) = acceptfrom_with(self.0.get_ref(), flags)?;
        let (stream, peer, local) = ends(stream, address)?;
        front.accept(stream, peer, local);
        Ok(())
    }

    /// Waits for connections and accepts a few. If another worker has fewer, it gets a moment to be faster.
    async fn let_in(&self, front: &Arc<Front>) -> io::Result<()> {
        front.has_room().await;
        let mut ready = self.0.readable().await?;
        if front.is_outdone() {
            tokio::time::sleep(COURTESY).await;
        }
        for count in 0..BURST {
            match ready.try_io(|_| self.accept(front)) {
                Ok(accepted) => accepted?,
                Err(_) => break,
            }
            if front.is_full() || (count > 0 && front.is_outdone()) {
                break;
            }
        }
        Ok(())
    }

    /// Accepts until nobody waits.
    fn drain(&self, front: &Arc<Front>) -> io::Result<()> {
        for _ in 0..MAX_DRAINED {
            self.accept(front)?;
        }
        Ok(())
    }
}

/// A connection with its two ends, as far as they have addresses. Errors are those of the event loop.
fn ends(stream: OwnedFd, address: Option<SocketAddrAny>) -> io::Result<(Stream, Peer, Option<SocketAddr>)> {
    Ok(match address.map(SocketAddr::try_from) {
        Some(Ok(address)) => {
            let stream = TcpStream::from_std(net::TcpStream::from(stream))?;
            let local = stream.local_addr().ok();
            (Stream::Tcp(stream), Peer::Ip(address), local)
        }
        _ => {
            let stream = UnixStream::from_std(unix::net::UnixStream::from(stream))?;
            (Stream::Unix(stream), Peer::Local, None)
        }
    })
}

/// Goes on with connections that another worker had, between two requests. One whose client is gone is closed, and so is one
/// more than there may be.
pub fn adopt(connections: Vec<OwnedFd>, front: &Arc<Front>) {
    for connection in connections {
        if !front.is_full()
            && let Ok(address) = getpeername(&connection)
            && let Ok((stream, peer, local)) = ends(connection, address)
        {
            front.adopt(stream, peer, local);
        }
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
        front.post();
        for socket in sockets {
            let door = Door::new(socket)?;
            let accepting = accept(door, Arc::clone(front), Arc::clone(log), state.subscribe());
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
    let mut is_failing = false;
    loop {
        tokio::select! {
            biased;
            _ = state.changed() => break,
            accepted = door.let_in(&front) => match accepted {
                Ok(()) => is_failing = false,
                // The client left while it waited.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // What goes on for a while is told once.
                    if !std::mem::replace(&mut is_failing, true) {
                        log.write(Level::Error, &format!("Cannot accept a connection: {error}"));
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        tokio::task::yield_now().await;
    }
    let drain = matches!(*state.borrow(), State::Closed { drain: true });
    if drain
        && let Err(error) = door.drain(&front)
        && error.kind() != io::ErrorKind::WouldBlock
    {
        log.write(Level::Warning, &format!("Connections that waited may be lost: {error}"));
    }
}
