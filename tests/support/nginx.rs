//! An nginx of its own for one test.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::server::{DEADLINE, Server, wait_for, wait_or};

/// A running nginx; it is gone when dropped.
pub struct Nginx {
    dir: TempDir,
    child: Child,
}

impl Nginx {
    /// Starts one whose single server listens on a socket file and has `locations`, where `UP` stands for `up`'s address
    /// on TCP; `upstream` are further lines of the upstream `up`.
    pub fn before(up: &Server, upstream: &str, locations: &str) -> Self {
        Self::start(&up.address(), upstream, locations)
    }

    /// The same before an address.
    pub fn start(address: &str, upstream: &str, locations: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display();
        let http = format!(
            "  upstream up {{ server {address}; {upstream} }}\n  server {{\n    listen unix:{at}/nginx;\n    \
             client_max_body_size 10m;\n    {locations}\n  }}\n"
        );
        let nginx = Self::run(dir, &http);
        wait_for("nginx", || std::os::unix::net::UnixStream::connect(nginx.socket()).ok());
        nginx
    }

    /// Starts one that is what `http` says; waits until a port answers.
    pub fn serving(http: &str, port: u16) -> Self {
        let nginx = Self::run(tempfile::tempdir().unwrap(), http);
        let complaint = || format!("nginx does not listen on {port}:\n{}", nginx.log());
        wait_or(complaint, || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        nginx
    }

    fn run(dir: TempDir, http: &str) -> Self {
        let at = dir.path().display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("  {kind}_temp_path {at}/{kind};\n"))
            .concat();
        let text = format!(
            "daemon off;\nuser root root;\npid {at}/pid;\nerror_log {at}/log;\nworker_processes 1;\n\
             events {{ worker_connections 256; }}\nhttp {{\n  access_log off;\n{temporary}{http}}}\n"
        );
        std::fs::write(dir.path().join("conf"), text).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let child = Command::new("nginx")
            .env("PATH", path)
            .arg("-e")
            .arg(dir.path().join("log"))
            .arg("-p")
            .arg(dir.path())
            .arg("-c")
            .arg(dir.path().join("conf"))
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is needed: apt-get install nginx-light");
        Self { dir, child }
    }

    /// Where it listens.
    pub fn socket(&self) -> std::path::PathBuf {
        self.dir.path().join("nginx")
    }

    /// Its error log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(Path::new(self.dir.path()).join("log")).unwrap_or_default()
    }

    /// Everything that is answered to one request, which has to close.
    pub fn all(&self, bytes: impl AsRef<[u8]>) -> String {
        use std::io::Write;
        let mut stream = std::os::unix::net::UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(bytes.as_ref()).unwrap();
        super::wire::rest(stream)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its worker leaves with it only if it is asked to.
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}
