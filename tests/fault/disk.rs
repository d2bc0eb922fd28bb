//! Logs on a disk that is full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{end, numbered, start, under_load};
use crate::support::server::{Client, Server, wait_for};

/// A disk of their own for the logs, so small that it can be filled, and which no other process sees.
const TINY: &str = "mkdir logs && exec unshare -m sh -c \
                    'mount -t tmpfs -o size=128k none logs && ln -sf logs/log log && exec \"$@\"' sh \"$@\"";

/// Writes a file until the disk is full.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    let error = loop {
        if let Err(error) = file.write_all(&[b'x'; 512]) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Has the application complain in so many letters.
fn complain(server: &Server, letters: usize) {
    let answer = Client::new(&server.address()).get(&format!("/complain?{letters}")).unwrap();
    assert_eq!(answer.text(), "complained");
}

#[test]
#[ignore = "needs root"]
fn a_full_disk_costs_lines_of_the_logs_and_no_request_and_is_told() {
    let end_of_line = format!(" {}", "-".repeat(200));
    let format = format!("%(q)s{end_of_line}");
    let options = ["--access-logfile", "logs/access", "--access-logformat", &format];
    let server = start(TINY, "fragile", 2, &options);
    let logs = PathBuf::from(format!("/proc/{}/cwd/logs", server.child.id()));
    let [log, access, filler] = ["log", "access", "filler"].map(|name| logs.join(name));
    // The same log, seen from outside.
    fs::remove_file(server.path("log")).unwrap();
    symlink(&log, server.path("log")).unwrap();
    let told = |by: &str| read(&server.path("err")).matches(by).count();
    let full = "[CRITICAL] Cannot write to the error log: No space left on device";
    let by_master = format!("[{}] {full}", server.child.id());
    let (count, ()) = under_load(&server, "Python, a full disk for the logs", numbered, || {
        fill(&filler);
        // More than the rest of a page that the log may still have.
        complain(&server, 8192);
        // The front has the access log to write, and to tell that it cannot, for which there may have been room still.
        let complains = || told(full) == 2 || read(&log).contains("Cannot write to the access log");
        wait_for("a word of both", || (told(&by_master) == 1 && complains()).then_some(()));
        fs::remove_file(&filler).unwrap();
        server.logged("The access log is written again", 1);
        complain(&server, 1);
        server.logged("The error log is written again", told(full));
    });
    assert_eq!((count.failed, count.renewed), (Vec::new(), 0));
    assert!(told(&by_master) == 1 && told(full) <= 2, "{}", read(&server.path("err")));
    let said = server.log();
    let lost = said.split("The access log is written again; lines lost meanwhile: ").nth(1).unwrap();
    let lost: usize = lost.lines().next().unwrap().parse().unwrap();
    // The two complaints are requests as well.
    wait_for("all other lines", || {
        let whole = read(&access).lines().filter(|line| line.ends_with(&end_of_line)).count();
        (whole + lost == count.good + 2).then_some(())
    });
    end(server, 2);
}
