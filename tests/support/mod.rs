//! What several tests need.

pub mod host;
