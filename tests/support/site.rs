//! A Python application in a folder of its own, served; and a look at what is left of it afterwards.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};
use std::{fs, thread};

use rustix::process::Signal;

use super::server::{Client, Server, binary, wait_for};

/// The application: what it answers tells where and as whom it runs. `VERSION` stands for a text.
pub const APPLICATION: &str = r#"
import os

def application(environ, start):
    name = environ["PATH_INFO"].strip("/")
    tell = {
        "pid": lambda: str(os.getpid()),
        "cwd": os.getcwd,
        "who": lambda: "%d:%d:%s" % (os.getuid(), os.getgid(), sorted(os.getgroups())),
        "umask": lambda: "%03o" % umask(),
        "env": lambda: os.environ.get(environ["QUERY_STRING"], "none"),
        "python": lambda: __import__("sys").executable,
        "grow": grow,
        "sleep": lambda: __import__("time").sleep(float(environ["QUERY_STRING"])) or "slept",
    }
    body = tell.get(name, lambda: "VERSION")().encode()
    start("200 OK", [("Content-Type", "text/plain")])
    return [body]

kept = []

def grow():
    kept.append(bytearray(os.urandom(1) * (64 << 20)))
    return "grown"

def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
"#;

/// An application whose one slow page waits for the file `go`.
pub const SLOW: &str = r#"
import os, time

def application(environ, start_response):
    while environ["PATH_INFO"] == "/slow" and not os.path.exists("go"):
        time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
"#;

/// The interpreter itself, past what only looks it up.
pub fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let told =
            Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
        String::from_utf8(told.stdout).unwrap().trim().into()
    })
}

/// The search path with that interpreter first: starting what looks it up takes longer than starting it.
pub fn search_path() -> OsString {
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let own = Path::new(python()).parent().map(PathBuf::from);
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&usual))).unwrap()
}

/// Writes the application of this version as `app.py`.
pub fn write(folder: &Path, version: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("app.py"), APPLICATION.replace("VERSION", version)).unwrap();
}

/// How a server of `app` is called in `folder`; its log is `log`.
pub fn command(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(folder).env("PWD", folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["--bind", "127.0.0.1:0", "--error-logfile", "log", "--python", python()]);
    command.args(options).arg("app");
    command
}

/// A server of version `one`, from when it serves.
pub fn serve(options: &[&str]) -> Server {
    let server = Server::spawn(|dir| {
        write(dir, "one");
        command(dir, options)
    });
    answers(&server, "/", "one");
    server
}

/// What a path is answered with.
pub fn get(server: &Server, path: &str) -> String {
    Client::new(&server.address()).get(path).unwrap().text()
}

/// Waits until a path is answered with a text.
pub fn answers(server: &Server, path: &str, text: &str) {
    let address = server.address();
    let mut seen = String::new();
    wait_for(&format!("`{text}` at {path}"), || {
        seen = Client::new(&address).get(path).map_or_else(|error| error.to_string(), |answer| answer.text());
        (seen == text).then_some(())
    });
}

/// Asks for `/` on several connections all the while `act` runs; returns how often that was answered. Panics if once it was not.
pub fn under_load(server: &Server, act: impl FnOnce()) -> usize {
    let (address, over) = (server.address(), AtomicBool::new(false));
    let counts = Mutex::new((0, Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (mut client, mut answered, mut lost) = (Client::new(&address), 0, Vec::new());
                while !over.load(Relaxed) {
                    match client.get("/") {
                        Ok(answer) if answer.status == 200 => answered += 1,
                        other => {
                            lost.push(format!("{other:?}"));
                            client = Client::new(&address);
                        }
                    }
                }
                let mut counts = counts.lock().unwrap();
                counts.0 += answered;
                counts.1.extend(lost);
            });
        }
        let acted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        over.store(true, Relaxed);
        if let Err(failed) = acted {
            eprintln!("{}", server.log());
            std::panic::resume_unwind(failed);
        }
    });
    let (answered, lost) = counts.into_inner().unwrap();
    assert_eq!(lost, Vec::<String>::new(), "of {answered}\n{}", server.log());
    answered
}

/// The processes that work in a folder, or below it.
pub fn processes(folder: &Path) -> Vec<i32> {
    let folder = folder.canonicalize().unwrap();
    let all =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    all.filter(|pid: &i32| {
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&folder))
    })
    .collect()
}

/// The children of the master that ended and were not reaped.
fn zombies(server: &Server) -> Vec<i32> {
    let is_one =
        |pid: &i32| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    server.workers().into_iter().filter(is_one).collect()
}

/// Ends a server and makes sure that it ends in order and leaves nothing behind.
pub fn end(mut server: Server) {
    wait_for("every child to be reaped", || zombies(&server).is_empty().then_some(()));
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    wait_for("the end of all", || processes(server.dir.path()).is_empty().then_some(()));
}
