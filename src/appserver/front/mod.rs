//! HTTP/1.1 on accepted connections, and how they end without losing a request.
//!
//! Told to leave, a worker does not close its idle connections at once: a proxy may be sending the next request on
//! one at that very moment. It answers with `Connection: close` instead, and closes what has been idle for [`GRACE`].

mod connection;
mod logged;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::http1;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;

use self::connection::Connection;
use super::access::{Format, Lines};
use super::board::Seat;

/// How long an idle connection stays open for one more request when the worker leaves.
pub const GRACE: Duration = Duration::from_secs(1);
/// How long the head of a request may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address.
    Ip(IpAddr),
    /// A process of this host, by a socket file.
    Local,
}

impl Peer {
    /// Whether it is believed what it says about its own clients.
    pub fn is_trusted(self) -> bool {
        match self {
            Self::Ip(address) => address.to_canonical().is_loopback(),
            Self::Local => true,
        }
    }
}

/// The access log of a worker.
pub struct Access {
    /// The form of its lines.
    pub format: Format,
    /// Where they go.
    pub lines: Lines,
    /// Rung when the first line waits.
    pub waiting: Notify,
}

impl Access {
    /// Writes lines for as long as it is polled: what one turn of the loop brought goes out together.
    pub async fn write(&self) {
        loop {
            self.waiting.notified().await;
            tokio::task::yield_now().await;
            self.lines.flush();
        }
    }
}

/// The application and all connections of a worker. Times are milliseconds since its start, as coarse as its ticks.
pub struct Front {
    router: Router,
    http: http1::Builder,
    access: Option<Arc<Access>>,
    seat: Option<Seat>,
    keepalive: Duration,
    began: Instant,
    clock: AtomicU64,
    is_leaving: AtomicBool,
    left_at: AtomicU64,
    connections: Mutex<HashMap<u64, Arc<Connection>>>,
    next: AtomicU64,
}

impl Front {
    /// A front without connections.
    pub fn new(router: Router, access: Option<Arc<Access>>, seat: Option<Seat>, keepalive: Duration) -> Self {
        let mut http = http1::Builder::new();
        http.pipeline_flush(true).keep_alive(!keepalive.is_zero());
        Self {
            router,
            http,
            access,
            seat,
            keepalive,
            began: Instant::now(),
            clock: AtomicU64::new(0),
            is_leaving: AtomicBool::new(false),
            left_at: AtomicU64::new(0),
            connections: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// Serves one connection in a task of its own.
    pub fn serve<S>(self: &Arc<Self>, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = Arc::new(Connection::new(self.tell_time()));
        let number = self.next.fetch_add(1, Relaxed);
        self.connections().insert(number, Arc::clone(&connection));
        self.post();
        let front = Arc::clone(self);
        tokio::spawn(async move {
            connection::serve(Arc::clone(&front), connection, stream, peer).await;
            front.connections().remove(&number);
            front.post();
        });
    }

    /// Whether the worker was told to leave.
    fn is_leaving(&self) -> bool {
        self.is_leaving.load(Relaxed)
    }

    /// From now on every answer ends its connection.
    pub fn leave(&self) {
        self.left_at.store(self.tell_time(), Relaxed);
        self.is_leaving.store(true, Relaxed);
        self.post();
    }

    /// Tells the other workers how many connections are open.
    pub fn post(&self) {
        if let Some(seat) = &self.seat {
            seat.post((!self.is_leaving()).then(|| self.open()));
        }
    }

    /// Whether another worker should accept the next connection.
    pub fn is_outdone(&self) -> bool {
        self.seat.as_ref().is_some_and(|seat| seat.is_outdone(self.open()))
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.connections().len()
    }

    /// Ends the connections that have been idle for too long. To be called several times a second while there are any.
    pub fn sweep(&self) {
        let now = self.tell_time();
        let left_at = self.is_leaving().then(|| self.left_at.load(Relaxed));
        for connection in self.connections().values() {
            if connection.is_overdue(now, left_at, self.keepalive) {
                connection.end();
            }
        }
    }

    fn tell_time(&self) -> u64 {
        let now = self.began.elapsed().as_millis() as u64;
        self.clock.store(now, Relaxed);
        now
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::Semaphore;

    /// Runs `client` against a front whose one page waits for a permit.
    fn with_front<F: Future>(client: impl FnOnce(Arc<Front>, DuplexStream, Arc<Semaphore>) -> F) {
        let gate = Arc::new(Semaphore::new(0));
        let page = Arc::clone(&gate);
        let open = move || async move {
            page.acquire().await.unwrap().forget();
            "done"
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let front = Arc::new(Front::new(
                Router::new().route("/", get(open)),
                None,
                None,
                Duration::from_secs(75),
            ));
            let (ours, theirs) = duplex(4096);
            front.serve(theirs, Peer::Local);
            client(front, ours, gate).await;
        });
    }

    #[test]
    fn a_request_in_progress_is_answered_after_the_worker_was_told_to_leave() {
        with_front(async |front, mut stream, gate| {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            while !front.connections().values().all(|connection| connection.is_busy()) {
                tokio::task::yield_now().await;
            }
            front.leave();
            front.sweep();
            gate.add_permits(1);
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\ndone"),
                "{answer}"
            );
            assert!(answer.contains("connection: close\r\n"), "{answer}");
            assert_eq!(front.open(), 0);
        });
    }
}
