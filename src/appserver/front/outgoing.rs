//! One answer on its way out: framed as planned, never more than was announced, and written in as few calls as it can be.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use bytes::{Buf, Bytes, BytesMut};
use rustix::net::{Shutdown, shutdown};
use tokio::sync::oneshot;

use super::Front;
use super::answered::Answered;
use super::connection::{Connection, Phase};
use super::id::Id;
use super::stream::Stream;
use crate::appserver::http::answer::{self, Fault, Field};
use crate::appserver::http::plan::{Asked, Body, Plan};
use crate::appserver::protocol::fastcgi;
use crate::appserver::wsgi::pool::Taker;
use crate::appserver::wsgi::reply::Loan;

/// A part that is longer is written from where it is; a shorter one is copied behind what waits.
const COPIED: usize = 16 * 1024;
/// The same for a part that nothing follows: it leaves at once, and the buffer of a connection need not grow for it.
const COPIED_LAST: usize = 1024;
/// The longest head that is lent along with a socket: it fits into the way to a worker at once.
const MAX_LENT: usize = 16 * 1024;
/// How much of a file the kernel is asked to send at once.
const SENT_AT_ONCE: usize = 1 << 20;

/// An answer that leaves.
pub struct Outgoing<'a> {
    stream: &'a mut Stream,
    connection: &'a Connection,
    front: &'a Front,
    out: &'a mut BytesMut,
    plan: Option<Plan>,
    /// Whether who makes the answer may be writing to the client, so that nobody else may.
    is_lent: bool,
    /// A copy of the head, if somebody wants it.
    kept: Option<Vec<u8>>,
    /// Bytes of the body that left or wait.
    pub bytes: u64,
    /// The id that goes with the answer.
    pub id: Id,
    /// The request's number, if the answer goes out in records of FastCGI.
    pub records: Option<u16>,
    /// Who makes it, if that is another process.
    pub taker: Option<Taker>,
}

impl<'a> Outgoing<'a> {
    /// Nothing left yet; `out` is empty.
    pub fn new(
        stream: &'a mut Stream,
        connection: &'a Connection,
        front: &'a Front,
        out: &'a mut BytesMut,
    ) -> Self {
        let id = Id::None;
        Self {
            stream,
            connection,
            front,
            out,
            plan: None,
            is_lent: false,
            kept: None,
            bytes: 0,
            id,
            records: None,
            taker: None,
        }
    }

    /// Whether the head is on its way, so that no other answer can take its place.
    pub fn is_begun(&self) -> bool {
        self.plan.is_some()
    }

    /// Keeps a copy of the head that will be sent.
    pub fn keep(&mut self) {
        self.kept = Some(Vec::new());
    }

    /// The copy of the head; empty if none was kept.
    pub fn kept(self) -> Vec<u8> {
        self.kept.unwrap_or_default()
    }

