//! The requests of one connection, one after the other: read whole, answered, and the end.

mod gateway;
mod greeting;

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::BytesMut;

use super::body::{Body, Gathering};
use super::connection::{Connection, Phase};
use super::outgoing::Outgoing;
use super::request::{Peer, Remote, Request};
use super::slash::Verdict;
use super::stream::Stream;
use super::{Application, Front, native, python};
use crate::appserver::http::plan::Asked;
use crate::appserver::http::{Decoder, Framing, Head, Progress, Reader, Refusal, answer};
use crate::appserver::protocol::fastcgi;
use crate::appserver::settings::word::Protocol;

/// How many bytes a buffer may keep between two requests.
const KEPT: usize = 1024;
/// For how many milliseconds a client may go on sending what nobody wants.
const LINGER: u64 = 30_000;

/// A connection and what was read of it.
pub struct Session {
    front: Arc<Front>,
    connection: Arc<Connection>,
    stream: Stream,
    peer: Peer,
    remote: Arc<Remote>,
    buffer: BytesMut,
    reader: Reader,
    out: BytesMut,
    /// The number of the request in progress, if it came in records of FastCGI.
    records: Option<u16>,
}

/// Why a connection ends before its client ended it.
enum Over {
    /// The socket failed, or the client left in the middle.
    Lost,
    /// What came is not served.
    Refused(Refusal),
    /// We could not keep what came.
    Full(io::Error),
    /// Another process goes on with it.
    Left,
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

/// Serves a connection to its end, or until another process goes on with it.
pub async fn serve(
    front: Arc<Front>,
    connection: Arc<Connection>,
    stream: Stream,
    (peer, remote): (Peer, Remote),
) {
    let kept = Arc::clone(&connection);
    let mut session = Session {
        front,
        connection,
        stream,
        peer,
        remote: Arc::new(remote),
        buffer: BytesMut::new(),
        reader: Reader::default(),
        out: BytesMut::new(),
        records: None,
    };
    let is_ended = runs_out(&kept, session.live()).await;
    if kept.is_idle() && session.front.hands_over() {
        return session.front.hand_over(session.stream);
    }
    if !is_ended {
        return;
    }
    // Who sent half of a request is told, if he can be told without waiting; all others know.
    if matches!(kept.phase(), Phase::Head | Phase::Body) {
        kept.revive();
        runs_out(&kept, session.refuse(Refusal::Late)).await;
    }
}

/// Whether a connection is ended from outside before `life` is over.
async fn runs_out(connection: &Connection, life: impl Future<Output = ()>) -> bool {
    let mut life = pin!(life);
    poll_fn(|context| {
        if connection.is_ended(context.waker()) {
            Poll::Ready(true)
        } else {
            life.as_mut().poll(context).map(|()| false)
        }
    })
    .await
}

impl Session {
    async fn live(&mut self) {
        match self.serve().await {
            Ok(()) => self.close().await,
            Err(Over::Lost | Over::Left) => {}
            Err(Over::Refused(refusal)) => self.refuse(refusal).await,
            Err(Over::Full(error)) => {
                self.front.complain(&format!("Cannot keep the body of a request: {error}"));
                self.last_words(500).await;
            }
        }
    }

    /// Says why nothing more is served.
    async fn refuse(&mut self, refusal: Refusal) {
        self.front.note_refusal(&self.remote, refusal);
        self.last_words(refusal.status()).await;
    }

    async fn last_words(&mut self, status: u16) {
        if self.say(status).await.is_ok() {
            self.close().await;
        }
    }

    /// An answer that comes from nowhere but its status.
    async fn say(&mut self, status: u16) -> Result<(), Over> {
        self.out.clear();
        let text = format!("{}\n", answer::line(status));
        let mut outgoing = Outgoing::new(&mut self.stream, &self.connection, &self.front, &mut self.out);
        outgoing.records = self.records;
        outgoing.simple(Asked::NOTHING, status, &text).await.keeps_alive?;
        self.end_records().await
    }

    /// Serves until the client has nothing more to ask, or was told that it may not ask more.
    async fn serve(&mut self) -> Result<(), Over> {
        if !self.greet().await? {
            return Ok(());
        }
        match self.front.policy.protocol {
            Protocol::Http => self.http().await,
            Protocol::Uwsgi => self.uwsgi().await,
            Protocol::Fastcgi => self.fastcgi().await,
        }
    }

