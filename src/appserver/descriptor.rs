//! How many files a process may have open, how many connections that leaves room for, files without a name, and how one goes to
//! another process.

use std::fs::File;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::settings::Settings;

/// What a process that accepts needs beside connections and seats: logs, sockets, its channel, a file for a moment.
const OWN: u64 = 32;

/// How many connections a process may have without wanting for other descriptors.
pub fn room(settings: &Settings) -> usize {
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let seats = match settings.app.starts_with('@') {
        true => 0,
        // A board and a slot a thread, and those of its successor.
        false => 2 * settings.workers as u64 * (settings.threads as u64 + 1),
    };
    let spare = (OWN + seats).min(most / 2);
    usize::try_from(most - spare).unwrap_or(usize::MAX)
}

/// Lets this process have as many as it is allowed to.
pub fn raise() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    // Otherwise it has to do with what it has.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// An empty file that no folder has, in memory; on a disk where the kernel cannot do that (before 3.17). Errors are those
/// of the system.
pub fn nameless() -> io::Result<File> {
    memfd_create(c"appserver", MemfdFlags::CLOEXEC).map(File::from).or_else(|_| tempfile::tempfile())
}

/// Sends bytes, and a descriptor with the first of them, without waiting. Errors are those of the socket.
pub fn send(socket: impl AsFd, parts: &[IoSlice], descriptor: Option<BorrowedFd>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if let Some(descriptor) = &descriptor {
        control.push(SendAncillaryMessage::ScmRights(std::slice::from_ref(descriptor)));
    }
    sendmsg(socket, parts, &mut control, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?;
    Ok(())
}
