//! What an application says: to the error log, to standard output.

use std::fs;

use crate::support::server::wait_for;
use crate::wsgi::talk::{ask, body, get};
use crate::wsgi::trap;

#[test]
fn what_is_said_to_wsgi_errors_is_in_the_error_log_with_the_process() {
    let server = trap(&[]);
    let pid = body(&server.address(), "/errors");
    for text in
        ["written to errors", "line one of errors", "line two of errors", "caf\u{e9} printed to errors"]
    {
        server.logged(text, 1);
        let log = server.log();
        let line = log.lines().find(|line| line.contains(text)).unwrap();
        assert!(line.contains(&format!("[{pid}]")), "{line}");
    }
}

#[test]
fn what_is_printed_is_seen() {
    let server = trap(&[]);
    assert_eq!(body(&server.address(), "/say"), "said");
    let seen = || ["out", "err", "log"].map(|name| fs::read_to_string(server.path(name)).unwrap_or_default());
    wait_for("what is printed", || seen()[0].contains("said to standard output\n").then_some(()));
    wait_for("the errors", || {
        let [_, err, log] = seen();
        (err + &log).contains("said to standard error\n").then_some(())
    });
}

#[test]
fn captured_output_is_in_the_error_log() {
    let server = trap(&["--capture-output"]);
    assert_eq!(body(&server.address(), "/say"), "said");
    server.logged("said to standard output", 1);
    server.logged("said to standard error", 1);
}

#[test]
fn the_access_log_has_a_line_for_every_request() {
    let dir = tempfile::tempdir().unwrap();
    let access = dir.path().join("access");
    let format = "%(h)s %(m)s %(U)s?%(q)s %(H)s %(s)s %(B)s %({x-a}i)s %({content-type}o)s";
    let server = trap(&["--access-logfile", access.to_str().unwrap(), "--access-logformat", format]);
    let address = server.address();
    body(&address, "/closing?a=b");
    ask(&address, &crate::wsgi::talk::request("HEAD", "/reason", "X-A: say \"hi\"\r\n", ""));
    ask(&address, &get("/broken"));
    let lines = wait_for("three lines", || {
        let text = fs::read_to_string(&access).unwrap_or_default();
        (text.lines().count() == 3).then(|| text.lines().map(str::to_string).collect::<Vec<_>>())
    });
    assert_eq!(lines[0], "127.0.0.1 GET /closing?a=b HTTP/1.1 200 7 - text/plain");
    assert_eq!(lines[1], "127.0.0.1 HEAD /reason? HTTP/1.1 299 0 say \\\"hi\\\" -");
    assert!(lines[2].starts_with("127.0.0.1 GET /broken? HTTP/1.1 500 "), "{}", lines[2]);
}
