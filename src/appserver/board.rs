//! How many connections each worker has, for all workers to see: the one with the fewest accepts the next.
//!
//! Without it, the worker that happens to wake first takes a whole burst, and serves it on one core while others idle.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use super::descriptor;

/// What stands in the place of a worker that does not accept.
const NOBODY: u32 = u32::MAX;
/// Bytes of a place: one little-endian `u32`.
const PLACE: u64 = 4;
/// The most workers that can be seen at once; those beyond accept as if they were alone.
const MAX_PLACES: usize = 1024;

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

    /// The fewest connections that a worker in another place has; none if there is no other.
    pub fn fewest_beside(&self, place: u32) -> Option<usize> {
        let mut bytes = [0; MAX_PLACES * PLACE as usize];
        let length = self.0.read_at(&mut bytes, 0).unwrap_or(0);
        let counts = bytes[..length].as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let others = counts.enumerate().filter(|(at, count)| *at != place as usize && *count != NOBODY);
        others.map(|(_, count)| count as usize).min()
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
}

impl Seat {
    /// Tells the others how many connections this worker has; none if it does not accept.
    pub fn post(&self, connections: Option<usize>) {
        self.board.post(self.place, connections);
    }

    /// Whether somebody else has fewer than `connections`.
    pub fn is_outdone(&self, connections: usize) -> bool {
        connections > 0 && self.board.fewest_beside(self.place).is_some_and(|fewest| fewest < connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_sees_who_has_fewer_and_overlooks_who_does_not_accept() {
        let board = Board::make().unwrap();
        assert_eq!(board.fewest_beside(0), None);
        board.post(0, Some(3));
        board.post(2, Some(5));
        board.post(1, None);
        let seat = Seat { board, place: 2 };
        assert!(seat.is_outdone(5) && !seat.is_outdone(3));
        seat.board.post(0, None);
        assert!(!seat.is_outdone(5));
    }
}
