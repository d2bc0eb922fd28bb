//! HTTP/1.1 as bytes and values: nothing here reads or writes a socket.
//!
//! Read in this order:
//!
//! - [`refusal`]: every reason not to serve a request.
//! - [`search`]: where a head ends, within which limits.
//! - [`head`]: what a request's head says; its parts are [`line`], [`target`], [`host`] and
//!   [`field`], [`number`] is how they count.
//! - [`chunked`]: a request's body that comes in chunks.
//! - [`path`]: what of a path is the application's.
//! - [`plan`]: how an answer is framed; [`answer`] writes it, [`clock`] dates it.
//!
//! What is ambiguous is refused, never repaired: a proxy before us may have read it another way.

pub mod answer;
pub mod chunked;
pub mod clock;
pub mod field;
pub mod head;
pub mod host;
pub mod line;
pub mod number;
pub mod path;
pub mod plan;
pub mod refusal;
pub mod search;
pub mod span;
pub mod target;

#[cfg(test)]
mod tests;

pub use self::chunked::{Decoder, Progress};
pub use self::clock::Clock;
pub use self::field::Framing;
pub use self::head::{Head, Reader};
pub use self::line::Version;
pub use self::plan::{Asked, Plan};
pub use self::refusal::Refusal;
pub use self::search::{Rules, Search};
