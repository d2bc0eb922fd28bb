//! `gunicorn.conf.py`: found, read, and refused where it is wrong.

use std::fs;

use super::{project, refused, said, serve_in};
use crate::support::server::{Server, wait_for};
use crate::wsgi::command;
use crate::wsgi::talk::{body, get};

/// A file as projects have it: imports, values that are computed, names of its own, functions.
const USUAL: &str = r#"
# Gunicorn configuration file
import multiprocessing
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
_port = os.environ.get("SHOP_PORT", "0")


def cores():
    return multiprocessing.cpu_count()


wsgi_app = "shop:create_app()"
bind = "127.0.0.1:%s" % _port
backlog = 2048
workers = min(3, cores() * 2 + 1)
worker_class = "gthread"
threads = int(os.environ.get("THREADS", 2))
worker_connections = 1000
timeout = 120
graceful_timeout = 30
keepalive = 5
max_requests = 1000
max_requests_jitter = 50
preload_app = False
raw_env = ["SHOP=open"]
umask = 0o007
pidfile = str(BASE_DIR / "shop.pid")
worker_tmp_dir = "/dev/shm"
forwarded_allow_ips = "*"
accesslog = str(BASE_DIR / "access")
access_log_format = '%(h)s "%(r)s" %(s)s'
errorlog = "-"
loglevel = os.getenv("LOG_LEVEL", "info")
capture_output = True
enable_stdio_inheritance = True
proc_name = "shop"
limit_request_line = 4094
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
daemon = False
tmp_upload_dir = None
"#;

#[test]
fn the_usual_file_is_found_and_every_line_of_it_works() {
    let home = project(&[("gunicorn.conf.py", USUAL)]);
    let server = Server::spawn(|dir| command(dir, home.path(), &[]));
    let address = server.address();
    assert_eq!(body(&address, "/"), "made of () {}");
    assert_eq!(body(&address, "/threads"), "True");
    assert_eq!(body(&address, "/env"), "open");
    server.logged("Booting worker with pid: ", 3);
    wait_for("three lines", || {
        let text = fs::read_to_string(home.path().join("access")).unwrap_or_default();
        (text == "127.0.0.1 \"GET / HTTP/1.1\" 200\n127.0.0.1 \"GET /threads HTTP/1.1\" 200\n127.0.0.1 \"GET /env HTTP/1.1\" 200\n").then_some(())
    });
    assert_eq!(fs::read_to_string(home.path().join("shop.pid")).unwrap(), format!("{}\n", server.child.id()));
    assert!(!said(&server).contains("did you mean"), "{}", said(&server));
    assert!(!server.log().contains("[WARNING]"), "{}", server.log());
}

#[test]
fn the_port_of_the_environment_is_every_interfaces() {
    let home = project(&[]);
    let server = Server::spawn(|dir| {
        let mut command = command(dir, home.path(), &["shop:app"]);
        command.env("PORT", "0");
        command
    });
    let port = wait_for("the port", || {
        let log = server.log();
        log.split("Listening at: http://0.0.0.0:").nth(1)?.split(' ').next()?.parse::<u16>().ok()
    });
    assert_eq!(body(&format!("127.0.0.1:{port}"), "/"), "shop:app");
}

#[test]
fn a_file_may_bind_to_the_port_of_the_environment() {
    let file = "import os\nbind = '127.0.0.1:' + os.environ['PORT']\n";
    let home = project(&[("gunicorn.conf.py", file)]);
    let server = Server::spawn(|dir| {
        let mut command = command(dir, home.path(), &["shop:app"]);
        command.env("PORT", "0");
        command
    });
    assert_eq!(body(&server.address(), "/"), "shop:app");
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let home = project(&[("gunicorn.conf.py", "wsgi_app = 'shop:application'\nthreads = 1\n")]);
    for (environment, line, wanted) in
        [("", &[][..], "False"), ("--threads 3", &[], "True"), ("--threads 3", &["--threads", "1"], "False")]
    {
        let server = Server::spawn(|dir| {
            let all = [&["--bind", "127.0.0.1:0", "--worker-class", "sync"], line].concat();
            let mut command = command(dir, home.path(), &all);
            command.env("GUNICORN_CMD_ARGS", environment);
            command
        });
        assert_eq!(body(&server.address(), "/threads"), wanted, "{environment:?} {line:?}");
        assert_eq!(body(&server.address(), "/"), "shop:application");
    }
    let server = serve_in(home.path(), &["shop:app"]);
    assert_eq!(body(&server.address(), "/"), "shop:app");
}

