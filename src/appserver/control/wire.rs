//! What is said over the control socket: frames of a length (four bytes, big-endian) and that much JSON.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::appserver::census::Current;

/// Bytes of a length.
const HEAD_BYTES: usize = 4;
/// No frame is longer.
const MAX_BYTES: usize = 1 << 20;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Comes back with the reply.
    pub id: u64,
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// Tell who is there and what they are at.
    Status,
    /// Begin a new generation; the reply comes when it serves or failed.
    Reload,
    /// Have so many workers.
    Scale(usize),
    /// End; the connection ends with the server.
    Stop {
        /// At once, without waiting for requests in progress.
        quick: bool,
    },
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// That of the request.
    pub id: u64,
    /// What was done, for people.
    pub done: Option<String>,
    /// Why it was not.
    pub error: Option<String>,
    /// The answer to [`Command::Status`].
    pub status: Option<Status>,
}

/// A server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Its release.
    pub version: String,
    /// The master's process.
    pub pid: u32,
    /// What it serves.
    pub application: String,
    /// Where.
    pub listening: Vec<String>,
    /// Where it is in its life.
    pub phase: String,
    /// The generation that serves.
    pub generation: u64,
    /// How many workers there are to be.
    pub workers: usize,
    /// The master, then all others.
    pub processes: Vec<Process>,
}

/// A process of a server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// `master`, `front` or `worker`.
    pub role: String,
    /// Where it is in its life.
    pub state: String,
    /// The generation it belongs to; none of the master.
    pub generation: Option<u64>,
    /// Since its start, in seconds.
    pub age: f64,
    /// Requests it answered; none if it did not say.
    pub requests: Option<u64>,
    /// Connections it has open; none if it has none of its own, or did not say.
    pub connections: Option<u64>,
    /// Requests that wait for a worker of it; none if it has no workers.
    pub queued: Option<u64>,
    /// Memory, in bytes.
    pub rss: u64,
    /// Processor time, in seconds.
    pub cpu: f64,
    /// What it works on.
    pub current: Vec<Current>,
}

/// A message as a frame.
pub fn frame(message: &impl Serialize) -> Vec<u8> {
    // Plain values always become JSON.
    let body = serde_json::to_vec(message).unwrap_or_default();
    [&(body.len() as u32).to_be_bytes(), &body[..]].concat()
}

/// Takes a whole frame off `bytes`; none if it is not there yet. Errors: it is too long, or no message of ours.
pub fn take<M: DeserializeOwned>(bytes: &mut Vec<u8>) -> io::Result<Option<M>> {
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let length = u32::from_be_bytes(*head) as usize;
    if length > MAX_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if bytes.len() < HEAD_BYTES + length {
        return Ok(None);
    }
    let rest = bytes.split_off(HEAD_BYTES + length);
    let frame = std::mem::replace(bytes, rest);
    serde_json::from_slice(&frame[HEAD_BYTES..]).map(Some).map_err(io::Error::from)
}

/// Says something. Errors are those of the socket.
pub fn send(stream: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    stream.write_all(&frame(message))
}

/// Waits for a whole message. Errors are those of the socket, its end among them.
pub fn receive<M: DeserializeOwned>(stream: &mut impl Read) -> io::Result<M> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(message) = take(&mut bytes)? {
            return Ok(message);
        }
        match stream.read(&mut chunk)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => bytes.extend_from_slice(&chunk[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_taken_when_it_is_whole() {
        let request = Request { id: 7, command: Command::Stop { quick: true } };
        let whole = frame(&request);
        assert_eq!(whole[4..], *br#"{"id":7,"command":{"stop":{"quick":true}}}"#);
        let mut bytes = Vec::new();
        for byte in &whole[..whole.len() - 1] {
            bytes.push(*byte);
            assert_eq!(take::<Request>(&mut bytes).unwrap(), None);
        }
        bytes.extend([whole[whole.len() - 1], 9]);
        assert_eq!(take(&mut bytes).unwrap(), Some(request));
        assert_eq!(bytes, [9]);
        assert!(take::<Request>(&mut vec![255; 8]).is_err());
    }
}
