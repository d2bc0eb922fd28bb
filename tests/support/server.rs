//! A real application server for one test, and a client that forgives nothing.

use std::fs;
use std::io::{self, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::http::{self, Answer};
use super::wait;

/// The application that every test serves, and its one page.
pub const APP: &str = "@hbnb/onepage";
/// Where that page is.
pub const PAGE: &str = "/airbnb-onepage/";
/// Nothing here takes longer, even on a busy machine; shorter than every limit that the server has by itself.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The binary under test.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_appserver"))
}

/// Another file with the same binary. Another process writes it: a child that a test beside us begins just then would hold a file
/// that we write open, and it could not be executed.
pub fn another_release(at: &Path) {
    assert!(Command::new("cp").arg(binary()).arg(at).status().unwrap().success());
}

/// Waits until `probe` gives a value; panics with `what` after the deadline.
pub fn wait_for<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    wait_or(|| format!("waited in vain: {what}"), probe)
}

/// As [`wait_for`], but what to complain about is known only then.
pub fn wait_or<T>(complaint: impl FnOnce() -> String, mut probe: impl FnMut() -> Option<T>) -> T {
    wait::until(DEADLINE, |()| complaint(), || probe().ok_or(()))
}

/// A running master; it and its workers are gone when dropped.
pub struct Server {
    /// Its files: `log` is the error log.
    pub dir: TempDir,
    /// The master.
    pub child: Child,
}

impl Server {
    /// Starts a server on a port the kernel picks, and waits until it serves.
    pub fn start(options: &[&str]) -> Self {
        let mut all = vec!["--bind", "127.0.0.1:0"];
        all.extend(options);
        let server = Self::spawn(|dir| {
            let mut command = Command::new(binary());
            command.args(&all).arg("--error-logfile").arg(dir.join("log")).arg(APP);
            command
        });
        server.workers_ready();
        server
    }

    /// Starts a server of one of our applications over the demonstration's rows, and waits until it answers.
    pub fn seeded(application: &str, options: &[&str]) -> Self {
        Self::seeded_at(|dir| dir.join("hbnb.db").display().to_string(), application, options)
    }

    /// The same, with the rows in a database of this address, which may depend on the server's directory.
    pub fn seeded_at(database: impl FnOnce(&Path) -> String, application: &str, options: &[&str]) -> Self {
        let server = Self::spawn(|dir| {
            let database = database(dir);
            for step in ["migrate", "seed"] {
                let mut hbnb = Command::new(env!("CARGO_BIN_EXE_hbnb"));
                let done = hbnb.arg(step).env("DATABASE_URL", &database).output().unwrap();
                assert!(done.status.success(), "{step}: {}", String::from_utf8_lossy(&done.stderr));
            }
            let mut command = Command::new(binary());
            command.env("DATABASE_URL", database).args(["--bind", "127.0.0.1:0"]).args(options);
            command.arg("--error-logfile").arg(dir.join("log")).arg(application);
            command
        });
        server.workers_ready();
        server
    }

    /// Starts a server of a Python application, and waits until it serves.
    pub fn python(source: &str, options: &[&str]) -> Self {
        let server = Self::spawn(|dir| {
            fs::write(dir.join("site_app.py"), source).unwrap();
            let mut command = Command::new(binary());
            command.current_dir(dir).args(["--bind", "127.0.0.1:0"]).args(options);
            command.arg("--error-logfile").arg(dir.join("log")).arg("site_app");
            command
        });
        let address = server.address();
        wait_for("the first answer", || Client::new(&address).get("/").ok());
        server
    }

    /// Runs what `command` makes of a fresh directory; waits for nothing.
    pub fn spawn(command: impl FnOnce(&Path) -> Command) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let child = command(dir.path()).spawn().unwrap();
        Self { dir, child }
    }

    /// A file of its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The error log until now.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Waits until the error log has a text this many times.
    pub fn logged(&self, text: &str, times: usize) {
        let complaint = || format!("no {times} times `{text}` in:\n{}", self.log());
        wait_or(complaint, || (self.log().matches(text).count() >= times).then_some(()));
    }

    /// The port it listens on, read from its log.
    pub fn port(&self) -> u16 {
        let mark = "Listening at: http://127.0.0.1:";
        wait_for("the port in the log", || {
            let log = self.log();
            let rest = log.split(mark).nth(1)?;
            rest.split(' ').next()?.parse().ok()
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// Waits until a request is answered.
    pub fn workers_ready(&self) {
        let address = self.address();
        wait_for("the first answer", || Client::new(&address).get(PAGE).ok());
    }

    /// The process ids of the master's children.
    pub fn workers(&self) -> Vec<i32> {
        let pid = self.child.id();
        let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        text.split_whitespace().map(|word| word.parse().unwrap()).collect()
    }

    /// Waits until there are exactly this many children. The kernel leaves some out where one ends while they are listed:
    /// what it says is true if it says it twice.
    pub fn workers_are(&self, count: usize) -> Vec<i32> {
        let is_true = |all: &Vec<i32>| all.len() == count && *all == self.workers();
        wait_for(&format!("{count} workers"), || Some(self.workers()).filter(is_true))
    }

    /// Waits until there are exactly this many children and none of `old` is left.
    pub fn replaced(&self, old: &[i32], count: usize) -> Vec<i32> {
        let is_new = |now: &Vec<i32>| now.len() == count && now.iter().all(|pid| !old.contains(pid));
        wait_for(&format!("{count} others"), || Some(self.workers()).filter(is_new))
    }

    /// Where figures were told since the start, the newest place last.
    pub fn figures(&self) -> Vec<String> {
        let log = self.log();
        let places = log.split("Figures at: http://").skip(1);
        places.map(|rest| rest.split('/').next().unwrap().to_string()).collect()
    }

    /// Sends the master a signal.
    pub fn signal(&self, signal: Signal) {
        signal_to(self.child.id().cast_signed(), signal);
    }

    /// Waits until the master has ended.
    pub fn ended(&mut self) -> ExitStatus {
        wait_for("the end of the master", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A master that is no child of ours; it is gone when dropped.
pub struct Adopted(pub i32);

impl Drop for Adopted {
    fn drop(&mut self) {
        if runs(self.0) {
            signal_to(self.0, Signal::KILL);
        }
    }
}

/// Sends a process a signal.
pub fn signal_to(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// Whether a process runs (a zombie does not).
pub fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

/// An HTTP client on one kept connection. It connects anew only after an answer that closes; everything else that
/// goes wrong is an error, a connection that the server closed while idle included.
pub struct Client {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(address: &str) -> Self {
        Self { address: address.into(), stream: None }
    }

    /// Asks for a path and reads the whole answer.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes())?;
        self.answer()
    }

    /// Sends bytes as they are, connecting if need be.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(DEADLINE))?;
            self.stream = Some(BufReader::new(stream));
        }
        self.stream.as_mut().unwrap().get_mut().write_all(bytes)
    }

    /// Reads one answer to anything but `HEAD`.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let answer = http::read(self.stream.as_mut().unwrap(), "GET")?;
        if answer.closes() {
            self.stream = None;
        }
        Ok(answer)
    }

    /// Waits until the server ends the connection, in order or by a reset; returns what came before.
    pub fn rest(&mut self) -> String {
        String::from_utf8(http::rest(&mut self.stream.take().unwrap()).unwrap()).unwrap()
    }
}
