//! Bad input: a clear error, exit 2, nothing started.

use std::net::TcpListener;
use std::process::Command;

use crate::support::server::{APP, binary};

/// What the bundled application says to a name it does not know.
const UNKNOWN: &str =
    "error: unknown part `@nope`; known are: @hbnb, @hbnb/onepage, @hbnb/dynamic, @hbnb/api, @hbnb/web";

/// The server, in an environment that gives no setting.
fn server() -> Command {
    let mut command = Command::new(binary());
    for name in
        ["PORT", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "SENDFILE", "GUNICORN_CMD_ARGS", "APPSERVER_ARGS"]
    {
        command.env_remove(name);
    }
    command
}

/// What a command line is answered with: the exit status and all of standard error.
fn said(args: &[&str]) -> (Option<i32>, String) {
    let output = server().args(args).output().unwrap();
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
    let output = server().args(["--check-config", APP]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
}

#[test]
fn the_version_is_printed_on_standard_output() {
    let output = server().arg("-v").output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("appserver {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn print_config_shows_what_all_sources_make_together_and_leaves() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("appserver.yml"), "workers: 2\ntimeout: 7\n").unwrap();
    let output = server()
        .args(["--print-config", "-w", "3", APP])
        .current_dir(dir.path())
        .env("GUNICORN_CMD_ARGS", "--keep-alive 75")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
    let printed = String::from_utf8(output.stdout).unwrap();
    let from_somewhere: Vec<String> = printed
        .lines()
        .filter(|line| line.contains("  # "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        from_somewhere,
        [
            "keepalive = 75 # $GUNICORN_CMD_ARGS",
            "print_config = true # command line",
            "timeout = 7 # appserver.yml:2",
            "workers = 3 # command line",
            "wsgi_app = @hbnb/onepage # command line"
        ]
    );
}

#[test]
fn a_configuration_in_python_that_fails_ends_the_start_and_its_prints_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    let text = "print('reading')\nworkers = 1 / 0\n";
    std::fs::write(dir.path().join("gunicorn.conf.py"), text).unwrap();
    let output = server().arg("shop.wsgi").current_dir(dir.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(2), vec![]));
    let begins = "reading\nerror: the configuration `gunicorn.conf.py` failed: ZeroDivisionError: division by zero\n --> gunicorn.conf.py:2:1\n  |\n2 | workers = 1 / 0\n  | ^^^^^^^^^^^^^^^\n";
    assert!(told.starts_with(begins), "{told}");
}

#[test]
fn the_help_is_in_sections_and_the_page_explains_every_setting() {
    let help = server().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let headings: Vec<&str> =
        help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
    assert_eq!(
        headings,
        [
            "Options:",
            "Application:",
            "Server Socket:",
            "Worker Processes:",
            "Python:",
            "Security:",
            "Proxies and Protocols:",
            "Unconventional HTTP:",
            "Server Mechanics:",
            "Logging and Figures:",
            "Control:",
            "Debugging:"
        ]
    );
    let page = server().arg("settings").output().unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.starts_with("# Settings\n") && page.contains("| `workers` | `-w, --workers N` |"), "{page}");
}
