//! A server that runs is asked and told: `appserver status`, `reload`, `scale N`, `stop`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value as Json;

use crate::support::server::{APP, Client, PAGE, Server, binary, signal_to, wait_for};
use crate::support::site::SLOW;

/// What was printed, and whether that is data.
fn said(output: &Output) -> (bool, String) {
    let text = if output.status.success() { &output.stdout } else { &output.stderr };
    (output.status.success(), String::from_utf8_lossy(text).into_owned())
}

fn tell(server: &Server, words: &[&str]) -> (bool, String) {
    let pid = server.child.id().to_string();
    said(&Command::new(binary()).args(words).args(["--pid-number", &pid]).output().unwrap())
}

fn status(server: &Server) -> Json {
    let (is_good, text) = tell(server, &["status", "--json"]);
    assert!(is_good, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// A server with its pid file beside its log, and so its control socket.
fn start(options: &[&str]) -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let server = Server::start(&[&["--pid", pid.to_str().unwrap()], options].concat());
    (dir, server)
}

fn socket(dir: &Path, server: &Server) -> std::path::PathBuf {
    dir.join(format!("appserver-{}.sock", server.child.id()))
}

#[test]
fn a_status_tells_of_every_process_and_of_what_each_works_on() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let server = Server::python(SLOW, &["--workers", "2", "--pid", pid.to_str().unwrap()]);
    let mut client = Client::new(&server.address());
    (0..3).for_each(|_| assert_eq!(client.get("/").unwrap().status, 200));
    let mut slow = Client::new(&server.address());
    slow.send(b"GET /slow?a=b HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let told = wait_for("a worker with work", || {
        let told = status(&server);
        let works = |process: &Json| process["current"].as_array().is_some_and(|all| !all.is_empty());
        told["processes"].as_array().unwrap().iter().any(works).then_some(told)
    });
    let processes = told["processes"].as_array().unwrap();
    let mut roles: Vec<(&str, &str)> = processes
        .iter()
        .map(|process| (process["role"].as_str().unwrap(), process["state"].as_str().unwrap()))
        .collect();
    roles.sort_unstable();
    assert_eq!(
        roles,
        [("front", "serving"), ("master", "serving"), ("worker", "serving"), ("worker", "serving")]
    );
    let current: Vec<&Json> =
        processes.iter().flat_map(|process| process["current"].as_array().unwrap()).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["request"], "GET /slow?a=b from 127.0.0.1");
    let of_workers = processes.iter().filter(|process| process["role"] == "worker");
    let answered: u64 = of_workers.map(|process| process["requests"].as_u64().unwrap()).sum();
    // The first answer showed that the server serves.
    assert_eq!(answered, 4);
    assert!(processes.iter().all(|process| process["rss"].as_u64().unwrap() > 1 << 20), "{told:#}");
    let (is_good, table) = tell(&server, &["status"]);
    assert!(is_good && table.contains("2 of 2 workers serve"), "{table}");
    assert!(table.contains(" s: GET /slow?a=b from 127.0.0.1"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    fs::write(server.path("go"), "").unwrap();
    assert_eq!(slow.answer().unwrap().text(), "done");
}

/// The process of a role in a status.
fn of_role<'a>(told: &'a Json, role: &str) -> &'a Json {
    told["processes"].as_array().unwrap().iter().find(|process| process["role"] == role).unwrap()
}

#[test]
fn many_long_requests_are_told_in_short_and_the_front_serves_on() {
    const COUNT: usize = 80;
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let options = ["--threads", &COUNT.to_string(), "--pid", pid.to_str().unwrap()];
    let server = Server::python(SLOW, &options);
    let path = format!("/slow?{}", "x".repeat(4000));
    let mut clients: Vec<Client> = (0..COUNT).map(|_| Client::new(&server.address())).collect();
    for client in &mut clients {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
    }
    let all_held = |told: &Json| of_role(told, "worker")["current"].as_array().unwrap().len() == COUNT;
    let told = wait_for("all requests in work", || Some(status(&server)).filter(all_held));
    let again = status(&server);
    assert_eq!(of_role(&again, "front")["pid"], of_role(&told, "front")["pid"]);
    let request = of_role(&again, "worker")["current"][COUNT - 1]["request"].as_str().unwrap();
    assert_eq!(request, &format!("GET {path}")[..200]);
    fs::write(server.path("go"), "").unwrap();
    for client in &mut clients {
        assert_eq!(client.answer().unwrap().text(), "done");
    }
    assert!(!server.log().contains("signal"), "{}", server.log());
}

