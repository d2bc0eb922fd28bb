//! Configurations in Python, of the shapes that real ones have.

use super::*;

/// What a site runs with: computed numbers, the environment, helpers, hooks.
const REAL: &str = r#"
"""Settings of the shop."""
import json
import multiprocessing
import os
from pathlib import Path

cores = multiprocessing.cpu_count()


def env(name, usual):
    return os.environ.get(name, usual)


bind = "%s:%s" % (env("SHOP_HOST", "0.0.0.0"), env("SHOP_PORT", "8080"))
workers = max(cores * 0 + 3, 2)
worker_class = "gthread"
threads = int(env("SHOP_THREADS", "4"))
if threads > 1:
    timeout = 120
else:
    timeout = 30
keepalive = 5
accesslog = "-"
errorlog = "-"
loglevel = env("LOG_LEVEL", "info")
preload_app = True
raw_env = ["DJANGO_SETTINGS_MODULE=shop.settings"]
pidfile = Path("/run") / "shop.pid"
secure_scheme_headers = {"X-Forwarded-Proto": "https"}
forwarded_allow_ips = "*"
umask = 0o027
max_requests, max_requests_jitter = 1000, 50
limit_request_body = "10MB"
certfile = None

print(json.dumps({"workers": workers}))


def post_fork(server, worker):
    server.log.info("Worker spawned (pid: %s)", worker.pid)


def child_exit(server, worker):
    from prometheus_client import multiprocess
    multiprocess.mark_process_dead(worker.pid)


when_ready = "shop.hooks.when_ready"
on_exit = None
"#;

#[test]
fn a_configuration_like_those_of_real_sites_is_read_whole() {
    let settings = Place::new(&[("gunicorn.conf.py", REAL)]).settings("shop.wsgi");
    let mut hooks = settings.hooks.clone();
    hooks.sort();
    assert_eq!(hooks, ["child_exit", "post_fork", "when_ready"]);
    assert_eq!(settings.bind[0].to_string(), "0.0.0.0:8080");
    let wanted = [
        ("workers", "3"),
        ("worker_class", "gthread"),
        ("threads", "4"),
        ("timeout", "120"),
        ("keepalive", "5"),
        ("accesslog", "-"),
        ("preload_app", "true"),
        ("raw_env", "DJANGO_SETTINGS_MODULE=shop.settings"),
        ("pidfile", "/run/shop.pid"),
        ("secure_scheme_headers", "X-FORWARDED-PROTO=https"),
        ("forwarded_allow_ips", "*"),
        ("umask", "027"),
        ("max_requests", "1000"),
        ("max_requests_jitter", "50"),
        ("limit_request_body", "10MB"),
    ];
    for (name, value) in wanted {
        assert_eq!(row(name).unwrap().show(&settings), value, "{name}");
    }
}

#[test]
fn a_name_that_does_nothing_is_told_and_a_helper_is_not() {
    let text = "import os\n_own = 1\nport = 5\nbind = ':%s' % port\nwrokers = 3\nTIMEOUT = 9\ndef helper(): pass\ndef post_frok(server, worker): pass\nclass Own: pass\nissue = 'a'\n";
    let (_, warnings) = Place::new(&[("gunicorn.conf.py", text)]).read("shop").unwrap();
    let told = |line: usize, column: usize, name: &str, why: &str, fix: &str| {
        let typed = text.lines().nth(line - 1).unwrap();
        let margin = if line > 9 { "  " } else { " " };
        let marks = " ".repeat(column - 1) + &"^".repeat(name.len());
        format!(
            "warning: `{name}` is no {why}\n{margin}--> gunicorn.conf.py:{line}:{column}\n{margin} |\n{line} | {typed}\n{margin} | {marks}\n{margin} = fix: {fix}"
        )
    };
    let idle = "setting, and nothing uses it";
    assert_eq!(
        warnings,
        [
            told(6, 1, "TIMEOUT", idle, "did you mean `timeout`?"),
            told(10, 1, "issue", idle, "take it away, or call it `_issue`"),
            told(8, 5, "post_frok", "hook, and nothing calls it", "did you mean `post_fork`?"),
            told(5, 1, "wrokers", idle, "did you mean `workers`?"),
        ]
    );
}

