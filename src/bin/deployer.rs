//! The `deployer` binary.

fn main() {}
