//! Python applications under the server, asked over real sockets.

mod conf;
mod framework;
mod talk;
mod trap;
pub mod venv;
mod version;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::server::{Server, binary, wait_for};
use crate::support::site;

/// What this machine may say of itself and no test means.
const AMBIENT: [&str; 8] = [
    "PORT",
    "WEB_CONCURRENCY",
    "VIRTUAL_ENV",
    "GUNICORN_CMD_ARGS",
    "FORWARDED_ALLOW_IPS",
    "SCRIPT_NAME",
    "SENDFILE",
    "PYTHONPATH",
];

/// Where the applications are.
pub fn apps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wsgi/apps")
}

/// The server's command line in `home`, said to nothing of this machine; `dir` gets what it says: the error log
/// (`log`), standard output (`out`) and standard error (`err`), and is `$TRAP_DIR`.
pub fn command(dir: &Path, home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    for name in AMBIENT {
        command.env_remove(name);
    }
    command.args(["--error-logfile"]).arg(dir.join("log")).args(args).current_dir(home);
    command.env("TRAP_DIR", dir).env("PYTHONDONTWRITEBYTECODE", "1").env("PATH", site::search_path());
    command.stdout(File::create(dir.join("out")).unwrap()).stderr(File::create(dir.join("err")).unwrap());
    command
}

/// Serves an application of [`apps`] on a port the kernel picks.
pub fn serve(args: &[&str]) -> Server {
    let all = [&["--bind", "127.0.0.1:0"], args].concat();
    Server::spawn(|dir| command(dir, &apps(), &all))
}

/// Serves the traps with these options.
pub fn trap(options: &[&str]) -> Server {
    serve(&[options, &["trap:app"]].concat())
}

/// What the parts of the application have noted.
pub fn notes(server: &Server) -> String {
    fs::read_to_string(server.path("notes")).unwrap_or_default()
}

/// Waits until exactly this is noted.
pub fn noted(server: &Server, words: &str) {
    let seen = || format!("notes `{words}`, seen `{}`", notes(server));
    wait_for("a note", || notes(server).starts_with(words).then_some(()));
    assert_eq!(notes(server), words, "{}", seen());
}

/// Makes a file that a part of the application waits for.
pub fn let_go(server: &Server, name: &str) {
    fs::write(server.path(name), "").unwrap();
}
