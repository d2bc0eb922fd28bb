//! What is written down: the error log, the access log, syslog.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::server::{Client, PAGE, Server, wait_for};

/// Says who works, and complains when asked to.
const COMPLAINER: &str = r#"
import os

def application(environ, start_response):
    if environ["PATH_INFO"] == "/complain":
        environ["wsgi.errors"].write("first\nsecond\n")
    if environ["PATH_INFO"] == "/raise":
        raise ValueError("wrong")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"#;

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().lines().map(str::to_string).collect()
}

/// Waits until a file has a line with this text.
fn line_with(path: &Path, text: &str) -> String {
    wait_for(&format!("a line with `{text}`"), || lines(path).into_iter().find(|line| line.contains(text)))
}

#[test]
fn a_request_is_an_object_of_json_with_the_name_its_proxy_gave_it() {
    let dir = tempfile::tempdir().unwrap();
    let access = dir.path().join("access");
    let server =
        Server::python(COMPLAINER, &["--access-logfile", access.to_str().unwrap(), "--access-log-json"]);
    let mut client = Client::new(&server.address());
    client
        .send(b"GET /a?b=%22 HTTP/1.1\r\nHost: a\r\nX-Request-ID: 7f3\r\nUser-Agent: \"x\"\r\n\r\n")
        .unwrap();
    let pid = client.answer().unwrap().text();
    let mut line: serde_json::Value = serde_json::from_str(&line_with(&access, "7f3")).unwrap();
    let time = line["time"].take();
    assert!(time.as_str().is_some_and(|time| time.starts_with("20") && time.ends_with('Z')), "{time}");
    assert!(line["duration_us"].take().as_u64().is_some_and(|took| took > 0));
    assert_eq!(line["pid"].take().to_string(), pid, "the worker that answered");
    let expected = serde_json::json!({
        "time": null, "remote": "127.0.0.1", "method": "GET", "path": "/a", "query": "b=%22",
        "protocol": "HTTP/1.1", "status": 200, "bytes": pid.len(), "duration_us": null, "referer": null,
        "user_agent": "\"x\"", "request_id": "7f3", "pid": null,
    });
    assert_eq!(line, expected);
    client.get("/without-a-name").unwrap();
    let line: serde_json::Value = serde_json::from_str(&line_with(&access, "/without-a-name")).unwrap();
    assert_eq!(line["request_id"].as_str().map(str::len), Some(32), "{line}");
}

#[test]
fn what_an_application_complains_of_carries_its_process_and_its_request() {
    let server = Server::python(COMPLAINER, &["--request-id-header", "X-Request-ID"]);
    let mut client = Client::new(&server.address());
    let pid = client.get("/").unwrap().text();
    for path in ["complain", "raise"] {
        client
            .send(
                format!("GET /{path} HTTP/1.1\r\nHost: a\r\nX-Request-ID: name-of-{path}\r\n\r\n").as_bytes(),
            )
            .unwrap();
        client.answer().unwrap();
    }
    let log = server.path("log");
    let said = line_with(&log, "name-of-complain");
    assert!(said.ends_with(&format!("[{pid}] [ERROR] [name-of-complain] first")), "{said}");
    let raised = line_with(&log, "name-of-raise");
    assert!(
        raised.ends_with(&format!("[{pid}] [ERROR] [name-of-raise] Error handling request GET /raise")),
        "{raised}"
    );
}

#[test]
fn what_an_application_complains_of_has_no_name_where_requests_have_none() {
    let server = Server::python(COMPLAINER, &[]);
    let mut client = Client::new(&server.address());
    let pid = client.get("/").unwrap().text();
    client.send(b"GET /complain HTTP/1.1\r\nHost: a\r\nX-Request-ID: name\r\n\r\n").unwrap();
    client.answer().unwrap();
    let said = line_with(&server.path("log"), "first");
    assert!(said.ends_with(&format!("[{pid}] [ERROR] first")), "{said}");
}

#[test]
fn a_log_that_cannot_be_opened_again_stays_what_it_was_and_the_other_moves() {
    let dir = tempfile::tempdir().unwrap();
    let access = dir.path().join("access");
    let server =
        Server::start(&["--access-logfile", access.to_str().unwrap(), "--access-logformat", "%(q)s"]);
    fs::rename(&access, dir.path().join("access.1")).unwrap();
    fs::create_dir(&access).unwrap();
    fs::rename(server.path("log"), server.path("log.1")).unwrap();
    let port = {
        let log = fs::read_to_string(server.path("log.1")).unwrap();
        let rest = log.split("http://127.0.0.1:").nth(1).unwrap().to_string();
        rest.split(' ').next().unwrap().to_string()
    };
    server.signal(Signal::USR1);
    line_with(&server.path("log.1"), "[ERROR] A log stays as it was: error: cannot open the log");
    Client::new(&format!("127.0.0.1:{port}")).get(&format!("{PAGE}?kept")).unwrap();
    line_with(&dir.path().join("access.1"), "kept");
    server.signal(Signal::TTIN);
    line_with(&server.path("log"), "Handling signal: ttin");
}

#[test]
fn syslog_gets_every_line_and_every_request_under_our_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("syslog");
    let syslog = UnixDatagram::bind(&path).unwrap();
    syslog.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let place = format!("unix://{}", path.display());
    let options = [
        "--log-syslog",
        "--log-syslog-to",
        &place,
        "--log-syslog-facility",
        "local3",
        "--log-syslog-prefix",
        "shop",
    ];
    let server = Server::start(&[&options[..], &["--access-logformat", "%(m)s %(U)s %(s)s"]].concat());
    let read = || {
        let mut line = [0; 4096];
        let length = syslog.recv(&mut line).unwrap();
        String::from_utf8(line[..length].to_vec()).unwrap()
    };
    let pid = server.child.id();
    assert_eq!(
        read(),
        format!("<158>gunicorn.shop.error: [{pid}] Starting appserver {}", env!("CARGO_PKG_VERSION"))
    );
    let request = format!("<158>gunicorn.shop.access: GET {PAGE} 200");
    while read() != request {}
    for pid in server.workers().into_iter().chain([pid.cast_signed()]) {
        assert_eq!(couriers(pid), 1, "of process {pid}");
    }
}

/// How many threads of a process deliver lines elsewhere.
fn couriers(pid: i32) -> usize {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let names = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).unwrap());
    names.filter(|name| name == "courier\n").count()
}

#[test]
fn a_syslog_that_is_not_there_or_does_not_read_holds_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("syslog");
    let _deaf = UnixDatagram::bind(&path).unwrap();
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for place in [format!("unix://{}", path.display()), format!("tcp://{closed}"), format!("udp://{closed}")]
    {
        let mut server = Server::start(&["--log-syslog", "--log-syslog-to", &place]);
        let mut client = Client::new(&server.address());
        for _ in 0..500 {
            assert_eq!(client.get(PAGE).unwrap().status, 200);
        }
        server.signal(Signal::TERM);
        assert!(server.ended().success(), "{place}");
    }
}
