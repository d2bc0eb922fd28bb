//! Asking a Python application: through the pool of its workers.

use std::fmt::Display;
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
use crate::appserver::http::plan::{Asked, Plan};
use crate::appserver::http::{Head, answer, path};
use crate::appserver::log::Level;
use crate::appserver::settings::Settings;
use crate::appserver::tally::Tally;
use crate::appserver::wsgi::Board;
use crate::appserver::wsgi::environ::{self, Call};
use crate::appserver::wsgi::pool::{Failure, Limits, Packet, Pool, Reply, Taker, Word, Worker};
use crate::appserver::wsgi::slot::Slot;

/// Number of the request, length of the environ, kind of the body.
const PACKET_HEAD: usize = 13;
/// Room for a usual packet.
const USUAL: usize = 1024;

/// A Python application as the front knows it.
pub struct Python {
    /// Its workers.
    pub pool: Arc<Pool>,
    /// The prefixes of paths under which it answers.
    pub mounts: Vec<String>,
    /// Headers with `_` that a trusted proxy may send, in capitals.
    pub forwarder_headers: Vec<String>,
    /// Headers, and the value with which each says that the client came by https.
    pub secure_headers: Vec<(String, String)>,
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
    let packet = match python.packet(request) {
        Ok(packet) => packet,
        Err((status, text)) => return out.simple(asked, status, text).await,
    };
    let mut status = 0;
    out.taker = Some(packet.taker.clone());
    let subject = Arc::clone(&packet.subject);
    let cannot = |why: &dyn Display| {
        front.complain(&format!("The answer to {} cannot be sent: {why}", subject()));
    };
    let mut replies = python.pool.ask(packet, front.clock.now());
    while let Some(reply) = replies.recv().await {
        let sent = match reply {
            Reply::Early(head) => match latin1(&head.fields) {
                Some(fields) if asked.version == crate::appserver::http::Version::Http11 => {
                    out.early(pairs(&fields)).await
                }
                _ => Ok(()),
            },
            Reply::Head(head) => {
                let plan = latin1(&head.fields).zip(answer::status(head.status.as_bytes()).ok());
                let Some((fields, code)) = plan else {
                    cannot(&format!("{head:?}"));
                    return out.simple(asked, 500, FAILED).await;
                };
                status = code;
                // Where no body follows, only the application knows how long it would be.
                let told =
                    if asked.is_head || code == 304 { answer::length(pairs(&fields)) } else { Ok(None) };
                let plan = Plan::new(asked, code, told.unwrap_or(None), head.length);
                python.note_hop(front, &fields);
                if let Err(fault) = out.begin(head.status.as_bytes(), pairs(&fields), plan) {
                    cannot(&fault);
                    return out.simple(asked, 500, FAILED).await;
                }
                Ok(())
            }
            Reply::Data(data) => out.data(data).await,
            Reply::File(file, at, length) => send_file(out, &file, at, length).await,
            Reply::End => {
                let keeps_alive = out.end().await;
                return Answered { status, bytes: out.bytes, keeps_alive };
            }
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

const FAILED: &str = "Internal Server Error\n";

async fn send_file(out: &mut Outgoing<'_>, file: &OwnedFd, at: u64, length: u64) -> io::Result<()> {
    out.file(file.as_fd(), at, length).await
}

/// There will be no answer, or no more of it.
async fn failed(failure: Failure, status: u16, asked: Asked, out: &mut Outgoing<'_>) -> Answered {
    if out.is_begun() {
        // What the client has is no whole answer: the connection breaks behind it, so that it knows.
        let _ = out.flush().await;
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

/// Header texts as bytes; none if one has a character beyond U+00FF.
fn latin1(fields: &[(String, String)]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let bytes = |text: &str| -> Option<Vec<u8>> {
        if text.is_ascii() {
            return Some(text.as_bytes().to_vec());
        }
        text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
    };
    fields.iter().map(|(name, value)| Some((bytes(name)?, bytes(value)?))).collect()
}

fn pairs(fields: &[(Vec<u8>, Vec<u8>)]) -> impl Iterator<Item = (&[u8], &[u8])> {
    fields.iter().map(|(name, value)| (&name[..], &value[..]))
}

impl Python {
    /// An application without workers; what is to be told of them goes to `words`.
    pub fn new(
        settings: &Settings,
        queue: OwnedFd,
        words: UnboundedSender<Word>,
        tally: &Arc<Tally>,
    ) -> Self {
        let milliseconds = |seconds: u64| seconds.saturating_mul(1000);
        let limits =
            Limits { request: milliseconds(settings.timeout), queue: milliseconds(settings.queue_timeout) };
        let mut mounts = settings.mount.clone();
        if mounts.is_empty() {
            mounts.push(String::new());
        }
        let capitals = |name: &String| name.to_ascii_uppercase();
        Self {
            pool: Arc::new(Pool::new(queue, limits, words, Arc::clone(tally))),
            mounts,
            forwarder_headers: settings.forwarder_headers.iter().map(capitals).collect(),
            secure_headers: settings.secure_scheme_headers.clone().into_iter().collect(),
            has_told_hop: AtomicBool::new(false),
        }
    }

    /// Lets a worker in: its board, then a slot a thread. Errors are those of the event loop.
    pub fn attach(&self, worker: Worker, mut seats: Vec<OwnedFd>) -> io::Result<()> {
        if seats.len() < 2 {
            return Err(io::Error::other("it came without its seats"));
        }
        let slots = seats.split_off(1);
        let board = Arc::new(Board::of(seats.remove(0), slots.len()));
        let threads = slots.len();
        for (thread, slot) in slots.into_iter().enumerate() {
            tokio::spawn(Slot::new(&self.pool, &board, (worker.id, thread), slot)?.read());
        }
        self.pool.join(worker, board, threads);
        Ok(())
    }

    /// Tells once that a header of the connection is not sent.
    fn note_hop(&self, front: &Front, fields: &[(Vec<u8>, Vec<u8>)]) {
        if self.has_told_hop.load(Relaxed) {
            return;
        }
        if let Some((name, _)) = fields.iter().find(|(name, _)| answer::is_hop_by_hop(name)) {
            self.has_told_hop.store(true, Relaxed);
            let name = String::from_utf8_lossy(name);
            let text = format!("The application's header `{name}` is not sent: it is for the server to say");
            front.log.write(Level::Warning, &text);
        }
    }

    /// The request as a worker reads it. Errors: it has an answer already, status and text.
    fn packet(&self, request: Request) -> Result<Packet, (u16, &'static str)> {
        let Request { head, body, remote } = request;
        let decoded = path::decode(head.path());
        let (script_name, path_info) = path::mount(&decoded, &self.mounts).ok_or((404, "Not Found\n"))?;
        let (server, server_port) = server(&remote, &head);
        let call = Call {
            head: &head,
            script_name,
            path_info,
            // A proxy on this host has no address of its own to tell.
            remote: if remote.address.is_empty() { remote.client(&head) } else { &remote.address },
            remote_port: &remote.port,
            server: &server,
            server_port: &server_port,
            scheme: self.scheme(&remote, &head)?,
            length: (head.framing != crate::appserver::http::Framing::None).then(|| body.len()),
            forwarded: if remote.is_trusted { &self.forwarder_headers } else { &[] },
        };
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.resize(PACKET_HEAD, 0);
        environ::write(&mut bytes, &call);
        let length = (bytes.len() - PACKET_HEAD) as u32;
        bytes[8..12].copy_from_slice(&length.to_le_bytes());
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
            format!("{} {target} from {}", head.method(), or_dash(remote.client(&head)))
        };
        Ok(Packet { bytes, body: file, taker: Taker::default(), subject: Arc::new(subject) })
    }

    /// Whether the client came by https, as far as who is trusted says so. Errors: two headers say different things.
    fn scheme(&self, remote: &Remote, head: &Head) -> Result<&'static str, (u16, &'static str)> {
        let said = self.secure_headers.iter().filter(|_| remote.is_trusted).filter_map(|(name, secure)| {
            head.field(name).map(|value| value.eq_ignore_ascii_case(secure.as_bytes()))
        });
        match said.fold((false, false), |(yes, no), is_secure| (yes | is_secure, no | !is_secure)) {
            (true, true) => Err((400, "Bad Request\n")),
            (true, false) => Ok("https"),
            _ => Ok("http"),
        }
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// Our own name and port: of the socket, or as the client calls us where that has none.
fn server(remote: &Remote, head: &Head) -> (Vec<u8>, Vec<u8>) {
    if !remote.server.is_empty() {
        return (remote.server.clone().into_bytes(), remote.server_port.clone().into_bytes());
    }
    let host = head.host().unwrap_or(b"localhost");
    match host.iter().rposition(|byte| *byte == b':') {
        Some(at) if !host.ends_with(b"]") => (host[..at].to_vec(), host[at + 1..].to_vec()),
        _ => (host.to_vec(), b"80".to_vec()),
    }
}
