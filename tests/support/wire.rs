//! Servers of both kinds of applications, and bytes to and from them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::http;
use super::server::{Client, DEADLINE, Server, binary};

/// A Python application that answers with what it was asked: its environ as JSON, the body's length and beginning.
/// Whatever it is called for is noted in a file `seen`.
const ECHO: &str = r#"
import json

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    path = environ["PATH_INFO"]
    with open("seen", "a") as seen:
        seen.write(environ["REQUEST_METHOD"] + " " + path + "\n")
    if path == "/missing":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"no such page\n"]
    if path == "/parts":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"part %d\n" % number for number in range(3))
    if path == "/file":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return environ["wsgi.file_wrapper"](open("large", "rb"))
    if path == "/large":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x" * 30000000]
    if path == "/switch":
        start_response("101 Switching Protocols", [("Upgrade", "websocket")])
        return []
    texts = {name: value for name, value in environ.items() if type(value) is str}
    texts["wsgi.url_scheme"] = environ["wsgi.url_scheme"]
    texts["size"] = len(body)
    texts["body"] = body[:100].decode("latin-1")
    answer = json.dumps(texts).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
"#;

/// The command of a server of [`ECHO`] in `dir`, not yet bound.
pub fn echo(dir: &Path) -> Command {
    std::fs::write(dir.join("echo.py"), ECHO).unwrap();
    let mut command = Command::new(binary());
    command.current_dir(dir).args(["--error-logfile", "log", "echo"]);
    command
}

/// A server of [`ECHO`] on a port the kernel picks, once it serves.
pub fn python(options: &[&str]) -> Server {
    let server = Server::spawn(|dir| {
        let mut command = echo(dir);
        command.args(["--bind", "127.0.0.1:0"]).args(options);
        command
    });
    server.logged("Listening at", 1);
    // The first worker takes what comes; until then it waits.
    server.port();
    server
}

/// A server of each kind of application.
pub fn both(options: &[&str]) -> [Server; 2] {
    [Server::start(options), python(options)]
}

/// A connection with a deadline.
pub fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Reads until the server ends the connection, in order or by a reset.
pub fn rest(mut stream: impl Read) -> String {
    String::from_utf8_lossy(&http::rest(&mut stream).unwrap()).into_owned()
}

/// Everything that is answered to `bytes` on a connection of their own, which the server has to end.
pub fn all(address: &str, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = connect(address);
    stream.write_all(bytes.as_ref()).unwrap();
    rest(stream)
}

/// The statuses of all answers to `bytes`.
pub fn statuses(address: &str, bytes: impl AsRef<[u8]>) -> Vec<u16> {
    let text = all(address, bytes);
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line[..3].parse().unwrap()).collect()
}

/// What [`ECHO`] says to one request.
pub fn told(address: &str, bytes: impl AsRef<[u8]>) -> Value {
    let mut client = Client::new(address);
    client.send(bytes.as_ref()).unwrap();
    let answer = client.answer().unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_str(&answer.text()).unwrap()
}

/// The requests that [`ECHO`] has seen.
pub fn seen(server: &Server) -> String {
    std::fs::read_to_string(server.path("seen")).unwrap_or_default()
}
