//! A command typed by a person: `appserver status|reload|scale N|stop`.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::place::{self, Target};
use super::table;
use super::wire::{self, Command, Reply, Request};
use crate::appserver::settings::section::MOST_WORKERS;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

/// The words; none of them can be the name of an application where it stands first. `appserver -- status` serves one.
const WORDS: [&str; 4] = ["status", "reload", "scale", "stop"];
/// How long a server may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// The width of a line where nobody says how wide it may be.
const USUAL_WIDTH: usize = 100;

/// Whether the arguments (the program's name first) are such a command.
pub fn is_meant(args: &[OsString]) -> bool {
    args.get(1).is_some_and(|arg| WORDS.iter().any(|word| arg == word))
}

/// Does it; returns what to print. Errors: no server was found, or it could not do it.
pub fn run(args: &[OsString]) -> Result<String, Diagnostic> {
    let matches = match grammar().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) if error.kind() == clap::error::ErrorKind::DisplayHelp => return Ok(error.to_string()),
        Err(error) => {
            let text = error.to_string();
            let said = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_string();
            return Err(Diagnostic::error(said).fix("`appserver status --help` lists the options"));
        }
    };
    let Some((word, given)) = matches.subcommand() else { return Ok(grammar().render_help().to_string()) };
    let command = match word {
        "status" => Command::Status,
        "reload" => Command::Reload,
        "scale" => Command::Scale(given.get_one::<u64>("N").copied().unwrap_or(1) as usize),
        _ => Command::Stop { quick: given.get_flag("quick") },
    };
    let path = place::find(&target(given))?;
    let (reply, stream) = ask(&path, &command)?;
    if let Some(error) = reply.error {
        return Err(Diagnostic::error(error).exit(Exit::Failed));
    }
    if let Command::Stop { .. } = command {
        wait_for_the_end(stream);
    }
    Ok(match (given.get_flag("json"), &reply.status) {
        (true, Some(status)) => format!("{}\n", serde_json::to_string_pretty(status).unwrap_or_default()),
        (true, None) => format!("{}\n", serde_json::json!({ "done": reply.done })),
        (false, Some(status)) => table::text(status, width()),
        (false, None) => format!("{}\n", reply.done.unwrap_or_default()),
    })
}

fn grammar() -> clap::Command {
    let value = |name: &'static str, title: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(title).help(help).conflicts_with_all(
            ["pid", "pid-number", "socket"].into_iter().filter(|other| *other != name).collect::<Vec<_>>(),
        )
    };
    let common = |command: clap::Command| {
        command
            .arg(value("pid", "FILE", "The server whose process id is in this file"))
            .arg(value("pid-number", "N", "The server with this process id").value_parser(value_parser!(u32)))
            .arg(value("socket", "PATH", "The server with this control socket"))
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON"))
    };
    let number = Arg::new("N").required(true).value_parser(value_parser!(u64).range(1..=MOST_WORKERS));
    let quick = Arg::new("quick").long("quick").action(ArgAction::SetTrue);
    clap::Command::new("appserver")
        .about("Asks a server that runs.")
        .disable_help_subcommand(true)
        .subcommand(common(clap::Command::new("status").about("Shows its processes and what they work on")))
        .subcommand(common(
            clap::Command::new("reload")
                .about("Begins a new generation and waits until it serves or failed")
                .after_help("Exits with 4 if it failed; the old generation serves on then."),
        ))
        .subcommand(common(
            clap::Command::new("scale")
                .about("Sets the number of workers, until the next reload")
                .arg(number.help("How many")),
        ))
        .subcommand(common(
            clap::Command::new("stop")
                .about("Ends it when the requests in progress are done, and waits for that")
                .arg(quick.help("Do not wait for requests in progress")),
        ))
}

fn target(given: &ArgMatches) -> Target {
    let path = |name: &str| given.get_one::<String>(name).map(PathBuf::from);
    let number = given.get_one::<u32>("pid-number").copied();
    path("socket")
        .map(Target::Socket)
        .or_else(|| path("pid").map(Target::File))
        .or_else(|| number.map(Target::Process))
        .unwrap_or(Target::Only)
}

/// Asks and waits for the reply; a reload may take as long as its workers take.
fn ask(path: &Path, command: &Command) -> Result<(Reply, UnixStream), Diagnostic> {
    let shown = path.display();
    let mut stream = UnixStream::connect(path).map_err(|error| {
        Diagnostic::error(format!("no server answers at `{shown}`: {error}"))
            .fix("the user that started the server, or root, may ask it")
    })?;
    let patience = (*command != Command::Reload).then_some(PATIENCE);
    let asked = stream
        .set_read_timeout(patience)
        .and_then(|()| wire::send(&mut stream, &Request { id: 1, command: command.clone() }))
        .and_then(|()| wire::receive(&mut stream));
    let reply = asked.map_err(|error| {
        Diagnostic::error(format!("the server at `{shown}` did not reply: {error}")).exit(Exit::Failed)
    })?;
    Ok((reply, stream))
}

/// The connection ends with the server.
fn wait_for_the_end(mut stream: UnixStream) {
    let _ = stream.set_read_timeout(None);
    let _ = stream.read_to_end(&mut Vec::new());
}

fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|width| *width > 0).unwrap_or(USUAL_WIDTH)
}