#[test]
fn a_file_is_named_by_a_path_or_by_a_module() {
    let file = "raw_env = ['SHOP=by name']\n";
    let home =
        project(&[("etc/prod.py", file), ("settings/__init__.py", ""), ("settings/production.py", file)]);
    let absolute = home.path().join("etc/prod.py");
    let absolute = absolute.to_str().unwrap();
    for name in ["etc/prod.py", "./etc/prod.py", "file:etc/prod.py", absolute, "python:settings.production"] {
        let server = serve_in(home.path(), &["-c", name, "shop:app"]);
        assert_eq!(body(&server.address(), "/env"), "by name", "{name}");
    }
    let server = Server::spawn(|dir| {
        let mut command = command(dir, home.path(), &["--bind", "127.0.0.1:0", "shop:app"]);
        command.env("GUNICORN_CMD_ARGS", "-c etc/prod.py");
        command
    });
    assert_eq!(body(&server.address(), "/env"), "by name");
}

#[test]
fn a_name_that_is_almost_a_setting_is_warned_about_and_others_are_not() {
    let file = "import os\ntimeuot = 5\nworker = 2\nDEBUG = True\n_private = 1\nhome = os.getcwd()\n";
    let home = project(&[("gunicorn.conf.py", file)]);
    let server = serve_in(home.path(), &["shop:app"]);
    assert_eq!(body(&server.address(), "/"), "shop:app");
    let text = said(&server);
    for (typed, meant) in [("timeuot", "timeout"), ("worker", "workers")] {
        let found = text.contains(&format!("`{typed}`")) && text.contains(&format!("did you mean `{meant}`"));
        assert!(found, "{text}");
    }
    assert_eq!(text.matches("did you mean").count(), 2, "{text}");
}

#[test]
fn a_file_that_fails_is_refused_with_its_line() {
    for (file, line, why) in [
        ("workers = 2\n\nbind = 1 / 0\n", 3, "ZeroDivisionError"),
        ("workers = 2\nthreads = (\n", 2, "SyntaxError"),
        ("import os\n\n\nworkers = os.environ['NO_SUCH_NAME']\n", 4, "NO_SUCH_NAME"),
        ("import no_such_module\n", 1, "no_such_module"),
    ] {
        let home = project(&[("gunicorn.conf.py", file)]);
        let (status, text) = refused(home.path(), &["shop:app"]);
        assert!(status.code().is_some_and(|code| code != 0), "{status}: {text}");
        assert!(text.contains("gunicorn.conf.py") && text.contains(why), "{text}");
        assert!(text.contains(&format!("line {line}")) || text.contains(&format!(".py:{line}")), "{text}");
    }
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_name() {
    for (file, name, value) in [
        ("workers = 'many'\n", "workers", "many"),
        ("timeout = -5\n", "timeout", "-5"),
        ("loglevel = 'loud'\n", "loglevel", "loud"),
        ("def post_fork(): pass\n", "post_fork", "post_fork"),
    ] {
        let home = project(&[("gunicorn.conf.py", file)]);
        let (status, text) = refused(home.path(), &["shop:app"]);
        assert!(status.code().is_some_and(|code| code != 0), "{status}: {text}");
        assert!(text.contains(name) && text.contains(value), "{file}{text}");
    }
}

#[test]
fn a_named_file_that_is_not_there_is_refused() {
    let home = project(&[]);
    for name in ["nowhere.py", "file:nowhere.py", "python:nowhere"] {
        let (status, text) = refused(home.path(), &["-c", name, "shop:app"]);
        assert!(status.code().is_some_and(|code| code != 0), "{status}: {text}");
        assert!(text.contains("nowhere"), "{text}");
    }
}

#[test]
fn check_config_loads_the_file_and_the_application_and_print_config_tells_the_values() {
    let home = project(&[("gunicorn.conf.py", "threads = 7\nraw_env = ['SHOP=open']\n")]);
    let (status, text) = refused(home.path(), &["--check-config", "shop:app"]);
    assert_eq!((status.code(), text.as_str()), (Some(0), ""));
    let (status, text) = refused(home.path(), &["--print-config", "--timeout", "44", "shop:app"]);
    assert_eq!(status.code(), Some(0), "{text}");
    let value = |name: &str| {
        let line = text.lines().find(|line| line.split([' ', '=']).next() == Some(name));
        let told = line.and_then(|line| line.split('=').nth(1)?.split("  #").next());
        told.map(|value| value.trim().to_string())
    };
    assert_eq!(value("threads").as_deref(), Some("7"), "{text}");
    assert_eq!(value("timeout").as_deref(), Some("44"), "{text}");
    let (status, text) = refused(home.path(), &["--check-config", "shop:nothing"]);
    assert!(status.code().is_some_and(|code| code != 0), "{status}: {text}");
    assert!(text.contains("nothing"), "{text}");
}

#[test]
fn a_file_without_the_name_is_not_read() {
    let home = project(&[("gunicorn.py", "1 / 0\n"), ("gunicorn.conf", "1 / 0\n")]);
    let server = serve_in(home.path(), &["shop:app"]);
    let mut talk = crate::wsgi::talk::Talk::to(&server.address());
    talk.send(get("/"));
    assert_eq!(talk.answer().text(), "shop:app");
}
