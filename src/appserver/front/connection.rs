//! One connection: what is known of it, its bytes, and its requests.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service as _;

use super::logged::Logged;
use super::{Front, GRACE, HEAD_TIMEOUT, Peer};

/// What the sweep has to know. Everything runs on one thread, so nothing here is ever contended.
pub struct Connection {
    /// When bytes last moved.
    touched: AtomicU64,
    /// Requests the application works on.
    busy: AtomicU32,
    /// Whether bytes came since the last answer.
    is_heard: AtomicBool,
    /// Whether a request was ever made.
    is_used: AtomicBool,
    is_ended: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Connection {
    /// A connection accepted now.
    pub fn new(now: u64) -> Self {
        Self {
            touched: AtomicU64::new(now),
            busy: AtomicU32::new(0),
            is_heard: AtomicBool::new(false),
            is_used: AtomicBool::new(false),
            is_ended: AtomicBool::new(false),
            waker: Mutex::new(None),
        }
    }

    /// Whether the application works on a request of it.
    pub fn is_busy(&self) -> bool {
        self.busy.load(Relaxed) > 0
    }

    /// Whether it has been idle for longer than it may; `left_at`: when the worker was told to leave, if it was.
    pub fn is_overdue(&self, now: u64, left_at: Option<u64>, keepalive: Duration) -> bool {
        if self.is_busy() {
            return false;
        }
        let touched = self.touched.load(Relaxed);
        let limit = match (self.is_heard.load(Relaxed), left_at, self.is_used.load(Relaxed)) {
            (true, ..) | (false, None, false) => HEAD_TIMEOUT,
            (false, Some(_), _) => GRACE,
            (false, None, true) => keepalive,
        };
        now.saturating_sub(touched.max(left_at.unwrap_or(0))) >= limit.as_millis() as u64
    }

    /// Asks the connection to end when it has nothing in progress.
    pub fn end(&self) {
        self.is_ended.store(true, Relaxed);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            waker.wake_by_ref();
        }
    }

    fn remember(&self, waker: &Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }
}

/// Serves `stream` to its end. What goes wrong on it is the client's doing, and ends it.
pub async fn serve<S>(front: Arc<Front>, connection: Arc<Connection>, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let io = Watched::new(stream, Arc::clone(&front), Arc::clone(&connection));
    let service = service_fn(|request| answer(&front, &connection, peer, request));
    let mut serving = pin!(front.http.serve_connection(io, service));
    let (mut is_closing, mut kept) = (false, None);
    poll_fn(|context| {
        if serving.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        if connection.is_ended.load(Relaxed) && !is_closing {
            is_closing = true;
            // Nothing was ever asked on it, so nothing is lost: hyper would wait for a first request.
            if !connection.is_used.load(Relaxed) {
                return Poll::Ready(());
            }
            serving.as_mut().graceful_shutdown();
            return serving.as_mut().poll(context).map(|_| ());
        }
        if !kept.as_ref().is_some_and(|waker: &Waker| waker.will_wake(context.waker())) {
            kept = Some(context.waker().clone());
            connection.remember(context.waker());
        }
        Poll::Pending
    })
    .await;
}

/// Answers one request. The application is called before the future is made, so that the request, a large value, is
/// moved no more often than it must be.
fn answer<'a>(
    front: &'a Front,
    connection: &'a Connection,
    peer: Peer,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + 'a {
    let working = Working::begin(connection);
    let log = front.access.as_ref().map(|access| Logged::begin(access, peer, &request));
    let answering = front.router.clone().call(request);
    async move {
        let _working = working;
        let mut response = answering.await?;
        if front.is_leaving() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(match log {
            Some(log) => log.wrap(response),
            None => response,
        })
    }
}

/// While it lives, the application works on a request.
struct Working<'a>(&'a Connection);

impl<'a> Working<'a> {
    fn begin(connection: &'a Connection) -> Self {
        connection.is_used.store(true, Relaxed);
        connection.busy.store(connection.busy.load(Relaxed) + 1, Relaxed);
        Self(connection)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.busy.store(self.0.busy.load(Relaxed) - 1, Relaxed);
        self.0.is_heard.store(false, Relaxed);
    }
}

/// The bytes of a connection, watched.
pub struct Watched<S> {
    stream: TokioIo<S>,
    front: Arc<Front>,
    connection: Arc<Connection>,
}

impl<S> Watched<S> {
    /// Watches `stream` for `connection`.
    pub fn new(stream: S, front: Arc<Front>, connection: Arc<Connection>) -> Self {
        Self { stream: TokioIo::new(stream), front, connection }
    }

    fn touch(&self) {
        self.connection.touched.store(self.front.clock.load(Relaxed), Relaxed);
    }
}

impl<S: AsyncRead + Unpin> Read for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_read(context, buffer);
        if done.is_ready() {
            self.touch();
            self.connection.is_heard.store(true, Relaxed);
        }
        done
    }
}

impl<S: AsyncWrite + Unpin> Write for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.touch();
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.touch();
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_is_closed_after_its_time_and_a_working_one_never() {
        let keepalive = Duration::from_secs(5);
        let connection = Connection::new(1000);
        assert!(
            !connection.is_overdue(30_999, None, keepalive) && connection.is_overdue(31_000, None, keepalive)
        );
        let working = Working::begin(&connection);
        assert!(!connection.is_overdue(99_000, Some(2000), keepalive));
        drop(working);
        assert!(
            !connection.is_overdue(5_999, None, keepalive) && connection.is_overdue(6_000, None, keepalive)
        );
    }

    #[test]
    fn a_worker_that_leaves_gives_idle_connections_a_moment_and_half_sent_requests_their_time() {
        let keepalive = Duration::from_secs(75);
        let connection = Connection::new(0);
        drop(Working::begin(&connection));
        assert!(!connection.is_overdue(10_999, Some(10_000), keepalive));
        assert!(connection.is_overdue(11_000, Some(10_000), keepalive));
        connection.is_heard.store(true, Relaxed);
        assert!(!connection.is_overdue(39_000, Some(10_000), keepalive));
    }
}
