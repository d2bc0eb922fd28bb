//! What became of a request, for the log and for the connection.

use std::io;

/// How a request was answered.
#[derive(Debug)]
pub struct Answered {
    /// The status that was sent.
    pub status: u16,
    /// Bytes of the body that were sent.
    pub bytes: u64,
    /// Whether the connection goes on. Errors: it broke, or the answer could not be finished.
    pub keeps_alive: io::Result<bool>,
}
