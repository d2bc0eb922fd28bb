//! Asking a Python application: through the pool of its workers.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::sync::mpsc::UnboundedSender;

use super::Front;
use super::answered::Answered;
use super::body::Body;
use super::outgoing::Outgoing;
use super::request::{Remote, Request};
use crate::appserver::http::answer::{self, Fault};
use crate::appserver::http::plan::{Asked, Plan};
use crate::appserver::http::{Framing, Head, Version};
use crate::appserver::log::Level;
use crate::appserver::settings::Settings;
use crate::appserver::tally::Tally;
use crate::appserver::wsgi::bell::Bell;
use crate::appserver::wsgi::environ::{self, Call};
use crate::appserver::wsgi::frame;
use crate::appserver::wsgi::pool::{Limits, Packet, Pool, Taker, Word, Worker};
use crate::appserver::wsgi::reply::{Failure, Reply};
use crate::appserver::wsgi::slot::Slot;
use crate::appserver::wsgi::{Board, gateway};

/// Number of the request, length of the environ, kind of the body.
const PACKET_HEAD: usize = 13;
/// Room for a usual packet.
const USUAL: usize = 1024;
/// The largest environ. The kernel takes no packet of more than about 200 KiB unless it is told otherwise, and a short
/// body goes with it.
const MAX_ENVIRON: usize = 128 * 1024;

/// The longest name of a request in the log and to the master.
const MAX_SUBJECT: usize = 4096;

/// A Python application as the front knows it.
pub struct Python {
    /// Its workers.
    pub pool: Arc<Pool>,
    bell: Arc<Bell>,
    /// Whether it was told that headers of the connection are not its own.
    has_told_hop: AtomicBool,
}

/// Asks the application and sends its answer.
pub async fn answer(
    python: &Python,
    front: &Front,
    request: Request,
    asked: Asked,
    out: &mut Outgoing<'_>,
) -> Answered {
    let packet = match packet(front, request) {
        Ok(packet) => packet,
        Err((status, text)) => return out.simple(asked, status, text).await,
    };
    let (mut status, mut announced) = (0, None);
    out.taker = Some(packet.taker.clone());
    let subject = Arc::clone(&packet.subject);
    let mut replies = python.pool.ask(packet, front.clock.now());
    while let Some(reply) = replies.recv().await {
        let sent = match reply {
            Reply::Head(head, body) => {
                announced = head.length;
                status = match python.begin(front, asked, &head, out) {
                    Ok(status) => status,
                    Err(why) => {
                        front.complain(&format!("The answer to {} cannot be sent: {why}", subject()));
                        return out.simple(asked, 500, FAILED).await;
                    }
                };
                match body {
                    Some(body) => return end(status, out.data(body).await, out).await,
                    None => Ok(()),
                }
            }
            Reply::Early(head) if asked.version == Version::Http11 => out.early(pairs(&head)).await,
            Reply::Early(_) => Ok(()),
            Reply::Data(data) => out.data(data).await,
            Reply::Lend(lender) => {
                out.lend(announced, lender);
                continue;
            }
            Reply::Written(count) => {
                out.written(count);
                Ok(())
            }
            Reply::File(file, at, length) => out.file(file.as_fd(), at, length).await,
            Reply::End => return end(status, Ok(()), out).await,
            Reply::Failed(failure) => return failed(failure, status, asked, out).await,
        };
        let sent =
            if sent.is_ok() && replies.is_empty() && out.is_begun() { out.flush().await } else { sent };
        if let Err(error) = sent {
            return Answered { status, bytes: out.bytes, keeps_alive: Err(error) };
        }
    }
    failed(Failure::Died, status, asked, out).await
}

/// All was said, and the last of it `sent`.
async fn end(status: u16, sent: io::Result<()>, out: &mut Outgoing<'_>) -> Answered {
    let keeps_alive = match sent {
        Ok(()) => out.end().await,
        Err(error) => Err(error),
    };
    Answered { status, bytes: out.bytes, keeps_alive }
}

const FAILED: &str = "Internal Server Error\n";

/// There will be no answer, or no more of it.
async fn failed(failure: Failure, status: u16, asked: Asked, out: &mut Outgoing<'_>) -> Answered {
    if out.is_begun() {
        // What the client has is no whole answer: the connection breaks behind it, so that it knows.
        out.break_off().await;
        return Answered {
            status,
            bytes: out.bytes,
            keeps_alive: Err(io::ErrorKind::ConnectionAborted.into()),
        };
    }
    let (status, text) = match failure {
        Failure::Raised => (500, FAILED),
        Failure::Died => (502, "Bad Gateway\n"),
        Failure::TimedOut => (504, "Gateway Timeout\n"),
        Failure::NotTaken => (503, "Service Unavailable\n"),
    };
    out.simple(asked, status, text).await
}

fn pairs(head: &frame::Head) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.fields.iter().map(|(name, value)| (&name[..], &value[..]))
}

impl Python {
    /// An application without workers; what is to be told of them goes to `words`. Errors are those of the event loop.
    pub fn new(
        settings: &Settings,
        queue: OwnedFd,
        words: UnboundedSender<Word>,
        tally: &Arc<Tally>,
    ) -> io::Result<Self> {
        let milliseconds = |seconds: u64| seconds.saturating_mul(1000);
        let limits =
            Limits { request: milliseconds(settings.timeout), queue: milliseconds(settings.queue_timeout) };
        let bell = Arc::new(Bell::new(queue.try_clone()?)?);
        let pool = Arc::new(Pool::new(queue, limits, words, Arc::clone(tally)));
        tokio::spawn(Arc::clone(&bell).attend(Arc::clone(&pool)));
        Ok(Self { pool, bell, has_told_hop: AtomicBool::new(false) })
    }

