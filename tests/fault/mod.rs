//! The application server under load while something goes wrong: every request is counted, and the counts are printed.
//!
//! A request that no worker has begun is answered by another; one that was begun fails alone; the master stays.

mod crash;
mod hang;
mod renewal;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value as Json;

use crate::support::load::{Count, Load, Page};
use crate::support::server::{APP, Client, PAGE, Server, binary, wait_for};
use crate::support::site;

/// Requests per second.
const RATE: u32 = 200;
/// How many of them may wait at once.
const CONNECTIONS: usize = 16;
/// The shortest load.
const LEAST: Duration = Duration::from_secs(1);
/// Answers with what stands behind the `?`, so that an answer shows whose it is; other paths do harm.
const FRAGILE: &str = r#"
import os, re, signal, socket, time

def hold(query):
    with open("held-" + query, "w") as note:
        note.write("%d\n" % os.getpid())
    while not os.path.exists("go"):
        time.sleep(0.01)
    return "let go"

def regex():
    re.match(r"(a+)+$", "a" * 64 + "b")

def hang(query):
    return str(regex() if query == "regex" else sum(range(10 ** 12)))

def die_at_the_next(query):
    take = socket.socket.recvmsg_into
    def take_and_die(self, *given):
        taken = take(self, *given)
        os.kill(os.getpid(), signal.SIGKILL)
        return taken
    socket.socket.recvmsg_into = take_and_die
    return "armed"

ACTS = {"/hold": hold, "/hang": hang, "/arm": die_at_the_next}

def application(environ, start):
    body = ACTS.get(environ["PATH_INFO"], str)(environ["QUERY_STRING"]).encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"#;

/// A server of [`FRAGILE`] with so many workers.
fn python(workers: usize, options: &[&str]) -> Server {
    python_of(FRAGILE, workers, options)
}

/// A server of a Python application with so many workers, from when all of them serve.
fn python_of(source: &str, workers: usize, options: &[&str]) -> Server {
    let server = Server::spawn(|dir| {
        fs::write(dir.join("fragile.py"), source).unwrap();
        let mut command = command(dir, workers, options);
        command.arg("fragile");
        command
    });
    serving(&server, workers);
    server
}

/// A server of the bundled application, likewise.
fn native(workers: usize, options: &[&str]) -> Server {
    let server = Server::spawn(|dir| {
        let mut command = command(dir, workers, options);
        command.arg(APP);
        command
    });
    serving(&server, workers);
    server
}

/// The command of a server in `dir`, but for its application.
fn command(dir: &Path, workers: usize, options: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(dir).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["--bind", "127.0.0.1:0", "--keep-alive", "75", "--error-logfile", "log", "--pid", "pid"]);
    command.args(["--workers", &workers.to_string()]).args(options);
    command
}

/// What a server says of itself; none while it cannot.
fn status(server: &Server) -> Option<Json> {
    let pid = server.path("pid");
    let said = Command::new(binary()).args(["status", "--json", "--pid"]).arg(pid).output().unwrap();
    serde_json::from_slice(&said.stdout).ok()
}

/// Its workers that serve: their process ids.
fn pids(status: &Json) -> Vec<i32> {
    let processes = status["processes"].as_array().into_iter().flatten();
    let serving = processes.filter(|one| one["role"] == "worker" && one["state"] == "serving");
    serving.map(|one| one["pid"].as_i64().unwrap() as i32).collect()
}

/// Waits until exactly so many workers serve and no other is there; returns their process ids.
fn serving(server: &Server, workers: usize) -> Vec<i32> {
    wait_for(&format!("{workers} workers that serve"), || {
        let status = status(server)?;
        let all = status["processes"].as_array()?.iter().filter(|one| one["role"] == "worker").count();
        (status["phase"] == "serving" && all == workers).then(|| pids(&status)).filter(|p| p.len() == workers)
    })
}

/// The load of a Python application: every request another one.
fn numbered(turn: usize) -> Page {
    Page { path: format!("/?{turn}"), body: turn.to_string().into() }
}

/// The load of the bundled application.
fn only(_: usize) -> Page {
    Page { path: PAGE.into(), body: "Hello HBNB!".into() }
}

/// Puts a server under load while `act` goes on, and prints what became of it.
fn under_load<T>(
    server: &Server,
    fault: &str,
    page: fn(usize) -> Page,
    act: impl FnOnce() -> T,
) -> (Count, T) {
    let address = server.address().parse().unwrap();
    let load = Load { address, rate: RATE, connections: CONNECTIONS, page: &page };
    let (count, value) = load.during(LEAST, act);
    count.tell(fault);
    assert!(count.good as f64 > f64::from(RATE) * count.took.as_secs_f64() / 2.0, "that was no load");
    (count, value)
}

/// The same, and not one request may fail.
fn loses_nothing<T>(server: &Server, fault: &str, page: fn(usize) -> Page, act: impl FnOnce() -> T) -> T {
    let (count, value) = under_load(server, fault, page, act);
    assert_eq!((count.failed, count.renewed), (Vec::new(), 0), "{}", server.log());
    value
}

/// Asks for what is held, and waits until a worker is at it; returns who waits for the answer, and the worker.
fn held(server: &Server, name: &str) -> (Client, i32) {
    let mut client = Client::new(&server.address());
    client.send(format!("GET /hold?{name} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).unwrap();
    let note = server.path(&format!("held-{name}"));
    let pid = wait_for("a request that is held", || {
        fs::read_to_string(&note).ok()?.strip_suffix('\n')?.parse().ok()
    });
    (client, pid)
}

/// The master is still the one that was started and has as many workers as it should; then it ends in order.
fn end(mut server: Server, workers: usize) {
    serving(&server, workers);
    assert_eq!(server.child.try_wait().unwrap(), None);
    let master = status(&server).unwrap()["processes"][0]["pid"].as_u64();
    assert_eq!(master, Some(server.child.id().into()));
    site::end(server);
}

/// Sends the master a signal and waits until so many others serve and none of `old` is left.
fn replaced(server: &Server, old: &[i32], workers: usize) {
    server.signal(Signal::HUP);
    wait_for("a new generation", || {
        Some(server.workers()).filter(|now| now.len() == workers && now.iter().all(|pid| !old.contains(pid)))
    });
}
