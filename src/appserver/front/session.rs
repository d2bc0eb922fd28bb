//! The requests of one connection, one after the other: read whole, answered, and the end.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::BytesMut;

use super::body::{Body, Gathering};
use super::connection::{Connection, Phase};
use super::outgoing::Outgoing;
use super::request::{Remote, Request};
use super::stream::Stream;
use super::{Application, Front, native, python};
use crate::appserver::http::plan::Asked;
use crate::appserver::http::{Decoder, Framing, Head, Progress, Reader, Refusal, answer};

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// A connection and what was read of it.
pub struct Session {
    front: Arc<Front>,
    connection: Arc<Connection>,
    stream: Stream,
    remote: Arc<Remote>,
    buffer: BytesMut,
    reader: Reader,
    out: BytesMut,
}

/// Why a connection ends before its client ended it.
enum Over {
    /// The socket failed, or the client left in the middle.
    Lost,
    /// What came is not served.
    Refused(Refusal),
    /// We could not keep what came.
    Full(io::Error),
}

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}

impl From<Refusal> for Over {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Serves a connection to its end.
pub async fn serve(front: Arc<Front>, connection: Arc<Connection>, stream: Stream, remote: Remote) {
    let kept = Arc::clone(&connection);
    let session = Session {
        front,
        connection,
        stream,
        remote: Arc::new(remote),
        buffer: BytesMut::new(),
        reader: Reader::default(),
        out: BytesMut::new(),
    };
    let mut living = pin!(session.live());
    poll_fn(
        |context| {
            if kept.is_ended(context.waker()) { Poll::Ready(()) } else { living.as_mut().poll(context) }
        },
    )
    .await;
}

impl Session {
    async fn live(mut self) {
        let status = match self.serve().await {
            Ok(()) => return self.close().await,
            Err(Over::Lost) => return,
            Err(Over::Refused(refusal)) => {
                self.front.note_refusal(&self.remote, refusal);
                refusal.status()
            }
            Err(Over::Full(error)) => {
                self.front.complain(&format!("Cannot keep the body of a request: {error}"));
                500
            }
        };
        self.out.clear();
        self.front.clock.dated(|date| answer::refused(&mut self.out, status, date));
        let mut outgoing = Outgoing::new(&mut self.stream, &self.connection, &self.front, &mut self.out);
        if outgoing.flush().await.is_ok() {
            self.close().await;
        }
    }

    /// Serves until the client has nothing more to ask, or was told that it may not ask more.
    async fn serve(&mut self) -> Result<(), Over> {
        while let Some(head) = self.head().await? {
            let body = self.body(&head).await?;
            self.connection.enter(Phase::Busy, self.front.clock.now());
            let request = Request { head: Arc::new(head), body, remote: Arc::clone(&self.remote) };
            if !self.answer(request).await? {
                return Ok(());
            }
            self.connection.enter(Phase::Idle, self.front.clock.now());
        }
        Ok(())
    }

    /// The next head; none if the client is done.
    async fn head(&mut self) -> Result<Option<Head>, Over> {
        loop {
            if let Some(head) = Head::take(&mut self.buffer, &mut self.reader, &self.front.rules)? {
                return Ok(Some(head));
            }
            if self.buffer.is_empty() {
                // While nothing comes, no memory is held.
                self.buffer = BytesMut::new();
                self.out = BytesMut::new();
                self.stream.readable().await?;
            }
            let was_empty = self.buffer.is_empty();
            match (self.read().await?, was_empty) {
                (0, true) => return Ok(None),
                (0, false) => return Err(Over::Lost),
                (_, true) => self.connection.enter(Phase::Head, self.front.clock.now()),
                (_, false) => {}
            }
        }
    }

    async fn read(&mut self) -> io::Result<usize> {
        self.buffer.reserve(CHUNK);
        self.stream.read(&mut self.buffer).await
    }

    async fn body(&mut self, head: &Head) -> Result<Body, Over> {
        let limit = self.front.limit_body;
        match head.framing {
            Framing::None => return Ok(Body::Memory(bytes::Bytes::new())),
            Framing::Length(length) if length > limit => return Err(Refusal::BodyTooLarge.into()),
            _ => {}
        }
        self.connection.enter(Phase::Body, self.front.clock.now());
        if head.expects_continue && self.buffer.is_empty() {
            self.out.extend_from_slice(answer::CONTINUE);
            Outgoing::new(&mut self.stream, &self.connection, &self.front, &mut self.out).flush().await?;
            self.connection.enter(Phase::Body, self.front.clock.now());
        }
        let folder = self.front.folder.clone();
        let mut gathering = Gathering::new(&folder);
        match head.framing {
            Framing::Length(length) => self.gather(length, &mut gathering).await?,
            _ => self.gather_chunks(limit, &mut gathering).await?,
        }
        gathering.end().map_err(Over::Full)
    }

    async fn gather(&mut self, length: u64, gathering: &mut Gathering<'_>) -> Result<(), Over> {
        let mut left = length;
        loop {
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            gathering.add(&self.buffer.split_to(here)).map_err(Over::Full)?;
            left -= here as u64;
            if left == 0 {
                return Ok(());
            }
            self.more().await?;
        }
    }

    async fn gather_chunks(&mut self, limit: u64, gathering: &mut Gathering<'_>) -> Result<(), Over> {
        let mut decoder = Decoder::new(limit);
        loop {
            let mut kept = Ok(());
            let progress = decoder.decode(&mut self.buffer, &mut |data| {
                if kept.is_ok() {
                    kept = gathering.add(&data);
                }
            })?;
            kept.map_err(Over::Full)?;
            if progress == Progress::Done {
                return Ok(());
            }
            self.more().await?;
        }
    }

    /// Reads more of a body, which must come.
    async fn more(&mut self) -> Result<(), Over> {
        if self.read().await? == 0 {
            return Err(Over::Lost);
        }
        self.connection.touch(self.front.clock.now());
        Ok(())
    }

    /// Answers; returns whether the connection goes on.
    async fn answer(&mut self, request: Request) -> Result<bool, Over> {
        let front = Arc::clone(&self.front);
        let asked = Asked::from(&*request.head);
        let (_flight, noted) = (front.tally.begin(), front.note(&request));
        self.connection.hold(Some((Arc::clone(&request.head), front.clock.now())));
        let mut outgoing = Outgoing::new(&mut self.stream, &self.connection, &front, &mut self.out);
        if front.wants_answer() {
            outgoing.keep();
        }
        let done = match &front.application {
            Application::Native(router) => native::answer(router, request, asked, &mut outgoing).await,
            Application::Python(python) => {
                python::answer(python, &front, request, asked, &mut outgoing).await
            }
        };
        let taker = outgoing.taker.take();
        front.note_answer(noted, &done, (taker, &outgoing.kept()));
        self.connection.hold(None);
        Ok(done.keeps_alive?)
    }

    /// Ends the connection in order: what the client still sends is read, so that our last words are not lost with it.
    async fn close(mut self) {
        self.connection.enter(Phase::Closing, self.front.clock.now());
        if self.stream.shut().await.is_err() {
            return;
        }
        loop {
            self.buffer.clear();
            if !matches!(self.read().await, Ok(1..)) {
                return;
            }
        }
    }
}
