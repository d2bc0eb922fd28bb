//! HUP reads every setting again, and a mistake in one changes nothing.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::{APP, Client, PAGE, Server, binary, signal_to, wait_for};
use crate::support::site::{self, answers, get};

/// A server with a configuration of Python.
fn configured(text: &str) -> Server {
    let server = Server::spawn(|dir| {
        site::write(dir, "one");
        fs::write(dir.join("gunicorn.conf.py"), text).unwrap();
        site::command(dir, &[])
    });
    answers(&server, "/", "one");
    server
}

/// A server in `dir` with these arguments and what its configuration gives.
fn without_application(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(dir).args(["--python", site::python()]).args(args);
    command
}

fn reconfigure(server: &Server, text: &str) {
    fs::write(server.path("gunicorn.conf.py"), text).unwrap();
    server.signal(Signal::HUP);
}

#[test]
fn a_reload_takes_new_values_and_new_code() {
    let server = configured("workers = 1\nraw_env = ['COLOUR=red']\n");
    assert_eq!((server.workers_are(2).len(), get(&server, "/env?COLOUR").as_str()), (2, "red"));
    site::write(server.dir.path(), "two");
    reconfigure(&server, "workers = 3\nraw_env = ['COLOUR=blue']\n");
    answers(&server, "/", "two");
    assert_eq!(get(&server, "/env?COLOUR"), "blue");
    server.workers_are(4);
    site::end(server);
}

#[test]
fn another_application_serves_after_a_reload_whether_it_is_of_python_or_ours() {
    let server = Server::spawn(|dir| {
        site::write(dir, "one");
        fs::write(dir.join("gunicorn.conf.py"), "wsgi_app = 'app'\n").unwrap();
        without_application(dir, &["--bind", "127.0.0.1:0", "--error-logfile", "log"])
    });
    answers(&server, "/", "one");
    reconfigure(&server, &format!("wsgi_app = '{APP}'\n"));
    answers(&server, PAGE, "Hello HBNB!");
    reconfigure(&server, "wsgi_app = 'app'\n");
    answers(&server, "/", "one");
    server.workers_are(2);
    site::end(server);
}

#[test]
fn a_configuration_that_fails_leaves_the_old_workers_and_says_where() {
    let server = configured("workers = 1\n");
    let old = server.workers_are(2);
    reconfigure(&server, "workers = 1 / 0\n");
    server.logged("Reload failed, the old workers keep serving: the configuration `gunicorn.conf.py` failed: ZeroDivisionError", 1);
    assert_eq!((server.workers_are(2), get(&server, "/").as_str()), (old, "one"));
    reconfigure(&server, "workers = 2\n");
    server.workers_are(3);
    site::end(server);
}

#[test]
fn an_application_that_cannot_be_imported_leaves_the_old_workers_and_says_why() {
    let server = configured("workers = 2\n");
    let old = server.workers_are(3);
    fs::write(server.path("app.py"), "import nothing_of_that_name\n").unwrap();
    server.signal(Signal::HUP);
    server.logged("ModuleNotFoundError", 1);
    server.logged("Reload failed, the old workers keep serving", 1);
    assert_eq!((server.workers_are(3), get(&server, "/").as_str()), (old, "one"));
    site::end(server);
}

#[test]
fn a_slow_configuration_keeps_nobody_from_being_served_or_replaced() {
    let server = configured("workers = 1\n");
    let first: i32 = get(&server, "/pid").parse().unwrap();
    reconfigure(&server, "import time, os\nwhile not os.path.exists('go'): time.sleep(0.01)\n");
    server.logged("Handling signal: hup", 1);
    signal_to(first, Signal::KILL);
    wait_for("another worker", || {
        Client::new(&server.address()).get("/pid").ok().filter(|answer| answer.text() != first.to_string())
    });
    assert!(!server.log().contains("Worker exited"));
    fs::write(server.path("go"), "").unwrap();
    server.logged("Worker exited", 2);
    site::end(server);
}

#[test]
fn a_new_bind_is_opened_and_the_old_one_closed_when_the_new_workers_serve() {
    let server = Server::spawn(|dir| {
        site::write(dir, "one");
        fs::write(dir.join("gunicorn.conf.py"), "bind = ['127.0.0.1:0', 'unix:old']\n").unwrap();
        without_application(dir, &["--error-logfile", "log", "app"])
    });
    answers(&server, "/", "one");
    let (first, old) = (server.address(), server.path("old"));
    assert!(old.exists());
    reconfigure(&server, "bind = ['127.0.0.1:0', 'unix:new']\n");
    wait_for("the new socket", || server.path("new").exists().then_some(()));
    wait_for("the end of the old socket", || (!old.exists()).then_some(()));
    assert_eq!(Client::new(&first).get("/").unwrap().text(), "one");
    server.logged("Worker exited", 2);

    // A place that cannot be had changes nothing.
    reconfigure(&server, "bind = ['unix:no/such/folder/socket']\n");
    server.logged("Reload failed, the old workers keep serving: cannot listen on `unix:", 1);
    assert_eq!(Client::new(&first).get("/").unwrap().text(), "one");

    reconfigure(&server, "bind = ['unix:new']\n");
    wait_for("the end of the port", || TcpStream::connect(&first).is_err().then_some(()));
    assert!(server.path("new").exists());
    site::end(server);
}

