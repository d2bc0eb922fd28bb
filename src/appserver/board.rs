//! How many connections each worker has, for all workers to see: of as many workers as there are cores, the one with the
//! fewest accepts the next.
//!
//! Without it, the worker that happens to wake first takes a whole burst, and serves it on one core while others idle. More
//! workers than cores would wait for each other, each with requests that have come: they stand by.

use std::fs::File;
use std::io;
use std::num::NonZero;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::thread;

use super::descriptor;

/// What stands in the place of a worker that does not accept.
const NOBODY: u32 = u32::MAX;
/// Bytes of a place: one little-endian `u32`.
const PLACE: u64 = 4;
/// The most workers that can be seen at once; those beyond stand by.
const MAX_PLACES: usize = 1024;

/// How many cores this process may use.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// A file in memory with a place a worker.
pub struct Board(File);

impl Board {
    /// An empty board. Errors are those of the system.
    pub fn make() -> io::Result<Self> {
        descriptor::nameless().map(Self)
    }

    /// Writes into a place: how many connections its worker has, or none if it does not accept.
    pub fn post(&self, place: u32, connections: Option<usize>) {
        let count = connections.map_or(NOBODY, |count| u32::try_from(count).unwrap_or(NOBODY - 1));
        // A board that cannot be written balances less well, and that is all.
        let _ = self.0.write_all_at(&count.to_le_bytes(), u64::from(place) * PLACE);
    }

    /// The places of the first `most` workers that accept, and how many connections each has.
    pub fn first(&self, most: usize) -> Vec<(usize, usize)> {
        let mut bytes = [0; MAX_PLACES * PLACE as usize];
        let length = self.0.read_at(&mut bytes, 0).unwrap_or(0);
        let counts = bytes[..length].as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let accepting = counts.enumerate().filter(|(_, count)| *count != NOBODY);
        accepting.map(|(at, count)| (at, count as usize)).take(most).collect()
    }
}

impl From<OwnedFd> for Board {
    fn from(descriptor: OwnedFd) -> Self {
        Self(descriptor.into())
    }
}

impl AsFd for Board {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The place of one worker on the board.
pub struct Seat {
    /// Where all look.
    pub board: Board,
    /// Which place is its own.
    pub place: u32,
    /// How many cores there are for all workers.
    pub cores: usize,
}

impl Seat {
    /// Tells the others how many connections this worker has; none if it does not accept.
    pub fn post(&self, connections: Option<usize>) {
        self.board.post(self.place, connections);
    }

    /// Whether somebody else should accept rather than this worker with so many connections.
    pub fn is_outdone(&self, connections: usize) -> bool {
        let first = self.board.first(self.cores);
        let (own, others): (Vec<_>, Vec<_>) = first.iter().partition(|(at, _)| *at == self.place as usize);
        let fewest = others.iter().map(|(_, count)| *count).min();
        fewest.is_some_and(|fewest| own.is_empty() || fewest < connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_sees_who_has_fewer_and_overlooks_who_does_not_accept() {
        let seat = Seat { board: Board::make().unwrap(), place: 2, cores: 8 };
        assert!(!seat.is_outdone(5));
        seat.board.post(0, Some(3));
        seat.board.post(2, Some(5));
        seat.board.post(1, None);
        assert!(seat.is_outdone(5) && !seat.is_outdone(3));
        seat.board.post(0, None);
        assert!(!seat.is_outdone(5));
    }

    #[test]
    fn workers_beyond_the_number_of_cores_stand_by() {
        let mut seat = Seat { board: Board::make().unwrap(), place: 2, cores: 2 };
        for place in 0..3 {
            seat.board.post(place, Some(9));
        }
        assert!(seat.is_outdone(0));
        seat.board.post(0, None);
        assert!(!seat.is_outdone(0) && !seat.is_outdone(9) && seat.is_outdone(10));
        seat.cores = 1;
        assert!(seat.is_outdone(0));
    }
}
