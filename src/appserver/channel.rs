//! What master and worker say to each other: frames over a socket pair, with the descriptors that belong to them.
//!
//! A frame is its length and its count of descriptors (two little-endian `u32`), then JSON. Descriptors travel
//! with the frame's first byte (`SCM_RIGHTS`). A frame the other side does not understand is skipped, because the two
//! may be of different releases during an upgrade.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::census::{Census, Summary};
use super::log::Level;
use super::settings::Settings;

/// What the kernel passes in one message, at most (SCM_MAX_FD).
const MAX_DESCRIPTORS: usize = 253;
/// Length and count.
const HEAD_BYTES: usize = 8;
/// How long the other side may take to read the beginning of a frame, so that there is room for more of it.
const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
/// Longer than any frame of ours.
const MAX_FRAME_BYTES: usize = 1 << 20;

/// What the master says to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// The first frame: what to be. Descriptors of a native worker or a front: the error log, then the access log if
    /// there is one, then the board if there is a place on it, then for a front the queue, then the sockets. Of a
    /// Python worker: where it shows its stacks, the queue, its board, a slot a thread.
    Begin {
        /// The values to run with.
        settings: Box<Settings>,
        /// The place on the board.
        place: Option<u32>,
    },
    /// To a front: give this worker requests. Descriptors: its board, a slot a thread.
    Attach {
        /// The worker.
        worker: u64,
        /// Its process.
        #[serde(default)]
        pid: u32,
        /// After how many requests it is spent; zero is never.
        most: u64,
    },
    /// To a front: let this worker finish and go.
    Detach {
        /// The worker.
        worker: u64,
    },
    /// To a zygote: fork a worker. Descriptors: its channel, then what `Begin` passes to a Python worker.
    Fork {
        /// The worker.
        worker: u64,
        /// How many Python workers there were with it.
        age: u64,
    },
    /// To who calls the server's hooks, who answers with [`Report::Called`].
    Call(Call),
    /// Accept from now on.
    Serve,
    /// Finish and go; `drain`: accept first what waits in the queue, because nobody else will.
    Leave {
        /// Whether the queue is ours to empty.
        drain: bool,
        /// Whether others go on with the connections that are idle, which are to be reported as [`Report::Idle`].
        #[serde(default)]
        hands_over: bool,
    },
    /// To who accepts: go on with a connection between two requests. Descriptor: the connection.
    Adopt,
    /// Go at once.
    Quit,
    /// To who accepts: show figures. Descriptors: the sheet of figures, the socket on which they are told.
    Observe {
        /// The place on that sheet.
        place: u32,
    },
    /// To who tells figures: who is there.
    Census(Census),
    /// To who accepts: say what you are at.
    Tell,
    /// Log elsewhere from now on. Descriptors: the error log, then the access log if there is one.
    Reopen,
}

/// A hook to be called, and what it is called with beside the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// The hook.
    pub hook: String,
    /// The age and the process of the worker it is about.
    pub worker: Option<(u64, u32)>,
    /// How many workers there are now, and how many there were.
    pub count: Option<(usize, Option<usize>)>,
}

/// What a worker says to the master.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// The application is loaded.
    Ready,
    /// Alive.
    Beat,
    /// Leaving, told to or not.
    Leaving,
    /// Of who leaves: it waits for no further request of anybody.
    LetGo,
    /// Of who leaves: idle connections for others. Descriptors: the connections.
    Idle,
    /// A worker answered as many requests as it may.
    Spent {
        /// The worker, if a front says so; 0 is who says it.
        worker: u64,
    },
    /// Of a front: a request in this worker takes too long.
    Stuck {
        /// The worker.
        worker: u64,
        /// The request.
        request: String,
    },
    /// Of who accepts: what it is at.
    Summary(Summary),
    /// Of a zygote: this worker was forked.
    Forked {
        /// The worker.
        worker: u64,
        /// Its process.
        pid: u32,
    },
    /// Of who calls the server's hooks: it was called, or the configuration was run.
    Called {
        /// What went wrong.
        failed: Option<String>,
    },
    /// Code of the application changed.
    Changed {
        /// The file.
        file: String,
        /// When it was written, in nanoseconds.
        stamp: u64,
    },
    /// A line for the error log.
    Log {
        /// How important it is.
        level: Level,
        /// The text.
        message: String,
    },
    /// The application could not be loaded.
    Failed {
        /// The whole complaint.
        message: String,
        /// The exit status it leads to.
        exit: u8,
    },
}