    /// The head. Errors: it cannot be sent, and nothing of it was.
    pub fn begin<'b>(
        &mut self,
        status: &[u8],
        fields: impl IntoIterator<Item = Field<'b>>,
        mut plan: Plan,
    ) -> Result<(), Fault> {
        plan.keeps_alive &= self.front.keeps_alive();
        let (header, id) = self.front.policy.told(&self.id);
        let fields = identified(fields, header, id);
        match self.records {
            None => self.front.clock.dated(|date| answer::head(self.out, status, fields, &plan, date))?,
            Some(_) => answer::cgi(self.out, status, fields, &plan)?,
        }
        self.plan = Some(plan);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(self.out);
        }
        Ok(())
    }

    /// An informational answer ahead of the head. Errors are those of the head, then of the socket.
    pub async fn early<'b>(&mut self, fields: impl IntoIterator<Item = Field<'b>>) -> io::Result<()> {
        answer::early_hints(self.out, fields).map_err(io::Error::other)?;
        self.flush().await
    }

    /// A whole answer of a line of text. If a head is on its way already, that is an error of the caller.
    pub async fn simple(&mut self, asked: Asked, status: u16, text: &str) -> Answered {
        self.worded(asked, status, None, text).await
    }

    /// A whole answer that leads elsewhere and keeps method and body.
    pub async fn redirect(&mut self, asked: Asked, target: &[u8]) -> Answered {
        self.worded(asked, 308, Some((b"Location", target)), "Permanent Redirect\n").await
    }

    async fn worded(&mut self, asked: Asked, status: u16, more: Option<Field<'_>>, text: &str) -> Answered {
        let plan = Plan::new(asked, status, Some(text.len() as u64), None);
        let fields = more.into_iter().chain([(&b"Content-Type"[..], &b"text/plain; charset=utf-8"[..])]);
        let begun = self.begin(answer::line(status).as_bytes(), fields, plan).map_err(io::Error::other);
        let sent = async {
            begun?;
            self.data(Bytes::copy_from_slice(text.as_bytes())).await?;
            self.end().await
        };
        let keeps_alive = sent.await;
        Answered { status, bytes: self.bytes, keeps_alive }
    }

    /// A part of the body. What is beyond the announced length is cut. Errors are those of the socket.
    pub async fn data(&mut self, data: Bytes) -> io::Result<()> {
        let data = self.cut(data);
        if data.is_empty() {
            return Ok(());
        }
        self.bytes += data.len() as u64;
        let is_chunk = self.plan.is_some_and(|plan| plan.body == Body::Chunked);
        if is_chunk {
            answer::chunk_size(self.out, data.len());
        }
        let is_last = self.plan.is_some_and(|plan| plan.body == Body::Length(self.bytes));
        if data.len() <= if is_last { COPIED_LAST } else { COPIED } {
            self.out.extend_from_slice(&data);
        } else {
            self.write(&data).await?;
        }
        if is_chunk {
            self.out.extend_from_slice(b"\r\n");
        }
        Ok(())
    }

    /// Lends the client's socket, with the head that waits, if what follows needs no frame of ours and has the length that
    /// was `announced` by who writes it.
    pub fn lend(&mut self, announced: Option<u64>, lender: oneshot::Sender<Loan>) {
        let is_as_announced = |plan: Plan| announced.is_some_and(|length| plan.body == Body::Length(length));
        let is_plain = self.records.is_none() && self.plan.is_some_and(is_as_announced);
        if !is_plain || self.bytes > 0 || self.out.is_empty() || self.out.len() > MAX_LENT {
            return;
        }
        let Ok(socket) = self.stream.as_fd().try_clone_to_owned() else { return };
        // The head stays here until it is known how much of it was written.
        self.is_lent = lender.send(Loan { socket, head: Bytes::copy_from_slice(self.out) }).is_ok();
    }

    /// So much was written to the socket that was lent.
    pub fn written(&mut self, count: u64) {
        self.is_lent = false;
        let of_head = usize::try_from(count).unwrap_or(usize::MAX).min(self.out.len());
        self.out.advance(of_head);
        self.bytes += count - of_head as u64;
        self.connection.touch(self.front.clock.now());
    }

    /// Ends an answer that is not whole: with what waits, or, while it is lent, at once and for who has it as well, because
    /// nobody knows how much the client got.
    pub async fn break_off(&mut self) {
        // A connection that has ended already is what is wanted.
        if self.is_lent {
            let _ = shutdown(self.stream.as_fd(), Shutdown::Both);
        } else {
            let _ = self.flush().await;
        }
    }

    fn cut(&self, mut data: Bytes) -> Bytes {
        match self.plan.map(|plan| plan.body) {
            Some(Body::Length(length)) => {
                let left = length.saturating_sub(self.bytes);
                data.truncate(usize::try_from(left).unwrap_or(usize::MAX).min(data.len()));
                data
            }
            Some(Body::Chunked | Body::Close) => data,
            Some(Body::Nothing(_)) | None => Bytes::new(),
        }
    }

    /// A span of a file as the body. Errors are those of the file and the socket.
    pub async fn file(&mut self, file: BorrowedFd<'_>, at: u64, length: u64) -> io::Result<()> {
        if matches!(self.plan.map(|plan| plan.body), Some(Body::Nothing(_)) | None) {
            return Ok(());
        }
        if self.records.is_some() {
            return self.copy(file, at, length).await;
        }
        self.flush().await?;
        let mut left = length;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(SENT_AT_ONCE);
            let sent = self.stream.send_file(file, at + (length - left), most).await?;
            if sent == 0 {
                // The file shrank: the announced length cannot be kept.
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left -= sent as u64;
            self.bytes += sent as u64;
            self.connection.touch(self.front.clock.now());
        }
        Ok(())
    }

    /// The same for records, which the kernel cannot write.
    async fn copy(&mut self, file: BorrowedFd<'_>, at: u64, length: u64) -> io::Result<()> {
        let end = self.bytes + length;
        while self.bytes < end {
            let most = usize::try_from(end - self.bytes).unwrap_or(usize::MAX).min(4 * COPIED);
            let mut chunk = vec![0; most];
            let read = rustix::io::pread(file, &mut chunk, at + (length - (end - self.bytes)))?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            chunk.truncate(read);
            self.data(chunk.into()).await?;
        }
        Ok(())
    }

    /// The answer is whole: returns whether the connection goes on. Errors are those of the socket, or a body that is
    /// shorter than announced.
    pub async fn end(&mut self) -> io::Result<bool> {
        let Some(plan) = self.plan else { return Ok(false) };
        if plan.body == Body::Chunked {
            self.out.extend_from_slice(answer::LAST_CHUNK);
        }
        self.flush().await?;
        match plan.body {
            Body::Length(length) if self.bytes < length => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(plan.keeps_alive),
        }
    }

    /// Writes what waits. Errors are those of the socket.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.write(&[]).await
    }

    /// Writes what waits, then `data`.
    async fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.connection.enter(Phase::Writing, self.front.clock.now());
        let mut data = data;
        if let Some(id) = self.records {
            let plain = std::mem::take(self.out);
            fastcgi::stdout(self.out, id, &plain);
            fastcgi::stdout(self.out, id, std::mem::take(&mut data));
        }
        let mut head = &self.out[..];
        while !head.is_empty() || !data.is_empty() {
            let sent = self.stream.write(head, data).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            let of_head = sent.min(head.len());
            head = &head[of_head..];
            data = &data[sent - of_head..];
            self.connection.touch(self.front.clock.now());
        }
        self.out.clear();
        self.connection.enter(Phase::Busy, self.front.clock.now());
        Ok(())
    }
}

/// `fields`, and the request's id if it has one and they do not.
fn identified<'a, 'b: 'a>(
    fields: impl IntoIterator<Item = Field<'b>>,
    header: &'a [u8],
    id: &'a [u8],
) -> impl Iterator<Item = Field<'a>> {
    let mut fields = fields.into_iter();
    let mut is_told = id.is_empty();
    std::iter::from_fn(move || {
        if let Some((name, value)) = fields.next() {
            is_told |= name.eq_ignore_ascii_case(header);
            return Some((name, value));
        }
        (!std::mem::replace(&mut is_told, true)).then_some((header, id))
    })
}