    async fn http(&mut self) -> Result<(), Over> {
        while let Some(head) = self.head().await? {
            let is_trusted = self.remote.is_trusted;
            let scheme = self.front.policy.scheme(&head, is_trusted)?;
            let body = self.body(&head).await?;
            self.connection.enter(Phase::Busy, self.front.clock.now());
            let id = self.front.policy.id(&head, is_trusted);
            let asked = Asked::from(&head);
            let remote = Arc::clone(&self.remote);
            let request = Request { head: Arc::new(head), vars: None, body, remote, scheme, id };
            if !self.answer(request, asked).await? {
                return Ok(());
            }
            self.rest();
        }
        Ok(())
    }

    /// Between two requests, or already at the next one.
    fn rest(&self) {
        let phase = if self.buffer.is_empty() { Phase::Idle } else { Phase::Head };
        self.connection.enter(phase, self.front.clock.now());
    }

    /// The next head; none if the client is done.
    async fn head(&mut self) -> Result<Option<Head>, Over> {
        loop {
            if let Some(head) = Head::take(&mut self.buffer, &mut self.reader, &self.front.rules)? {
                return Ok(Some(head));
            }
            if !self.arrive().await? {
                return Ok(None);
            }
        }
    }

    /// Reads more of what comes before a body; false if the client is done.
    async fn arrive(&mut self) -> Result<bool, Over> {
        if self.connection.is_idle() && self.front.hands_over() {
            return Err(Over::Left);
        }
        if self.buffer.is_empty() {
            // While nothing comes, little memory is held.
            for buffer in [&mut self.buffer, &mut self.out] {
                if buffer.capacity() > KEPT {
                    *buffer = BytesMut::new();
                }
            }
            self.stream.readable().await?;
        }
        let was_empty = self.buffer.is_empty();
        if self.read().await? == 0 {
            return if was_empty { Ok(false) } else { Err(Over::Lost) };
        }
        if self.connection.phase() != Phase::Head {
            self.connection.enter(Phase::Head, self.front.clock.now());
        }
        Ok(true)
    }

    async fn read(&mut self) -> io::Result<usize> {
        self.stream.read(&self.front.chunk, &mut self.buffer).await
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
            self.flush().await?;
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
    async fn answer(&mut self, request: Request, asked: Asked) -> Result<bool, Over> {
        let front = Arc::clone(&self.front);
        let (_flight, noted) = (front.tally.begin(), front.note(&request));
        self.connection.hold(Some((Arc::clone(&request.head), front.clock.now())));
        let mut outgoing = Outgoing::new(&mut self.stream, &self.connection, &front, &mut self.out);
        outgoing.id = request.id.clone();
        outgoing.records = self.records;
        if front.wants_answer() {
            outgoing.keep();
        }
        let done = match (front.slashes.verdict(&request), &front.application) {
            (Some(Verdict::Nowhere), _) => outgoing.simple(asked, 404, "Not Found\n").await,
            (Some(Verdict::At(target)), _) => outgoing.redirect(asked, &target).await,
            (None, Application::Native(router)) => {
                native::answer(router, &front, request, asked, &mut outgoing).await
            }
            (None, Application::Python(python)) => {
                python::answer(python, &front, request, asked, &mut outgoing).await
            }
        };
        let taker = outgoing.taker.take();
        front.note_answer(noted, &done, (taker, &outgoing.kept()));
        self.connection.hold(None);
        Ok(done.keeps_alive?)
    }

    /// Ends an answer that goes out in records.
    async fn end_records(&mut self) -> Result<(), Over> {
        let Some(id) = self.records.take() else { return Ok(()) };
        fastcgi::end(&mut self.out, id, 0);
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Over> {
        Outgoing::new(&mut self.stream, &self.connection, &self.front, &mut self.out).flush().await?;
        Ok(())
    }

    /// Ends the connection in order: what the client still sends is read, so that our last words are not lost with it.
    async fn close(&mut self) {
        // A worker that had nothing to do looks at its clock once a second only, which is too coarse here.
        let began = self.front.clock.tick();
        self.connection.enter(Phase::Closing, began);
        if self.stream.shut().await.is_err() {
            return;
        }
        loop {
            self.buffer.clear();
            if !matches!(self.read().await, Ok(1..)) {
                return;
            }
            let now = self.front.clock.tick();
            if now.saturating_sub(began) < LINGER {
                self.connection.touch(now);
            }
        }
    }
}
