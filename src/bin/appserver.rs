//! The `appserver` binary.

fn main() {}