#[test]
fn what_a_front_said_before_is_not_told_again_when_it_is_silent() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let server = Server::python(SLOW, &["--pid", pid.to_str().unwrap()]);
    let told = status(&server);
    let front = of_role(&told, "front");
    assert_eq!(front["requests"], 1);
    let pid = front["pid"].as_i64().unwrap() as i32;
    signal_to(pid, Signal::STOP);
    assert_eq!(of_role(&status(&server), "front")["requests"], Json::Null);
    signal_to(pid, Signal::CONT);
    assert_eq!(of_role(&status(&server), "front")["requests"], 1);
}

#[test]
fn a_control_socket_of_another_server_is_left_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let named = dir.path().join("control");
    let options = ["--control-socket", named.to_str().unwrap()];
    let by_name =
        || said(&Command::new(binary()).args(["status", "--json", "--socket"]).arg(&named).output().unwrap());
    let pid = |(is_good, text): (bool, String)| {
        assert!(is_good, "{text}");
        serde_json::from_str::<Json>(&text).unwrap()["pid"].as_u64().unwrap() as u32
    };
    let first = Server::start(&options);
    let second = Server::start(&options);
    second.logged(&format!("[WARNING] No control socket at {}: the address is in use", named.display()), 1);
    assert_eq!(pid(by_name()), first.child.id());
    drop(second);
    assert_eq!(pid(by_name()), first.child.id());
    // It is killed, so that its socket file stays.
    drop(first);
    assert!(named.exists());
    let third = Server::start(&options);
    assert_eq!(pid(by_name()), third.child.id());
}

#[test]
fn a_server_is_found_by_its_pid_file_and_by_its_socket_and_the_socket_is_ours_alone() {
    let (dir, server) = start(&["--control-socket-mode", "0600"]);
    let path = socket(dir.path(), &server);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let by = |option: &str, path: &Path| {
        said(&Command::new(binary()).args(["status", option]).arg(path).output().unwrap())
    };
    let first_line = |(is_good, text): (bool, String)| (is_good, text.lines().next().unwrap().to_string());
    let expected =
        (true, format!("appserver {} serves {APP}: serving, generation 1", env!("CARGO_PKG_VERSION")));
    assert_eq!(first_line(by("--pid", &dir.path().join("pid"))), expected);
    assert_eq!(first_line(by("--socket", &path)), expected);
    let none = dir.path().join("none");
    assert_eq!(
        first_line(by("--socket", &none)),
        (
            false,
            format!(
                "error: no server answers at `{}`: No such file or directory (os error 2)",
                none.display()
            )
        )
    );
    assert!(!server.log().contains("control socket"), "{}", server.log());
}

#[test]
fn a_server_without_a_place_for_its_socket_has_none_and_says_nothing() {
    let server = Server::spawn(|dir| {
        let mut command = Command::new(binary());
        command.env_remove("XDG_RUNTIME_DIR").env_remove("RUNTIME_DIRECTORY");
        command.args(["--bind", "127.0.0.1:0", "--error-logfile"]).arg(dir.join("log")).arg(APP);
        command
    });
    server.workers_ready();
    assert!(!server.log().contains("socket"), "{}", server.log());
    let pid = server.child.id();
    let (is_good, text) = tell(&server, &["status"]);
    assert!(!is_good && text.starts_with(&format!("error: process {pid} has no control socket\n")), "{text}");
}

#[test]
fn a_reload_waits_until_the_new_generation_serves() {
    let (_dir, server) = start(&["--workers", "2"]);
    let old = server.workers_are(2);
    let (is_good, text) = tell(&server, &["reload"]);
    assert!(is_good && text.starts_with("generation 2 serves, after "), "{text}");
    server.replaced(&old, 2);
    assert_eq!(status(&server)["generation"], 2);
}

#[test]
fn a_reload_that_fails_says_why_and_the_old_generation_serves_on() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let server = Server::python(SLOW, &["--pid", pid.to_str().unwrap()]);
    fs::write(server.path("site_app.py"), "import nothing_of_that_name\n").unwrap();
    let pid = server.child.id().to_string();
    let output = Command::new(binary()).args(["reload", "--pid-number", &pid]).output().unwrap();
    let (_, text) = said(&output);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.starts_with("error: Reload failed, the old workers keep serving: "), "{text}");
    assert!(text.contains("nothing_of_that_name"), "{text}");
    assert_eq!(Client::new(&server.address()).get("/").unwrap().text(), "done");
}

