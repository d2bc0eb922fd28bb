//! Floor 3: the application server: a master that supervises, workers that serve.
//!
//! Read in this order:
//!
//! - [`bind`]: where to listen, as typed.
//! - [`app`]: the application, as named.
//! - [`settings`]: every setting, one table for all sources and the values behind it.
//! - [`cli`]: a line of options, read with that table.
//! - [`config`]: all sources together.
//! - [`crew`]: the life of the server as a pure function: (state, event) → actions.
//! - [`channel`]: what master and worker say to each other, and the descriptors they pass.
//! - [`program`], [`owner`]: which binary a new generation of workers runs, and as whom.
//! - [`listener`], [`inherited`]: the sockets: opened, taken over from systemd, or handed to a worker.
//! - [`sink`], [`log`], [`access`]: files that may be full, the error log and the access log.
//! - [`courier`], [`syslog`], [`statsd`]: where lines and figures go as well, without anybody waiting for that.
//! - [`census`], [`process`]: who is there, what they are at and what they use.
//! - [`tally`], [`metrics`]: what passes is counted, and told over HTTP.
//! - [`control`]: questions and orders of people: `appserver status` and its siblings.
//! - [`backlog`]: how many connections wait to be accepted.
//! - [`board`]: which worker accepts next; [`descriptor`]: how many connections there is room for, and files without a name.
//! - [`notify`], [`pidfile`], [`signals`]: the ways to the outside; [`daemon`]: into the background.
//! - [`master`]: the loop that turns the crew's actions into system calls; it never parses a request.
//! - [`http`]: HTTP/1.1 as bytes and values, without a socket.
//! - [`protocol`]: what proxies speak beside HTTP.
//! - [`front`]: HTTP/1.1 on a connection, and how a connection ends without losing a request.
//! - [`worker`]: the process that accepts and serves.
//! - [`wsgi`]: Python applications behind it.
//!
//! The application comes in as a function from its name to an [`axum::Router`]; nothing here knows which there are.

pub mod access;
pub mod app;
pub mod backlog;
pub mod bind;
pub mod board;
pub mod census;
pub mod channel;
pub mod cli;
pub mod config;
pub mod control;
pub mod courier;
pub mod crew;
pub mod daemon;
pub mod descriptor;
pub mod front;
pub mod http;
pub mod inherited;
pub mod listener;
pub mod log;
pub mod master;
pub mod metrics;
pub mod notify;
pub mod owner;
pub mod pidfile;
pub mod process;
pub mod program;
pub mod protocol;
pub mod settings;
pub mod signals;
pub mod sink;
pub mod statsd;
pub mod syslog;
pub mod tally;
pub mod worker;
pub mod wsgi;

use std::ffi::OsString;

use axum::Router;

use self::config::UsualBind;
use crate::base::diagnostic::Diagnostic;
use crate::base::say;

/// Runs the server as its arguments (the program's name first) ask: as master, as worker, or as a question
/// (`--help`, `--version`, `--check-config`) whose answer is the text returned, to be printed by the caller.
///
/// `load` makes the application of a name (`@hbnb/api`); it runs in the worker, and an error of it fails that
/// worker's start. `usual_bind` says where the application of a name is listened for if nobody says where. Errors are
/// everything that kept the server from serving.
pub fn run<L>(args: Vec<OsString>, usual_bind: UsualBind, load: L) -> Result<String, Diagnostic>
where
    L: AsyncFn(&str) -> Result<Router, Diagnostic>,
{
    if control::call::is_meant(&args) {
        return control::call::run(&args);
    }
    if worker::is_meant(&args) {
        return worker::run(&args, load).map(|()| String::new());
    }
    let folder = config::folder()
        .map_err(|error| Diagnostic::error(format!("the folder this was called in is gone: {error}")))?;
    let call = config::Call {
        args: &args,
        folder: &folder,
        environment: &|name| std::env::var(name).ok(),
        usual_bind,
    };
    let (asked, warnings) = config::read(&call)?;
    for warning in warnings {
        say::aside(warning);
    }
    match asked {
        config::Asked::Text(text) => Ok(text),
        config::Asked::Check(settings, text) if settings.app.starts_with('@') => {
            worker::check(&settings, load).map(|()| text)
        }
        config::Asked::Check(settings, text) => wsgi::trial::run(&settings).map(|()| text),
        config::Asked::Serve(settings) => {
            master::run(master::Origin { args, folder, usual_bind }, settings).map(|()| String::new())
        }
    }
}
