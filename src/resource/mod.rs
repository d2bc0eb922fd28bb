//! Floor 1: what a host can have.
