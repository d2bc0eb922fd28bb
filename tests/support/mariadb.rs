//! A MariaDB server of the tests' own: in a directory of its own, on a socket, without privileges and network.
//!
//! It needs Debian's package `mariadb-server`; the service of that package is neither used nor touched.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use deployer::hbnb::storage::Database;
use tempfile::TempDir;

use super::server::{wait_for, wait_or};

/// Runs the server until the test process closes our standard input, which it does however it ends.
const KEEPER: &str =
    r#""$@" & server=$!; echo $server; cat > /dev/null; kill -9 $server; wait $server; rm -rf "$0""#;

/// A server; it and its directory are gone when dropped, or when the test process ends.
pub struct MariaDb {
    directory: PathBuf,
    keeper: Option<Child>,
    pid: String,
}

impl MariaDb {
    /// The server that all tests of this process share; each takes a database of its own.
    pub fn shared() -> &'static MariaDb {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(MariaDb::start)
    }

    /// A server of one's own, to be mistreated.
    pub fn start() -> Self {
        let directory = TempDir::with_prefix("hbnb-mariadb-").unwrap().keep();
        let made = program("mariadb-install-db", &directory)
            .args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])
            .stdout(Stdio::null())
            .output()
            .expect("`mariadb-install-db` is missing; install the package mariadb-server");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = Self { directory, keeper: None, pid: String::new() };
        server.resume();
        server
    }

    /// Starts the server again after [`MariaDb::kill`], and waits until it answers.
    pub fn resume(&mut self) {
        let mariadbd = program("mariadbd", &self.directory);
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER])
            .arg(&self.directory)
            .arg(mariadbd.get_program())
            .args(mariadbd.get_args());
        keeper.arg(format!("--socket={}", self.socket().display()));
        // Many databases, few rows, and nobody needs them after a power cut.
        keeper.args(["--skip-networking", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M"]);
        keeper.args(["--innodb-flush-log-at-trx-commit=2", "--max-connections=400"]);
        // Without a log of its own the server complains here, from the first moment on.
        let log = self.directory.join("log");
        let said = fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(said).spawn().unwrap();
        self.pid.clear();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut self.pid).unwrap();
        self.keeper = Some(keeper);
        let complaint = || format!("mariadbd does not answer:\n{}", fs::read_to_string(&log).unwrap());
        wait_or(complaint, || self.asked("", "SELECT 1").ok());
    }

    /// Kills the server as a crash would.
    pub fn kill(&mut self) {
        // The keeper is told nothing: it would take the directory away.
        let mut keeper = self.keeper.take().unwrap();
        keeper.kill().unwrap();
        keeper.wait().unwrap();
        self.signal("KILL");
        wait_for("mariadbd is dead", || self.asked("", "SELECT 1").err());
    }

    /// Sends the server a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, self.pid.trim()]).status().unwrap();
        assert!(sent.success(), "kill -s {name} {}", self.pid);
    }

    /// A database that nobody else uses and that does not exist yet.
    pub fn database(&self) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Database::parse(&self.url(&name)).unwrap()
    }

    /// The address of a database.
    pub fn url(&self, name: &str) -> String {
        format!("mysql://root@localhost/{name}?unix_socket={}", self.socket().display())
    }

    /// Where the server listens.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// What statements answer: a line a row, tabs between columns.
    pub fn sql(&self, database: &str, text: &str) -> String {
        self.asked(database, text).unwrap_or_else(|said| panic!("{text}: {said}"))
    }

    fn asked(&self, database: &str, text: &str) -> Result<String, String> {
        let mut client = Command::new("mariadb")
            .args(["--no-defaults", "--default-character-set=utf8mb4", "-N", "-u", "root", "-S"])
            .arg(self.socket())
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`mariadb` is missing; install the package mariadb-server");
        // A client that could not connect does not read.
        let _ = client.stdin.take().unwrap().write_all(text.as_bytes());
        let output = client.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// A program of the package, for a data directory; of root only when we are root.
fn program(name: &str, directory: &Path) -> Command {
    let mut command = Command::new(name);
    command.arg("--no-defaults").arg(format!("--datadir={}", directory.join("data").display()));
    // A server that starts sweeps its directory for temporary tables, also those of others.
    command.arg(format!("--tmpdir={}", directory.display()));
    if rustix::process::geteuid().is_root() {
        command.arg("--user=root");
    }
    command
}
