//! Floor 3: the application server: a master that supervises, workers that serve.
//!
//! Read in this order:
//!
//! - [`bind`]: where to listen, as typed.
//! - [`settings`]: every setting, one table for the command line and the values behind it.
//! - [`cli`]: the command line made from that table.
//! - [`crew`]: the life of the server as a pure function: (state, event) → actions.
//! - [`channel`]: what master and worker say to each other, and the descriptors they pass.
//! - [`program`]: which binary a new generation of workers runs.
//! - [`listener`], [`inherited`]: the sockets: opened, taken over from systemd, or handed to a worker.
//! - [`log`], [`access`]: the error log and the access log.
//! - [`board`]: which worker accepts next.
//! - [`notify`], [`pidfile`], [`signals`]: the ways to the outside.
//! - [`master`]: the loop that turns the crew's actions into system calls; it never parses a request.
//! - [`http`]: HTTP/1.1 as bytes and values, without a socket.
//! - [`protocol`]: what proxies speak beside HTTP; [`trust`]: which of them are believed.
//! - [`front`]: HTTP/1.1 on a connection, and how a connection ends without losing a request.
//! - [`worker`]: the process that accepts and serves.
//!
//! The application comes in as a function from its name to an [`axum::Router`]; nothing here knows which there are.

pub mod access;
pub mod bind;
pub mod board;
pub mod channel;
pub mod cli;
pub mod crew;
pub mod front;
pub mod http;
pub mod inherited;
pub mod listener;
pub mod log;
pub mod master;
pub mod notify;
pub mod pidfile;
pub mod program;
pub mod protocol;
pub mod settings;
pub mod signals;
pub mod trust;
pub mod worker;

use std::ffi::OsString;

use axum::Router;

use crate::base::diagnostic::Diagnostic;

/// Runs the server as its arguments (the program's name first) ask: as master, as worker, or as a question
/// (`--help`, `--version`, `--check-config`) whose answer is the text returned, to be printed by the caller.
///
/// `load` makes the application of a name (`@hbnb/api`); it runs in the worker, and an error of it fails that
/// worker's start. Errors are everything that kept the server from serving.
pub fn run<L>(args: Vec<OsString>, load: L) -> Result<String, Diagnostic>
where
    L: AsyncFn(&str) -> Result<Router, Diagnostic>,
{
    if worker::is_meant(&args) {
        return worker::run(load).map(|()| String::new());
    }
    match cli::parse(&args, |name| std::env::var(name).ok())? {
        cli::Asked::Text(text) => Ok(text),
        cli::Asked::Check(settings) => worker::check(&settings, load).map(|()| String::new()),
        cli::Asked::Serve(settings) => master::run(&args, settings).map(|()| String::new()),
    }
}
