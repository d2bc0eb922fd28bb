//! HUP: a whole new generation or none at all.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::{APP, Client, PAGE, Server, another_release, binary, signal_to, wait_for};

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

#[test]
fn a_connection_that_is_idle_at_a_reload_has_one_more_request() {
    let server = Server::start(&["--keep-alive", "75"]);
    let mut client = Client::new(&server.address());
    assert!(!client.get(PAGE).unwrap().closes());
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