#[test]
fn a_wrong_value_is_shown_where_it_is_given() {
    let said = |text: &str| Place::new(&[("gunicorn.conf.py", text)]).said("shop");
    assert_eq!(
        said("import os\nif True:\n    workers = 'two'\n"),
        "error: `two` does not fit `workers`\n --> gunicorn.conf.py:3:5\n  |\n3 |     workers = 'two'\n  |     ^^^^^^^\n  = fix: a whole number from 1 to 1024"
    );
    assert_eq!(
        said("class Logger: pass\nlogger_class = Logger\n"),
        "error: `logger_class` is not supported\n --> gunicorn.conf.py:2:1\n  |\n2 | logger_class = Logger\n  | ^^^^^^^^^^^^\n  = fix: use `errorlog`, `accesslog`, `access_log_format`, `loglevel`, `syslog`; the application configures its own logging"
    );
    assert_eq!(
        said("post_fork = 5\n"),
        "error: `post_fork` is no function\n --> gunicorn.conf.py:1:1\n  |\n1 | post_fork = 5\n  | ^^^^^^^^^\n  = fix: a function, or the name of one with dots, like `site_hooks.ready`"
    );
    assert_eq!(
        Place::new(&[("base.py", "workers = 'two'"), ("gunicorn.conf.py", "from base import *\n")])
            .said("shop"),
        "error: `two` does not fit `workers`\n  = from: gunicorn.conf.py\n  = fix: a whole number from 1 to 1024"
    );
}

#[test]
fn a_configuration_that_fails_shows_its_line_and_its_traceback() {
    let said = |text: &str| Place::new(&[("gunicorn.conf.py", text)]).said("shop");
    let told = said("def count():\n    return nothing\n\nworkers = count()\n");
    let begins = "error: the configuration `gunicorn.conf.py` failed: NameError: name 'nothing' is not defined\n --> gunicorn.conf.py:2:5\n  |\n2 |     return nothing\n  |     ^^^^^^^^^^^^^^\n  = last lines: File \"DIR/gunicorn.conf.py\", line 4, in <module>\n";
    assert!(told.starts_with(begins), "{told}");
    assert!(told.ends_with("NameError: name 'nothing' is not defined"), "{told}");
    let told = said("workers = 3\nbind = (\n");
    assert!(told.starts_with("error: the configuration `gunicorn.conf.py` failed: SyntaxError: "), "{told}");
    let told = said("import sys\nsys.exit(3)\n");
    assert!(
        told.starts_with("error: the configuration `gunicorn.conf.py` failed: SystemExit: 3\n"),
        "{told}"
    );
    assert_eq!(
        said("import os\nos._exit(3)\n").lines().next(),
        Some(
            format!(
                "error: cannot run the configuration `gunicorn.conf.py`: `{}` ended without an answer",
                super::python().program.display()
            )
            .as_str()
        )
    );
}

#[test]
fn a_configuration_that_does_not_end_is_ended() {
    let place = Place::new(&[("gunicorn.conf.py", "import time\ntime.sleep(600)\n")]);
    assert_eq!(
        place.said("--boot-timeout 1 shop"),
        "error: cannot run the configuration `gunicorn.conf.py`: it took longer than 1 s\n  = fix: `--boot-timeout SECONDS`, or a configuration that waits for nobody"
    );
}

#[test]
fn what_a_configuration_leaves_running_keeps_nobody() {
    let text = "import subprocess, threading, time\nsubprocess.Popen(['sleep', '5'])\nthreading.Thread(target=time.sleep, args=(5,)).start()\nworkers = 2\n";
    let began = std::time::Instant::now();
    assert_eq!(Place::new(&[("gunicorn.conf.py", text)]).settings("shop").workers, 2);
    assert!(began.elapsed().as_secs() < 5);
}

#[test]
fn a_module_is_found_in_the_folder_and_a_file_may_import_its_neighbours() {
    let files =
        [("site_config.py", "import beside\nworkers = beside.workers\n"), ("beside.py", "workers = 4")];
    assert_eq!(Place::new(&files).settings("-c python:site_config shop").workers, 4);
    assert_eq!(Place::new(&files).settings("-c site_config.py shop").workers, 4);
    let said = Place::new(&[]).said("-c python:nowhere shop");
    assert!(
        said.starts_with("error: the configuration `python:nowhere` failed: ModuleNotFoundError: "),
        "{said}"
    );
}

#[test]
fn a_hook_that_is_never_called_is_told() {
    let text = "def ssl_context(config, default):\n    return default()\n";
    let (_, warnings) = Place::new(&[("gunicorn.conf.py", text)]).read("shop").unwrap();
    assert_eq!(
        warnings,
        [
            "warning: `ssl_context` is never called: TLS is Nginx's work, in front of this server\n --> gunicorn.conf.py:1:5\n  |\n1 | def ssl_context(config, default):\n  |     ^^^^^^^^^^^"
        ]
    );
}

#[test]
fn a_file_read_again_is_read_anew() {
    let place = Place::new(&[("gunicorn.conf.py", "workers = 2")]);
    assert_eq!(place.settings("shop").workers, 2);
    fs::write(place.folder.path().join("gunicorn.conf.py"), "workers = 3").unwrap();
    assert_eq!(place.settings("shop").workers, 3);
}
