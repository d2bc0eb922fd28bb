//! The `hbnb` binary.

fn main() {}
