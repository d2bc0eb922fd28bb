//! Configurations as people have them, in a project directory as people have it.

mod file;
mod hook;
mod reload;
mod target;
mod worker;

use std::fs;
use std::path::Path;
use std::process::ExitStatus;

use tempfile::TempDir;

use super::command;
use crate::support::server::Server;

/// An application that tells its name, a factory of such ones, and what it sees of its surroundings.
const SHOP: &str = r#"
import os

IMPORTED_BY = os.getpid()


def named(name):
    def app(environ, start_response):
        told = {
            "/": name,
            "/pid": str(os.getpid()),
            "/imported": str(IMPORTED_BY),
            "/cwd": os.getcwd(),
            "/env": os.environ.get("SHOP", "unset"),
            "/threads": str(environ["wsgi.multithread"]),
        }
        body = told[environ["PATH_INFO"]].encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    return app


app = named("shop:app")
application = named("shop:application")


class inner:
    app = named("shop:inner.app")


def create_app(*args, **kwargs):
    return named("made of %r %r" % (args, kwargs))


def paste_app(global_conf, **local_conf):
    return named("paste %s %s" % (global_conf.get("city"), local_conf.get("street")))
"#;

/// A project: the shop and these files.
fn project(files: &[(&str, &str)]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in [("shop.py", SHOP)].iter().chain(files) {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

/// Serves in a directory, on a port the kernel picks.
fn serve_in(home: &Path, args: &[&str]) -> Server {
    let all = [&["--bind", "127.0.0.1:0"], args].concat();
    Server::spawn(|dir| command(dir, home, &all))
}

/// Runs to the end: the exit status, and all that was said.
fn refused(home: &Path, args: &[&str]) -> (ExitStatus, String) {
    let mut server = serve_in(home, args);
    let status = server.ended();
    (status, said(&server))
}

/// What a server has said until now: standard output, standard error and the error log.
fn said(server: &Server) -> String {
    ["out", "err", "log"].map(|name| fs::read_to_string(server.path(name)).unwrap_or_default()).concat()
}
