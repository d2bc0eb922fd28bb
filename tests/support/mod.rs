//! What several tests need.

pub mod host;
pub mod server;