/// Sends one frame. Errors are those of the socket; a frame for which there is no room is `WouldBlock`, and nothing of it
/// was sent. One that fits in part is ended as the other side reads, because it would take the next for the rest of it.
pub fn send(socket: impl AsFd, message: &impl Serialize, descriptors: &[BorrowedFd]) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let mut frame = Vec::with_capacity(HEAD_BYTES + body.len());
    frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
    frame.extend_from_slice(&(descriptors.len() as u32).to_le_bytes());
    frame.extend_from_slice(&body);
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(descriptors.len()))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("too many descriptors for one frame"));
    }
    let mut sent = sendmsg(socket.as_fd(), &[IoSlice::new(&frame)], &mut control, SendFlags::NOSIGNAL)?;
    while sent < frame.len() {
        let mut none = SendAncillaryBuffer::default();
        match sendmsg(socket.as_fd(), &[IoSlice::new(&frame[sent..])], &mut none, SendFlags::NOSIGNAL) {
            Ok(more) => sent += more,
            Err(Errno::AGAIN) => wait_for_room(socket.as_fd())?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Errors: the other side does not read for too long.
fn wait_for_room(socket: BorrowedFd) -> io::Result<()> {
    match poll(&mut [PollFd::from_borrowed_fd(socket, PollFlags::OUT)], Some(&PATIENCE)) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What arrived and was not read yet.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    descriptors: VecDeque<OwnedFd>,
    may_lack: bool,
}

/// Whether a receive got something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes.
    Some,
    /// The other side is gone.
    End,
}

impl Inbox {
    /// From here on, fewer descriptors than were sent are no error: those for which there was no room here are lost.
    pub fn leniently(self) -> Self {
        Self { may_lack: true, ..self }
    }

    /// Receives once. Errors are those of the socket, `WouldBlock` among them.
    pub fn receive(&mut self, socket: impl AsFd) -> io::Result<Received> {
        let mut chunk = [0; 4096];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got = recvmsg(socket, &mut [IoSliceMut::new(&mut chunk)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        self.bytes.extend_from_slice(&chunk[..got.bytes]);
        Ok(if got.bytes == 0 { Received::End } else { Received::Some })
    }

    /// The next whole frame that is understood, and its descriptors, if it is here. Errors: these are no frames; or
    /// descriptors are missing, as where no more of them may be open, and that matters.
    pub fn frame<M: DeserializeOwned>(&mut self) -> io::Result<Option<(M, Vec<OwnedFd>)>> {
        while let Some((body, descriptors)) = self.raw()? {
            if let Ok(message) = serde_json::from_slice(&body) {
                return Ok(Some((message, descriptors)));
            }
        }
        Ok(None)
    }

    fn raw(&mut self) -> io::Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let word =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
        let (length, count) = (word(0), word(4));
        if length > MAX_FRAME_BYTES || count > MAX_DESCRIPTORS {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of an impossible size"));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let body = rest[..length].to_vec();
        self.bytes.drain(..HEAD_BYTES + length);
        if self.descriptors.len() < count && !self.may_lack {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "descriptors of a frame are missing"));
        }
        let descriptors = self.descriptors.drain(..count.min(self.descriptors.len())).collect();
        Ok(Some((body, descriptors)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::{Read, Seek, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn descriptors_arrive_with_the_frame_they_belong_to() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"log").unwrap();
        send(&ours, &Order::Serve, &[]).unwrap();
        send(&ours, &Order::Reopen, &[file.as_fd()]).unwrap();
        let mut inbox = Inbox::default();
        let mut got = Vec::new();
        while got.len() < 2 {
            assert_eq!(inbox.receive(&theirs).unwrap(), Received::Some);
            while let Some((order, descriptors)) = inbox.frame::<Order>().unwrap() {
                got.push((format!("{order:?}"), descriptors));
            }
        }
        assert_eq!((got[0].0.as_str(), got[0].1.len()), ("Serve", 0));
        let mut passed = File::from(got.remove(1).1.remove(0));
        passed.rewind().unwrap();
        let mut text = String::new();
        passed.read_to_string(&mut text).unwrap();
        assert_eq!(text, "log");
        drop(ours);
        assert_eq!(inbox.receive(&theirs).unwrap(), Received::End);
    }

    #[test]
    fn a_frame_that_fits_in_part_is_ended_while_the_other_side_reads() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let message = "x".repeat(MAX_FRAME_BYTES - 100);
        let report = Report::Failed { message, exit: 4 };
        let mut inbox = Inbox::default();
        let got = std::thread::scope(|scope| {
            let read = scope.spawn(|| {
                loop {
                    assert_eq!(inbox.receive(&theirs).unwrap(), Received::Some);
                    if let Some((got, _)) = inbox.frame::<Report>().unwrap() {
                        return got;
                    }
                }
            });
            send(&ours, &report, &[]).unwrap();
            read.join().unwrap()
        });
        assert_eq!(got, report);
    }

    #[test]
    fn half_a_frame_waits_for_its_other_half() {
        let mut inbox = Inbox { bytes: vec![7, 0, 0, 0, 0, 0, 0, 0, b'"', b'R'], ..Inbox::default() };
        assert!(inbox.frame::<Report>().unwrap().is_none());
        inbox.bytes.extend_from_slice(b"eady\"");
        assert_eq!(inbox.frame::<Report>().unwrap().map(|(report, _)| report), Some(Report::Ready));
    }

    #[test]
    fn a_word_of_another_release_is_skipped() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        send(&ours, &"NotYetInvented", &[]).unwrap();
        send(&ours, &Report::Beat, &[]).unwrap();
        let mut inbox = Inbox::default();
        inbox.receive(&theirs).unwrap();
        assert_eq!(inbox.frame::<Report>().unwrap().map(|(report, _)| report), Some(Report::Beat));
    }
}
