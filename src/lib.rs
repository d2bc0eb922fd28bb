//! deployer: from bare Ubuntu hosts to a verified web stack.
//!
//! Read in this order:
//!
//! - [`base`]: how we read and how we complain (floor 0).
//! - [`resource`]: what a host can have: packages, files, units, sites (floor 1).
//! - [`agent`]: what runs on the host, synchronous and without a network (floor 2).
//! - [`deployer`]: what runs on your desk (floor 3).
//! - [`appserver`]: the application server (floor 3).
//! - [`hbnb`]: the bundled Airbnb clone (floor 3).
//!
//! Invariants, kept by `tests/tidy.rs`:
//!
//! - the agent never parses YAML and never renders a template;
//! - `diff` has no host in its signature;
//! - no host is changed until every host's plan has compiled;
//! - only `agent/` runs commands or writes files on a target;
//! - what still differs after `apply` is a failure;
//! - no `unsafe` of ours;
//! - no secret is printed;
//! - every way to exit is in `base/exit.rs`.

pub mod agent;
pub mod appserver;
pub mod base;
pub mod deployer;
pub mod hbnb;
pub mod resource;
