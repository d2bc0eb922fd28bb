//! As whom and where processes run.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::{APP, Client, Server, binary, wait_for};
use crate::support::site::{self, answers, get};

/// Of a process: its user and group.
fn owner(pid: i32) -> (u32, u32) {
    let found = fs::metadata(format!("/proc/{pid}")).unwrap();
    (found.uid(), found.gid())
}

/// A server in a folder that every user may enter, with the interpreter that every user may run.
fn open_to_all(options: &[&str]) -> Server {
    let server = Server::spawn(|dir| {
        site::write(dir, "one");
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = site::command(dir, options);
        command.args(["--python", "/usr/bin/python3", "--access-logfile", "access", "--pid", "pid"]);
        command
    });
    answers(&server, "/", "one");
    server
}

#[test]
#[ignore = "needs root"]
fn workers_and_their_front_are_the_users_and_the_master_is_not() {
    let server = open_to_all(&["--user", "nobody", "--group", "nogroup", "--bind", "unix:socket"]);
    assert_eq!(get(&server, "/who"), "65534:65534:[]");
    let children = server.workers_are(2);
    assert_eq!(children.into_iter().map(owner).collect::<Vec<_>>(), [(65534, 65534); 2]);
    assert_eq!(owner(server.child.id().cast_signed()), (0, 0));
    let owned = |name: &str| fs::metadata(server.path(name)).map(|found| (found.uid(), found.gid())).unwrap();
    assert_eq!(
        ["log", "access", "socket", "pid"].map(owned),
        [(65534, 65534), (65534, 65534), (65534, 65534), (0, 0)]
    );
    site::end(server);
}

#[test]
#[ignore = "needs root"]
fn a_user_has_its_other_groups_only_if_asked() {
    let server = open_to_all(&["--user", "www-data", "--group", "33", "--initgroups"]);
    assert_eq!(get(&server, "/who"), "33:33:[33]");
    site::end(server);
}

#[test]
#[ignore = "needs root"]
fn a_reload_may_change_the_user() {
    let server = open_to_all(&[]);
    assert_eq!(get(&server, "/who").split(':').next(), Some("0"));
    fs::write(server.path("gunicorn.conf.py"), "user = 'nobody'\ngroup = 'nogroup'\n").unwrap();
    server.signal(Signal::HUP);
    answers(&server, "/who", "65534:65534:[]");
    site::end(server);
}

#[test]
fn a_user_that_is_not_there_is_told_at_the_start_and_at_a_reload() {
    let output = Command::new(binary()).args(["--user", "no-such-user", "app"]).output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()),
        (
            Some(2),
            "error: there is no user `no-such-user`\n  = fix: a user of `/etc/passwd`, or the number of one\n"
        )
    );
    let server = site::serve(&[]);
    fs::write(server.path("gunicorn.conf.py"), "group = 'no-such-group'\n").unwrap();
    server.signal(Signal::HUP);
    server.logged("Reload failed, the old workers keep serving: there is no group `no-such-group`", 1);
    site::end(server);
}

#[test]
fn the_mask_is_that_of_the_workers_and_of_what_we_make() {
    let server = site::serve(&["--umask", "027", "--access-logfile", "access", "--pid", "pid"]);
    assert_eq!(get(&server, "/umask"), "027");
    let mode = |name: &str| fs::metadata(server.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(["log", "access", "pid"].map(mode), [0o640; 3]);
    site::end(server);
}

#[test]
fn variables_and_the_folder_are_the_workers() {
    let server = Server::spawn(|dir| {
        site::write(&dir.join("site"), "one");
        site::command(dir, &["--chdir", "site", "--env", "COLOUR=red", "-e", "EMPTY="])
    });
    answers(&server, "/env?COLOUR", "red");
    assert_eq!(get(&server, "/env?EMPTY"), "");
    assert_eq!(get(&server, "/cwd"), server.path("site").canonicalize().unwrap().display().to_string());
    site::end(server);
}

#[test]
fn processes_are_called_as_the_settings_say() {
    let server = site::serve(&["--name", "shop"]);
    for pid in server.workers_are(2) {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
        assert!(line.ends_with(&format!("--of\0{}\0shop\0", server.child.id())), "{line:?}");
    }
    assert_eq!(fs::read_to_string(format!("/proc/{}/comm", server.child.id())).unwrap(), "shop\n");
    site::end(server);
}

#[test]
fn another_server_may_share_the_port_if_both_allow_it() {
    let first = site::serve(&["--reuse-port"]);
    let address = first.address();
    let second = Server::spawn(|dir| {
        site::write(dir, "two");
        let mut command = Command::new(binary());
        command.current_dir(dir).args(["--bind", &address, "--reuse-port", "--error-logfile", "log"]);
        command.args(["--python", site::python(), "app"]);
        command
    });
    second.logged("Listening at: ", 1);
    let both: [&str; 2] = ["one", "two"];
    for text in both {
        wait_for(text, || Client::new(&address).get("/").ok().filter(|answer| answer.text() == text));
    }
    let third = Command::new(binary()).args(["--bind", &address, APP]).output().unwrap();
    assert_eq!(third.status.code(), Some(2), "{}", String::from_utf8_lossy(&third.stderr));
    site::end(second);
    site::end(first);
}
