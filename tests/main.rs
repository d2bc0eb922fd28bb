//! The one test binary: everything that is tested from outside the library.

#![expect(clippy::print_stderr, reason = "a test's figures are for people")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, with the place")]
mod app;
mod browser;
mod cli;
mod edge;
mod fault;
mod golden;
mod hosts;
mod servers;
mod support;
mod tidy;
mod wsgi;