#[test]
fn logs_and_the_pid_file_move_where_the_settings_say() {
    let server = Server::spawn(|dir| {
        site::write(dir, "one");
        fs::write(dir.join("gunicorn.conf.py"), "errorlog = 'log'\npidfile = 'pid'\naccesslog = 'access'\n")
            .unwrap();
        without_application(dir, &["--bind", "127.0.0.1:0", "app"])
    });
    answers(&server, "/", "one");
    let pid = fs::read_to_string(server.path("pid")).unwrap();
    assert_eq!(pid, format!("{}\n", server.child.id()));
    let address = server.address();
    reconfigure(&server, "errorlog = 'log.2'\npidfile = 'pid.2'\naccesslog = 'access.2'\n");
    wait_for("the new pid file", || (!server.path("pid").exists()).then_some(()));
    assert_eq!(fs::read_to_string(server.path("pid.2")).unwrap(), pid);
    let lines = |log: &str, text: &str| {
        fs::read_to_string(server.path(log)).unwrap_or_default().matches(text).count()
    };
    let mut asked = 0;
    wait_for("a line in the new access log", || {
        // The old workers may still accept for a moment; their lines are in their own log.
        Client::new(&address).get("/fresh").unwrap();
        asked += 1;
        (lines("access.2", "/fresh") > 0).then_some(())
    });
    wait_for("all lines", || {
        (lines("access", "/fresh") + lines("access.2", "/fresh") == asked).then_some(())
    });
    server.signal(Signal::USR1);
    wait_for("a line in the new error log", || {
        fs::read_to_string(server.path("log.2")).ok().filter(|text| text.contains("Handling signal: usr1"))
    });
    // One that cannot be moved stays, with everything else.
    reconfigure(&server, "errorlog = 'log.2'\npidfile = 'no/such/folder/pid'\n");
    wait_for("the complaint", || {
        fs::read_to_string(server.path("log.2"))
            .ok()
            .filter(|text| text.contains("cannot write the pid file"))
    });
    assert_eq!(fs::read_to_string(server.path("pid.2")).unwrap(), pid);
    site::end(server);
}

#[test]
fn workers_work_in_the_release_that_was_there_at_the_reload() {
    let server = Server::spawn(|dir| {
        site::write(&dir.join("releases/1"), "one");
        site::write(&dir.join("releases/2"), "two");
        symlink("releases/1", dir.join("current")).unwrap();
        site::command(dir, &["--chdir", "current"])
    });
    answers(&server, "/", "one");
    symlink("releases/2", server.path("next")).unwrap();
    fs::rename(server.path("next"), server.path("current")).unwrap();
    // Who is replaced in between is of the old release, as its siblings are.
    let pid: i32 = get(&server, "/pid").parse().unwrap();
    signal_to(pid, Signal::KILL);
    wait_for("another worker", || {
        Client::new(&server.address()).get("/pid").ok().filter(|answer| answer.text() != pid.to_string())
    });
    assert_eq!(get(&server, "/"), "one");
    server.signal(Signal::HUP);
    answers(&server, "/", "two");
    let folder = server.path("releases/2").canonicalize().unwrap();
    assert_eq!(get(&server, "/cwd"), folder.display().to_string());
    site::end(server);
}

#[test]
fn a_server_called_in_a_linked_folder_follows_the_link() {
    let server = Server::spawn(|dir| {
        site::write(&dir.join("releases/1"), "one");
        site::write(&dir.join("releases/2"), "two");
        symlink("releases/1", dir.join("current")).unwrap();
        let mut command = site::command(&dir.join("current"), &[]);
        command.args(["--error-logfile"]).arg(dir.join("log"));
        command
    });
    answers(&server, "/", "one");
    symlink("releases/2", server.path("next")).unwrap();
    fs::rename(server.path("next"), server.path("current")).unwrap();
    server.signal(Signal::HUP);
    answers(&server, "/", "two");
    site::end(server);
}

/// How much free memory the heap of a process is told to keep.
fn kept(pid: i32) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let value = environment.split('\0').find_map(|pair| pair.strip_prefix("MALLOC_TRIM_THRESHOLD_="));
    value.map(str::to_string)
}

#[test]
fn a_native_worker_keeps_little_free_memory_unless_told_otherwise() {
    let kept = |args: &[&str]| {
        let server = Server::spawn(|dir| {
            let mut command = without_application(dir, &["--bind", "127.0.0.1:0", "--error-logfile", "log"]);
            command.args(["--workers", "1"]).args(args).arg(APP);
            command
        });
        answers(&server, PAGE, "Hello HBNB!");
        let kept = kept(server.workers_are(1)[0]);
        site::end(server);
        kept
    };
    assert_eq!(kept(&[]).as_deref(), Some("131072"));
    assert_eq!(kept(&["--env", "MALLOC_TRIM_THRESHOLD_=7"]).as_deref(), Some("7"));
}

#[test]
fn a_front_keeps_memory_for_the_next_body_and_a_python_application_is_told_nothing_of_memory() {
    let server = Server::python("application = lambda environ, start: start('200 OK', []) and [b'']", &[]);
    let mut kept: Vec<_> = server.workers_are(2).into_iter().map(kept).collect();
    kept.sort();
    assert_eq!(kept, [None, Some("1048576".to_string())]);
    site::end(server);
}
