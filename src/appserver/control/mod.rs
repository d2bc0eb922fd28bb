//! Questions and orders to a server that runs: `appserver status`, `reload`, `scale N` and `stop`.
//!
//! - [`wire`]: what is said over the socket.
//! - [`place`]: where the socket is, and how it is found.
//! - [`call`]: a command typed by a person.
//! - [`table`]: the answer to `status` for people.

pub mod call;
pub mod place;
pub mod table;
pub mod wire;
