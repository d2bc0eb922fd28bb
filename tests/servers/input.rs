//! Bad input: a clear error, exit 2, nothing started.

use std::net::TcpListener;
use std::process::Command;

use crate::support::server::{APP, binary};

/// What the bundled application says to a name it does not know.
const UNKNOWN: &str =
    "error: unknown part `@nope`; known are: @hbnb, @hbnb/onepage, @hbnb/dynamic, @hbnb/api, @hbnb/web";

/// What a command line is answered with: the exit status and all of standard error.
fn said(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(binary()).args(args).env_remove("PORT").output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn wrong(text: &str) -> (Option<i32>, String) {
    (Some(2), format!("{text}\n"))
}

#[test]
fn a_wrong_command_line_is_told_whole() {
    assert_eq!(
        said(&["--bind", ":80", "--bind", "0.0.0.0:80", APP]),
        wrong("error: the same bind twice: `0.0.0.0:80`\n  = fix: remove one of the two")
    );
    assert_eq!(
        said(&["--bind", ":65536", APP]),
        wrong("error: cannot bind to `:65536`: port 65536 is out of range\n  = fix: a port from 0 to 65535")
    );
    assert_eq!(
        said(&["--worker", "2", APP]),
        wrong("error: unknown option `--worker`\n  = fix: did you mean `--workers`?")
    );
    assert_eq!(
        said(&["--workers", "two", APP]),
        wrong("error: `two` does not fit `--workers`\n  = fix: a whole number from 1 to 1024")
    );
}

#[test]
fn an_address_in_use_says_how_to_find_who_uses_it() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    assert_eq!(
        said(&["--bind", &address.to_string(), APP]),
        wrong(&format!(
            "error: cannot listen on `{address}`: the address is in use\n  = fix: `ss -ltnp 'sport = :{}'` shows who listens there",
            address.port()
        ))
    );
}

#[test]
fn a_file_that_is_no_socket_is_not_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("precious");
    std::fs::write(&path, "data").unwrap();
    let shown = path.display();
    assert_eq!(
        said(&["--bind", &format!("unix:{shown}"), APP]),
        wrong(&format!(
            "error: cannot listen on `unix:{shown}`: there is a file that is not a socket\n  = fix: remove it (`rm {shown}`), or choose another path"
        ))
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "data");
}

#[test]
fn an_unknown_application_is_an_error_before_and_at_the_start() {
    let (status, text) = said(&["--check-config", "@nope"]);
    assert_eq!((status, text.lines().next()), (Some(2), Some(UNKNOWN)));
    let (status, text) = said(&["--bind", "127.0.0.1:0", "--log-level", "critical", "@nope"]);
    assert_eq!((status, text.lines().next()), (Some(2), Some(UNKNOWN)));
}

#[test]
fn check_config_loads_the_application_and_leaves() {
    let output = Command::new(binary()).args(["--check-config", APP]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
}

#[test]
fn the_version_is_printed_on_standard_output() {
    let output = Command::new(binary()).arg("-v").output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("appserver {}\n", env!("CARGO_PKG_VERSION"))
    );
}
