//! What desk and agent say to each other: frames on the standard streams of one SSH channel.
//!
//! A frame is a length (32 bits, big endian) and that many bytes: JSON, or the raw content that a
//! [`ToAgent::Blob`] announces.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::resource::Step;
use crate::resource::converge::{Change, Outcome};
use crate::resource::fault::Fault;
use crate::resource::guard::State;
use crate::resource::probe::{Miss, Probe};

use super::facts::Facts;

/// No frame of ours is longer; a longer one is not ours (a banner, a shell's error).
pub const MAX_FRAME: usize = 64 << 20;

/// From the desk.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToAgent {
    /// What this host should be. Answered by [`ToDesk::Checked`]; nothing is changed yet.
    Plan(Plan),
    /// The next frame is the gzip-compressed content with this SHA-256.
    Blob(String),
    /// Every host's plan has compiled: change what differs.
    Go,
    /// Over a new connection, instead of a plan: the change that this names may stay. Answered by [`ToDesk::Confirmed`].
    Confirm(String),
}

/// A host's compiled plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Steps in order.
    pub steps: Vec<Step>,
    /// Proofs, asked on the host itself after the last step.
    pub probes: Vec<Probe>,
    /// What the run is for.
    pub mode: Mode,
    /// Seconds until the probes must be as expected.
    pub patience: u64,
    /// Who runs this, from where: for the lock and the log.
    pub who: String,
    /// Seconds to wait for another run's lock.
    pub lock_wait: u64,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Say what would change (`plan`); no probe is asked.
    #[default]
    Look,
    /// Change it, then prove it (`apply`).
    Change,
    /// Prove it, change nothing (`verify`).
    Prove,
}

/// From the agent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToDesk {
    /// The first frame, unasked.
    Facts(Facts),
    /// What differs, step by step, and which contents must be sent before [`ToAgent::Go`].
    Checked {
        /// One entry a step of the plan.
        steps: Vec<Result<Vec<Change>, Fault>>,
        /// Digests the host lacks.
        missing: Vec<String>,
    },
    /// The lock could not be had.
    Locked(Fault),
    /// Step N begins.
    Started(usize),
    /// The step under way could lock us out, and the host undoes it unless [`ToAgent::Confirm`] comes in time.
    Confirm {
        /// What names it.
        token: String,
        /// How long there is.
        seconds: u16,
    },
    /// How far the guard of the change has come. The last frame of its connection.
    Confirmed(State),
    /// Step N ended.
    Finished(usize, Outcome),
    /// One answer a probe; `None` is as expected. The last frame of a run.
    Proved(Vec<Option<Miss>>),
}

/// Writes a frame of JSON.
pub fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    send_bytes(to, &serde_json::to_vec(message)?)
}

/// Writes a frame of raw bytes.
pub fn send_bytes(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

/// Reads a frame of JSON; `None` at the end of the stream.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let Some(length) = receive_length(from)? else { return Ok(None) };
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(Some(serde_json::from_slice(&bytes)?))
}

/// Reads the length of the next frame; `None` at the end of the stream.
pub fn receive_length(from: &mut impl Read) -> io::Result<Option<usize>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a frame of {length} bytes is not ours"),
        ));
    }
    Ok(Some(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_received() {
        let mut stream = Vec::new();
        send(&mut stream, &ToAgent::Blob("abc".into())).unwrap();
        send_bytes(&mut stream, b"raw").unwrap();
        let mut stream = stream.as_slice();
        assert!(matches!(receive(&mut stream), Ok(Some(ToAgent::Blob(d))) if d == "abc"));
        assert_eq!(receive_length(&mut stream).unwrap(), Some(3));
        stream = &stream[3..];
        assert!(matches!(receive::<ToAgent>(&mut stream), Ok(None)));
    }

    #[test]
    fn a_shells_words_are_not_taken_for_a_frame() {
        let mut stream = b"bash: command not found".as_slice();
        assert!(receive::<ToAgent>(&mut stream).is_err());
    }
}
