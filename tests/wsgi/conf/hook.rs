//! The server hooks of a configuration: all of them, in their order, each in its process.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::{Server, binary, wait_for};
use crate::wsgi::talk::{ask, get};
use crate::wsgi::{notes, serve};

/// What is noted before the first request; the worker is called `1`.
const BOOT: [&str; 7] = [
    "master nworkers_changed 1 None",
    "master on_starting",
    "master when_ready",
    "master pre_fork",
    "1 post_fork True",
    "1 import",
    "1 post_worker_init",
];
/// What a request adds.
const REQUEST: [&str; 3] =
    ["1 pre_request GET /x y=1 /x?y=1", "1 app", "1 post_request GET /x /x 201 Created"];

fn hooked(options: &[&str]) -> Server {
    serve(&[&["-c", "hook_conf.py"], options, &["hook_app:app"]].concat())
}

/// Serves the noting application from a directory of its own; the hooks' module is found by the environment.
fn serve_with_path(home: &Path, path: &str) -> Server {
    Server::spawn(|dir| {
        let mut command = crate::wsgi::command(dir, home, &["--bind", "127.0.0.1:0", "hook_app:app"]);
        command.env("PYTHONPATH", path);
        command
    })
}

/// The notes, with the workers' process ids numbered as they came.
fn numbered(server: &Server) -> Vec<String> {
    let text = notes(server);
    let mut pids: Vec<&str> = Vec::new();
    for line in text.lines() {
        let first = line.split(' ').next().unwrap();
        if first != "master" && !pids.contains(&first) {
            pids.push(first);
        }
    }
    let word = |word: &str| match pids.iter().position(|pid| *pid == word) {
        Some(at) => (at + 1).to_string(),
        None => word.to_string(),
    };
    text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect()
}

/// Those of one process, without its name.
fn of<'a>(who: &str, notes: &'a [String]) -> Vec<&'a str> {
    notes.iter().filter_map(|line| line.strip_prefix(who)?.strip_prefix(' ')).collect()
}

/// Waits until a note is there this often.
fn noted_times(server: &Server, words: &str, times: usize) {
    wait_for(words, || {
        (numbered(server).iter().filter(|line| line.as_str() == words).count() == times).then_some(())
    });
}

#[test]
fn the_hooks_of_a_whole_life_are_called_in_their_order() {
    let mut server = hooked(&[]);
    assert_eq!(ask(&server.address(), &get("/x?y=1")).lines().next(), Some("HTTP/1.1 201 Created"));
    noted_times(&server, REQUEST[2], 1);
    assert_eq!(numbered(&server), [&BOOT[..], &REQUEST[..]].concat());
    server.signal(Signal::HUP);
    noted_times(&server, "2 post_worker_init", 1);
    noted_times(&server, "master child_exit 1", 1);
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    let all = numbered(&server);
    assert_eq!(
        of("master", &all),
        [
            "nworkers_changed 1 None",
            "on_starting",
            "when_ready",
            "pre_fork",
            "nworkers_changed 1 1",
            "on_reload",
            "pre_fork",
            "child_exit 1",
            "child_exit 2",
            "on_exit"
        ]
    );
    assert_eq!(
        of("1", &all),
        [
            "post_fork True",
            "import",
            "post_worker_init",
            "pre_request GET /x y=1 /x?y=1",
            "app",
            "post_request GET /x /x 201 Created",
            "worker_exit"
        ]
    );
    assert_eq!(of("2", &all), ["post_fork True", "import", "post_worker_init", "worker_exit"]);
    assert_eq!(all.len(), 21, "{all:?}");
}

#[test]
fn a_quick_stop_calls_worker_int() {
    let mut server = hooked(&[]);
    ask(&server.address(), &get("/x?y=1"));
    noted_times(&server, REQUEST[2], 1);
    server.signal(Signal::INT);
    assert_eq!(server.ended().code(), Some(0));
    let all = numbered(&server);
    assert_eq!(
        all[BOOT.len() + REQUEST.len()..],
        ["1 worker_int", "1 worker_exit", "master child_exit 1", "master on_exit"]
    );
}

#[test]
fn a_worker_that_is_stuck_calls_worker_abort() {
    let server = hooked(&["--timeout", "1", "--worker-class", "sync"]);
    let mut talk = crate::wsgi::talk::Talk::to(&server.address());
    talk.send(get("/stuck"));
    noted_times(&server, "1 worker_abort", 1);
    noted_times(&server, "master child_exit 1", 1);
    noted_times(&server, "2 post_worker_init", 1);
}

#[test]
fn more_and_fewer_workers_are_told() {
    let server = hooked(&[]);
    ask(&server.address(), &get("/x"));
    server.signal(Signal::TTIN);
    noted_times(&server, "master nworkers_changed 2 1", 1);
    noted_times(&server, "2 post_worker_init", 1);
    server.signal(Signal::TTOU);
    noted_times(&server, "master nworkers_changed 1 2", 1);
    noted_times(&server, "1 worker_exit", 1);
}

