//! HUP: a whole new generation or none at all.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::support::server::{APP, Client, PAGE, Server, another_release, binary, signal_to, wait_for};
use crate::support::site;

#[test]
fn hup_keeps_the_master_and_replaces_every_worker() {
    let server = Server::start(&["--workers", "3"]);
    let old = server.workers_are(3);
    let master = server.child.id();
    server.signal(Signal::HUP);
    server.replaced(&old, 3);
    assert_eq!(server.child.id(), master);
    assert_eq!(Client::new(&server.address()).get(PAGE).unwrap().text(), "Hello HBNB!");
}

/// Reloads, and waits until it is over.
fn reload(server: &Server) {
    let pid = server.child.id().to_string();
    let done = Command::new(binary()).args(["reload", "--pid-number", &pid]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// So many clients with a connection each that was used once.
fn idle(server: &Server, count: usize) -> Vec<Client> {
    let mut clients: Vec<Client> = (0..count).map(|_| Client::new(&server.address())).collect();
    assert!(clients.iter_mut().all(|client| !client.get(PAGE).unwrap().closes()));
    clients
}

#[test]
fn a_connection_that_is_idle_at_a_reload_stays_and_has_answers_of_the_new_generation() {
    for more in [&[][..], &["--phased", "--workers", "2"]] {
        let pid = tempfile::tempdir().unwrap();
        let pid = pid.path().join("pid");
        let server = site::serve(&[&["--keep-alive", "75", "--pid", pid.to_str().unwrap()], more].concat());
        let mut clients = idle(&server, 100);
        for round in 1..=5 {
            site::write(server.dir.path(), &format!("round {round}"));
            reload(&server);
            for client in &mut clients {
                let answer = client.get("/").unwrap();
                assert_eq!((answer.text(), answer.closes()), (format!("round {round}"), false));
            }
        }
        site::end(server);
    }
}

#[test]
fn idle_connections_of_workers_that_leave_are_shared_out_among_those_that_stay() {
    let access = tempfile::tempdir().unwrap();
    let file = access.path().join("access");
    let format = ["--access-logfile", file.to_str().unwrap(), "--access-logformat", "%(p)s"];
    let server = Server::start(&[&format[..], &["--keep-alive", "75", "--workers", "2"]].concat());
    let old = server.workers_are(2);
    let mut clients = idle(&server, 8);
    server.signal(Signal::HUP);
    let new = server.replaced(&old, 2);
    fs::write(&file, "").unwrap();
    assert!(clients.iter_mut().all(|client| !client.get(PAGE).unwrap().closes()));
    let by = wait_for("the access log", || {
        let text = fs::read_to_string(&file).unwrap();
        let by: Vec<i32> =
            text.lines().filter_map(|line| line.trim_matches(['<', '>']).parse().ok()).collect();
        (by.len() == 8).then_some(by)
    });
    let cores = std::thread::available_parallelism().unwrap().get().min(2);
    let shares: Vec<usize> = new.iter().map(|pid| by.iter().filter(|one| *one == pid).count()).collect();
    assert_eq!(shares.iter().max(), Some(&(8 / cores)), "{by:?}");
}

#[test]
fn more_idle_connections_than_the_master_may_have_open_all_stay() {
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: hard, maximum: hard }).unwrap();
    let server = Server::spawn(|dir| {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -Sn 400; exec \"$@\"", "sh"]).arg(binary());
        command.args(["--bind", "127.0.0.1:0", "--keep-alive", "75", "--workers", "2"]);
        command.args(["--worker-connections", "4000", "--error-logfile"]);
        command.arg(dir.join("log")).arg(APP);
        command
    });
    let old = server.workers_are(2);
    let mut clients = idle(&server, 3000);
    server.signal(Signal::HUP);
    server.replaced(&old, 2);
    let lost = clients.iter_mut().filter_map(|client| match client.get(PAGE) {
        Ok(answer) => answer.closes().then(|| "closed".to_string()),
        Err(error) => Some(error.to_string()),
    });
    let lost: Vec<String> = lost.collect();
    assert!(lost.is_empty(), "{} lost: {:?}\n{}", lost.len(), lost[0], server.log());
}

#[test]
fn a_connection_that_began_with_words_of_a_proxy_has_one_more_request_at_a_reload() {
    let server = Server::start(&["--keep-alive", "75", "--proxy-protocol", "v1"]);
    let mut client = Client::new(&server.address());
    let first = format!("PROXY TCP4 192.0.2.7 192.0.2.1 4000 80\r\nGET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(first.as_bytes()).unwrap();
    assert!(!client.answer().unwrap().closes());
    server.signal(Signal::HUP);
    server.logged("Booting worker", 2);
    // Until the old worker is told to leave it answers as ever; then once more, and that is the last.
    wait_for("the last answer of the old worker", || client.get(PAGE).unwrap().closes().then_some(()));
}

/// Runs a server by a symbolic link, as from a release directory.
fn by_link(dir: &Path) -> Command {
    let link = dir.join("current");
    symlink(binary(), &link).unwrap();
    let mut command = Command::new(link);
    command.args(["--bind", "127.0.0.1:0", "--error-logfile"]).arg(dir.join("log")).arg(APP);
    command
}

/// Points `current` elsewhere.
fn switch(server: &Server, target: &Path) {
    symlink(target, server.path("next")).unwrap();
    fs::rename(server.path("next"), server.path("current")).unwrap();
}

#[test]
fn a_broken_new_generation_never_touches_the_old_one() {
    let server = Server::spawn(by_link);
    server.workers_ready();
    let old = server.workers_are(1);
    switch(&server, Path::new("/bin/false"));
    server.signal(Signal::HUP);
    server.logged("Reload failed, the old workers keep serving", 1);
    assert_eq!(server.workers_are(1), old);
    assert_eq!(Client::new(&server.address()).get(PAGE).unwrap().text(), "Hello HBNB!");

    // The old generation is replaced by its own release, too, until a reload succeeds.
    signal_to(old[0], Signal::KILL);
    server.logged("was killed by signal 9", 1);
    server.workers_ready();
}

#[test]
fn a_reload_runs_the_release_that_the_link_leads_to_now() {
    let server = Server::spawn(by_link);
    server.workers_ready();
    let old = server.workers_are(1);
    let new = server.path("release-2");
    another_release(&new);
    switch(&server, &new);
    server.signal(Signal::HUP);
    let workers = server.replaced(&old, 1);
    assert_eq!(fs::read_link(format!("/proc/{}/exe", workers[0])).unwrap(), new);
}