    /// Lets a worker in: its board, then a slot a thread. Errors are those of the event loop.
    pub fn attach(&self, worker: Worker, mut seats: Vec<OwnedFd>) -> io::Result<()> {
        if seats.len() < 2 {
            return Err(io::Error::other("it came without its seats"));
        }
        let slots = seats.split_off(1);
        let board = Arc::new(Board::of(seats.remove(0), slots.len()));
        let threads = slots.len();
        let slot = |(thread, slot)| {
            let bell = self.bell.hang(worker.pid, thread);
            Slot::new(&self.pool, &board, (worker.id, thread), (slot, bell))
        };
        let slots = slots.into_iter().enumerate().map(slot).collect::<io::Result<Vec<Slot>>>()?;
        // Before its threads begin, which they do when their slots are read.
        self.pool.join(worker, Arc::clone(&board), threads);
        for (thread, slot) in slots.into_iter().enumerate() {
            let bell = Arc::clone(&self.bell);
            tokio::spawn(async move {
                slot.read().await;
                bell.forget(worker.pid, thread);
            });
        }
        Ok(())
    }

    /// Begins an answer and returns its status. Errors: why it cannot be sent.
    fn begin(
        &self,
        front: &Front,
        asked: Asked,
        head: &frame::Head,
        out: &mut Outgoing<'_>,
    ) -> Result<u16, Fault> {
        let code = answer::status(&head.status)?;
        let told = answer::length(pairs(head))?;
        self.note_hop(front, head);
        out.begin(&head.status, pairs(head), Plan::new(asked, code, told, head.length))?;
        Ok(code)
    }

    /// Tells once that a header of the connection is not sent.
    fn note_hop(&self, front: &Front, head: &frame::Head) {
        if self.has_told_hop.load(Relaxed) {
            return;
        }
        if let Some((name, _)) = pairs(head).find(|(name, _)| answer::is_hop_by_hop(name)) {
            self.has_told_hop.store(true, Relaxed);
            let name = String::from_utf8_lossy(name);
            let text = format!("The application's header `{name}` is not sent: it is for the server to say");
            front.log.write(Level::Warning, &text);
        }
    }
}

/// The request as a worker reads it. Errors: it has an answer already, status and text.
fn packet(front: &Front, request: Request) -> Result<Packet, (u16, &'static str)> {
    let mut bytes = Vec::with_capacity(USUAL);
    bytes.resize(PACKET_HEAD, 0);
    put_environ(front, &request, &mut bytes).ok_or((404, "Not Found\n"))?;
    if bytes.len() > MAX_ENVIRON {
        return Err((431, "Request Header Fields Too Large\n"));
    }
    let length = (bytes.len() - PACKET_HEAD) as u32;
    bytes[8..12].copy_from_slice(&length.to_le_bytes());
    let Request { head, body, remote, .. } = request;
    let (kind, file) = match body {
        Body::Memory(data) if data.is_empty() => (0, None),
        Body::Memory(data) => {
            bytes.extend_from_slice(&data);
            (1, None)
        }
        Body::File(file, _) => (2, Some(file.into())),
    };
    bytes[12] = kind;
    let subject = move || {
        let target = String::from_utf8_lossy(head.target()).into_owned();
        let mut text = format!("{} {target} from {}", head.method(), or_dash(remote.client(&head)));
        text.truncate(text.floor_char_boundary(MAX_SUBJECT));
        text
    };
    Ok(Packet { bytes, body: file, taker: Taker::default(), subject: Arc::new(subject) })
}

/// Writes the environ; none: the application is not mounted there.
fn put_environ(front: &Front, request: &Request, out: &mut Vec<u8>) -> Option<()> {
    let Request { head, body, remote, .. } = request;
    let is_trusted = remote.is_trusted;
    let (script_name, path_info) = front.mounts.place(&front.policy, request)?;
    let (server, server_port) = server(remote, head, request.scheme);
    let id = front.policy.told(&request.id);
    if let Some(vars) = &request.vars {
        let length = (body.len() > 0 || head.framing != Framing::None).then(|| body.len());
        let (script_name, path_info) = (&script_name[..], &path_info[..]);
        let server = (&server[..], &server_port[..]);
        let scheme = request.scheme;
        gateway::write(
            out,
            &gateway::Call { vars, head, script_name, path_info, server, scheme, length, id },
        );
        return Some(());
    }
    environ::write(
        out,
        &Call {
            head,
            script_name: &script_name,
            path_info: &path_info,
            // A proxy on this host has no address of its own to tell.
            remote: if remote.address.is_empty() { remote.client(head) } else { &remote.address },
            remote_port: &remote.port,
            server: &server,
            server_port: &server_port,
            scheme: request.scheme,
            length: (head.framing != Framing::None).then(|| body.len()),
            passes: &|name| front.policy.passes(name, is_trusted),
            id,
        },
    );
    Some(())
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// Our own name and port: of the socket, or as the client calls us where that has none.
fn server(remote: &Remote, head: &Head, scheme: &str) -> (Vec<u8>, Vec<u8>) {
    if !remote.server.is_empty() {
        return (remote.server.clone().into_bytes(), remote.server_port.clone().into_bytes());
    }
    let host = head.host().unwrap_or(b"localhost");
    let usual: &[u8] = if scheme == "https" { b"443" } else { b"80" };
    let (name, port) = match host.iter().rposition(|byte| *byte == b':') {
        Some(at) if !host.ends_with(b"]") => (&host[..at], &host[at + 1..]),
        _ => (host, usual),
    };
    (name.to_vec(), if port.is_empty() { usual } else { port }.to_vec())
}
