//! Where the server listens.

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::http::{self, Answer};
use crate::support::server::{APP, Client, PAGE, Server, binary, wait_for};

fn get(path: &Path) -> Option<Answer> {
    let mut stream = UnixStream::connect(path).ok()?;
    // A proxy may add a line of its own behind what the client claims.
    let hops = "X-Forwarded-For: 192.0.2.66\r\nX-Forwarded-For: 192.0.2.66, 10.0.0.9\r\n";
    write!(stream, "GET {PAGE} HTTP/1.1\r\nHost: test\r\n{hops}\r\n").unwrap();
    http::read(&mut BufReader::new(stream), "GET").ok()
}

#[test]
fn a_unix_socket_serves_and_its_file_goes_with_the_server() {
    let mut server = Server::spawn(|dir| {
        let mut command = Command::new(binary());
        command.current_dir(dir).args(["--bind", "unix:s", "--error-logfile", "log", "--umask", "007"]);
        command.args(["--access-logfile", "access", "--access-logformat", "%(h)s", APP]);
        command
    });
    let path = server.path("s");
    let answer = wait_for("an answer", || get(&path));
    assert_eq!((answer.status, answer.closes(), answer.text().as_str()), (200, false, "Hello HBNB!"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o770);
    wait_for("the proxy's word for the client", || {
        std::fs::read_to_string(server.path("access")).ok().filter(|text| text == "10.0.0.9\n")
    });
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn several_binds_serve_the_same_application() {
    let server = Server::start(&["--bind", "[::1]:0"]);
    let log = server.log();
    let six = log.split("http://[::1]:").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(Client::new(&format!("[::1]:{six}")).get(PAGE).unwrap().status, 200);
    assert_eq!(Client::new(&server.address()).get(PAGE).unwrap().status, 200);
}

/// A server that gets `socket` as its descriptor 3, the way systemd hands one over.
fn activated(socket: OwnedFd, announce: &str, options: &str) -> Server {
    Server::spawn(|dir| {
        let mut command = Command::new("sh");
        let script =
            format!("exec 3<&0 0</dev/null; {announce} exec \"$0\" {options} --error-logfile log {APP}");
        command.current_dir(dir).args(["-c", &script]).arg(binary());
        command.stdin(Stdio::from(socket));
        command
    })
}

#[test]
fn a_socket_of_systemd_is_used_by_itself_and_outlives_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut server = activated(listener.try_clone().unwrap().into(), "LISTEN_PID=$$ LISTEN_FDS=1", "");
    assert_eq!(Client::new(&address).get(PAGE).unwrap().text(), "Hello HBNB!");
    server.signal(Signal::TERM);
    server.ended();
    // Who comes now waits in the queue for the next server.
    let mut late = Client::new(&address);
    late.send(format!("GET {PAGE} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).unwrap();
    let _next = activated(listener.into(), "LISTEN_PID=$$ LISTEN_FDS=1", "");
    assert_eq!(late.answer().unwrap().text(), "Hello HBNB!");
}

#[test]
fn a_descriptor_named_by_number_needs_no_announcement() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = activated(listener.into(), "", "--bind fd://3");
    assert_eq!(Client::new(&address).get(PAGE).unwrap().text(), "Hello HBNB!");
    assert_eq!(server.workers_are(1).len(), 1);
}

#[test]
fn a_unix_socket_can_be_handed_over_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let _server = activated(listener.as_fd().try_clone_to_owned().unwrap(), "LISTEN_PID=$$ LISTEN_FDS=1", "");
    assert_eq!(get(&path).unwrap().text(), "Hello HBNB!");
}
