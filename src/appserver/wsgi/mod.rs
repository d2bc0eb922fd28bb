//! Python applications: the host's python3 as worker, and the requests and answers between it and the front.
//!
//! Read in this order:
//!
//! - `shim/`: the worker, run by the host's python3 (3.5 or newer): first `channel.py`, last `process.py`.
//! - [`python`]: how it is started; [`trial`]: whether it finds the application.
//! - [`marshal`], [`environ`], [`gateway`], [`frame`]: a request as Python reads it (from HTTP, from a gateway's variables), an
//!   answer as Python writes it.
//! - [`board`]: what each thread of a worker is at.
//! - [`pool`], [`slot`], [`bell`]: one queue for all workers, a way back for each thread, and who looks when; [`reply`]: what
//!   comes back.

pub mod bell;
pub mod board;
pub mod environ;
pub mod frame;
pub mod gateway;
pub mod marshal;
pub mod pool;
pub mod python;
pub mod reply;
pub mod slot;
pub mod trial;

#[cfg(test)]
mod tests;

pub use self::board::Board;
pub use self::pool::Pool;
pub use self::python::Seats;
