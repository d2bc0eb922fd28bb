//! The application server under load while something goes wrong: every request is counted, and the counts are printed.
//!
//! A request that no worker has begun is answered by another; one that was begun fails alone; the master stays.

mod broken;
mod clock;
mod crash;
mod crowd;
mod disk;
mod hang;
mod late;
mod memory;
mod renewal;
mod rotation;
mod upgrade;

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use deployer::appserver::control::wire::{self, Status};
use rustix::process::Signal;

use crate::support::load::{Count, Load, Page};
use crate::support::server::{APP, Client, PAGE, Server, binary, signal_to, wait_for};
use crate::support::site;

/// Requests per second.
const RATE: u32 = 200;
/// How many of them may wait at once.
const CONNECTIONS: usize = 16;
/// The shortest load.
const LEAST: Duration = Duration::from_secs(1);
/// Answers with what stands behind the `?`, so that an answer shows whose it is; other paths do harm.
const FRAGILE: &str = r#"
import os, re, resource, signal, socket, time

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

def limit_memory(more):
    with open("/proc/self/statm") as statm:
        now = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + more, now + more))

def grow(query):
    limit_memory(32 << 20)
    return str(len(bytearray(1 << 30)))

kept = []

def exhaust(query):
    limit_memory(0)
    for size in (1 << 16, 1 << 10, 32):
        try:
            while True:
                kept.append(bytearray(size))
        except MemoryError:
            pass
    raise MemoryError(query)

def swell(query):
    kept.append(bytearray(os.urandom(1) * (100 << 20)))
    return "swollen"

def mute(query):
    def without_memory(self, data):
        raise MemoryError()
    socket.socket.sendall = without_memory
    return "not heard"

def complain(environ):
    environ["wsgi.errors"].write("x" * int(environ["QUERY_STRING"]) + "\n")
    return "complained"

ACTS = {
    "/hold": hold,
    "/hang": hang,
    "/arm": die_at_the_next,
    "/grow": grow,
    "/exhaust": exhaust,
    "/swell": swell,
    "/mute": mute,
    "/now": lambda query: str(time.time()),
}

def application(environ, start):
    path = environ["PATH_INFO"]
    body = complain(environ) if path == "/complain" else ACTS.get(path, str)(environ["QUERY_STRING"])
    body = body.encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"#;

/// The options of every server: it listens where the kernel picks.
const OPTIONS: [&str; 10] = [
    "--bind",
    "127.0.0.1:0",
    "--keep-alive",
    "75",
    "--error-logfile",
    "log",
    "--pid",
    "pid",
    "--control-socket",
    "control",
];

/// A server of [`FRAGILE`] with so many workers, from when all of them serve.
fn python(workers: usize, options: &[&str]) -> Server {
    start("exec \"$@\"", "fragile", workers, options)
}

/// A server of the bundled application, likewise.
fn native(workers: usize, options: &[&str]) -> Server {
    start("exec \"$@\"", APP, workers, options)
}

/// A server that a shell starts (`script` ends with `exec "$@"`), likewise.
fn start(script: &str, app: &str, workers: usize, options: &[&str]) -> Server {
    let server = spawn(script, FRAGILE, app, &[&["--workers", &workers.to_string()], options].concat());
    serving(&server, workers);
    server
}

/// A server that a shell starts, with `source` as `fragile.py` and standard error in `err`.
fn spawn(script: &str, source: &str, app: &str, options: &[&str]) -> Server {
    Server::spawn(|dir| {
        fs::write(dir.join("fragile.py"), source).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(binary()).args(OPTIONS).args(options).arg(app);
        command.current_dir(dir).env("PYTHONDONTWRITEBYTECODE", "1");
        command.stderr(File::create(dir.join("err")).unwrap());
        command
    })
}

/// What a server says of itself; none while it cannot.
fn status(server: &Server) -> Option<Status> {
    let mut stream = UnixStream::connect(server.path("control")).ok()?;
    wire::send(&mut stream, &wire::Request { id: 1, command: wire::Command::Status }).ok()?;
    wire::receive::<wire::Reply>(&mut stream).ok()?.status
}

/// The process ids of its workers that serve.
fn pids(status: &Status) -> Vec<i32> {
    let serving = status.processes.iter().filter(|one| one.role == "worker" && one.state == "serving");
    serving.map(|one| one.pid.cast_signed()).collect()
}

/// Waits until exactly so many workers serve and no other is there; returns their process ids.
fn serving(server: &Server, workers: usize) -> Vec<i32> {
    wait_for(&format!("{workers} workers that serve"), || {
        let status = status(server)?;
        let all = status.processes.iter().filter(|one| one.role == "worker").count();
        let serving = pids(&status);
        (status.phase == "serving" && (all, serving.len()) == (workers, workers)).then_some(serving)
    })
}

/// The load of a Python application: every request another one.
fn numbered(turn: usize) -> Page {
    Page { path: format!("/?{turn}"), body: turn.to_string().into() }
}

/// The load of the bundled application.
fn only(turn: usize) -> Page {
    Page { path: format!("{PAGE}?{turn}"), body: "Hello HBNB!".into() }
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

/// Stops a worker while it works on nothing, so that it still does when it is killed.
fn stop_idle(server: &Server) -> i32 {
    wait_for("a worker with nothing to do", || {
        let pid = *pids(&status(server)?).first()?;
        signal_to(pid, Signal::STOP);
        wait_for("its halt", || {
            fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") T ").then_some(())
        });
        let status = status(server)?;
        let it = status.processes.iter().find(|one| one.pid.cast_signed() == pid)?;
        let is_idle = it.current.is_empty();
        if !is_idle {
            signal_to(pid, Signal::CONT);
        }
        is_idle.then_some(pid)
    })
}

/// The master is still the one that was started and has as many workers as it should; then it ends in order.
fn end(mut server: Server, workers: usize) {
    serving(&server, workers);
    assert_eq!(server.child.try_wait().unwrap(), None);
    assert_eq!(status(&server).unwrap().pid, server.child.id());
    site::end(server);
}

/// Has a server reload, and waits until so many others serve and none of `old` is left.
fn replaced(server: &Server, old: &[i32], workers: usize) {
    server.signal(Signal::HUP);
    server.replaced(old, workers);
}