#[test]
fn scale_sets_the_number_of_workers() {
    let (_dir, server) = start(&[]);
    assert_eq!(tell(&server, &["scale", "3"]), (true, "3 workers from now on\n".into()));
    server.workers_are(3);
    assert_eq!(tell(&server, &["scale", "1"]), (true, "1 worker from now on\n".into()));
    server.workers_are(1);
    server.logged("Handling control: scale 3", 1);
    let (is_good, text) = tell(&server, &["scale", "0"]);
    assert!(!is_good && text.starts_with("error: invalid value '0' for '<N>'"), "{text}");
}

#[test]
fn stop_waits_for_the_end_and_takes_the_socket_with_it() {
    for words in [&["stop"][..], &["stop", "--quick"]] {
        let (dir, mut server) = start(&[]);
        let path = socket(dir.path(), &server);
        assert!(path.exists());
        assert_eq!(tell(&server, words), (true, "stopped\n".into()));
        assert!(!path.exists());
        assert!(server.ended().success());
    }
}

#[test]
fn a_quick_stop_does_not_wait_for_a_request_in_work() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let mut server = Server::python(SLOW, &["--graceful-timeout", "300", "--pid", pid.to_str().unwrap()]);
    let mut slow = Client::new(&server.address());
    slow.send(b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let is_at_it = |told: &Json| told.to_string().contains("GET /slow from");
    wait_for("the slow request", || Some(status(&server)).filter(is_at_it));
    let began = Instant::now();
    assert_eq!(tell(&server, &["stop", "--quick"]), (true, "stopped\n".into()));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(slow.rest(), "");
    assert!(server.ended().success());
}

#[test]
fn who_talks_nonsense_or_nothing_to_the_socket_holds_up_nobody() {
    let (dir, server) = start(&[]);
    let path = socket(dir.path(), &server);
    let mut callers: Vec<UnixStream> = (0..40).map(|_| UnixStream::connect(&path).unwrap()).collect();
    for (at, caller) in callers.iter_mut().enumerate() {
        // Those beyond the most that are let in are turned away meanwhile.
        let _ =
            caller.write_all(if at % 2 == 0 { b"\0\0\0\x02{}" } else { b"\xff\xff\xff\xffGET / HTTP/1.1" });
    }
    assert_eq!(Client::new(&server.address()).get(PAGE).unwrap().status, 200);
    drop(callers);
    assert_eq!(status(&server)["phase"], "serving");
    server.signal(Signal::TTIN);
    server.workers_are(2);
}

#[test]
fn the_socket_is_where_the_settings_say_after_a_reload() {
    let server = Server::spawn(|dir| {
        fs::write(dir.join("appserver.yml"), "control_socket: 'one'\n").unwrap();
        let mut command = Command::new(binary());
        command.current_dir(dir).args(["--bind", "127.0.0.1:0", "--error-logfile", "log", APP]);
        command
    });
    server.workers_ready();
    let ask = |word: &str, name: &str| {
        said(&Command::new(binary()).args([word, "--socket"]).arg(server.path(name)).output().unwrap())
    };
    fs::write(server.path("appserver.yml"), "control_socket: 'two'\ncontrol_socket_mode: '0666'\n").unwrap();
    let (is_good, text) = ask("reload", "one");
    assert!(is_good && text.starts_with("generation 2 serves"), "{text}");
    assert!(ask("status", "two").0 && !server.path("one").exists());
    let (mode, inode) = (
        || fs::metadata(server.path("two")).unwrap().mode() & 0o777,
        || fs::metadata(server.path("two")).unwrap().ino(),
    );
    let made = inode();
    assert_eq!(mode(), 0o666);
    fs::write(server.path("appserver.yml"), "control_socket: 'two'\ncontrol_socket_mode: '0600'\n").unwrap();
    assert!(ask("reload", "two").0);
    assert_eq!((mode(), inode()), (0o600, made));
    fs::write(server.path("appserver.yml"), "control_socket_disable: true\n").unwrap();
    assert!(ask("reload", "two").0);
    assert!(!server.path("two").exists());
}