#[test]
fn a_reload_with_another_number_of_workers_is_told_of_once_and_is_good_though_a_hook_fails() {
    let file = |workers, more| {
        format!("from hook_conf import nworkers_changed\n\nworkers = {workers}\npidfile = 'pid'\n{more}")
    };
    let fails = "\n\ndef on_reload(server):\n    raise RuntimeError('no word')\n";
    let home = super::project(&[("gunicorn.conf.py", &file(1, ""))]);
    let server = serve_with_path(home.path(), crate::wsgi::apps().to_str().unwrap());
    ask(&server.address(), &get("/x"));
    std::fs::write(home.path().join("gunicorn.conf.py"), file(2, fails)).unwrap();
    let pid = server.child.id().to_string();
    let done = Command::new(binary()).args(["reload", "--pid-number", &pid]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.starts_with("generation 2 serves, after "), "{done:?}");
    server.logged("no word", 1);
    let told = notes(&server);
    let told: Vec<&str> = told.lines().filter(|line| line.contains("nworkers")).collect();
    assert_eq!(told, ["master nworkers_changed 1 None", "master nworkers_changed 2 1"]);
}

#[test]
fn a_worker_keeps_the_age_that_it_was_forked_with() {
    let file = "from hook_conf import note\n\nworkers = 3\n\n\n\
                def post_fork(server, worker):\n    note('forked', worker.age, worker.pid)\n\n\n\
                def child_exit(server, worker):\n    note('ended', worker.age, worker.pid)\n";
    let home = super::project(&[("gunicorn.conf.py", file)]);
    let mut server = serve_with_path(home.path(), crate::wsgi::apps().to_str().unwrap());
    assert_eq!(ask(&server.address(), &get("/x")).lines().next(), Some("HTTP/1.1 201 Created"));
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    let all = notes(&server);
    let sorted = |word: &str| {
        let mut told: Vec<&str> = all.lines().filter_map(|line| line.strip_prefix(word)).collect();
        told.sort_unstable();
        told
    };
    assert_eq!(sorted("forked ").len(), 3, "{all}");
    assert_eq!(sorted("ended "), sorted("forked "));
}

#[test]
fn workers_that_are_not_forked_are_told_apart_when_they_end() {
    let file = "from hook_conf import note\n\nworkers = 3\n\n\n\
                def child_exit(server, worker):\n    note('ended', worker.age)\n";
    let home = super::project(&[("gunicorn.conf.py", file)]);
    let mut server = serve_with_path(home.path(), crate::wsgi::apps().to_str().unwrap());
    assert_eq!(ask(&server.address(), &get("/x")).lines().next(), Some("HTTP/1.1 201 Created"));
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    let all = notes(&server);
    let mut ended: Vec<&str> = all.lines().filter_map(|line| line.strip_prefix("ended ")).collect();
    ended.sort_unstable();
    assert_eq!(ended, ["1", "2", "3"]);
}

#[test]
fn hooks_write_to_the_error_log() {
    let server = hooked(&[]);
    ask(&server.address(), &get("/x"));
    server.logged("hook: ready, 1 workers", 1);
    server.logged("hook: spawned ", 1);
    let log = server.log();
    assert!(log.lines().any(|line| line.contains("] [INFO] hook: spawned ")), "{log}");
}

#[test]
fn the_sockets_are_opened_between_the_first_hook_and_the_next() {
    let file = "import os\n\n\ndef on_starting(server):\n    assert not os.path.exists('site.sock')\n\n\n\
                def when_ready(server):\n    assert os.path.exists('site.sock')\n    server.log.info('all in order')\n";
    let home = super::project(&[("gunicorn.conf.py", file)]);
    let server = Server::spawn(|dir| {
        crate::wsgi::command(dir, home.path(), &["--bind", "unix:site.sock", "shop:app"])
    });
    server.logged("all in order", 1);
    server.logged("Booting worker", 1);
}

#[test]
fn a_preloading_server_imports_before_its_first_worker() {
    let server = hooked(&["--preload"]);
    ask(&server.address(), &get("/x?y=1"));
    let words: Vec<String> =
        numbered(&server).iter().map(|line| line.split(' ').nth(1).unwrap().to_string()).collect();
    let at = |name: &str| words.iter().position(|word| word == name).unwrap();
    assert!(at("import") < at("pre_fork") && at("pre_fork") < at("post_fork"), "{words:?}");
    assert_eq!(words.iter().filter(|word| *word == "import").count(), 1);
}

#[test]
fn a_hook_may_be_a_name_and_may_take_fewer_arguments() {
    let file = "from hook_conf import note\n\npost_fork = 'hook_conf.post_fork'\n\n\n\
                def post_request(worker, req):\n    note('two', req.path)\n";
    let longer = file.replace("req):", "req, environ):").replace("'two'", "'three'");
    for (file, word) in [(file, "two /x"), (&longer, "three /x")] {
        let home = super::project(&[("gunicorn.conf.py", file)]);
        let apps = crate::wsgi::apps();
        let server = serve_with_path(home.path(), apps.to_str().unwrap());
        ask(&server.address(), &get("/x"));
        wait_for("its note", || notes(&server).lines().any(|line| line == word).then_some(()));
        assert!(notes(&server).contains(" post_fork True\n"), "{}", notes(&server));
    }
}
