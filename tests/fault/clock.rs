//! A clock that jumps.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{end, loses_nothing, numbered, start};
use crate::support::server::{Client, Server};

/// Moves the time of day of every process that is loaded with it by the seconds in the file `shift`.
const SHIFTED: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
    char text[32] = "";
    int file = open(getenv("SHIFT"), O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    if (read(file, text, 31) < 0) text[0] = 0;
    close(file);
    return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += shift();
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
"#;
/// Whoever can be loaded with [`SHIFTED`] is: the interpreter; the server itself is static.
const LOADED: &str = "cc -shared -fPIC -o shifted.so shifted.c && \
                      SHIFT=$PWD/shift LD_PRELOAD=$PWD/shifted.so exec \"$@\"";
/// The only places that may ask for the time of day: those that tell it to people.
const TELLERS: [&str; 3] = ["access/mod.rs", "front/clockwork.rs", "log.rs"];

/// Seconds of the application's clock.
fn now(server: &Server) -> f64 {
    Client::new(&server.address()).get("/now").unwrap().text().parse().unwrap()
}

#[test]
fn a_clock_that_jumps_by_an_hour_both_ways_disturbs_no_worker() {
    let server = start(
        &format!("cat > shifted.c <<'END'\n{SHIFTED}\nEND\n{LOADED}"),
        "fragile",
        2,
        &["--timeout", "5"],
    );
    loses_nothing(&server, "Python, the clock moved by an hour 10 times", numbered, || {
        for time in 0..10 {
            let (before, shift) = (now(&server), if time % 2 == 0 { "3600" } else { "-3600" });
            fs::write(server.path("next"), shift).unwrap();
            fs::rename(server.path("next"), server.path("shift")).unwrap();
            assert!((now(&server) - before).abs() > 3000.0, "the clock did not move");
        }
    });
    assert_eq!(server.log().matches("Booting worker").count(), 2, "{}", server.log());
    end(server, 2);
}

#[test]
fn no_limit_is_measured_with_a_clock_that_can_jump() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/appserver");
    let asked = ["SystemTime::now", "Timestamp::now", "Zoned::now", "time.time(", "datetime"];
    let command = Command::new("grep")
        .args(["-rlE", &asked.join("|").replace('(', "\\(")])
        .arg(".")
        .current_dir(root)
        .output()
        .unwrap();
    let mut found: Vec<&str> = std::str::from_utf8(&command.stdout)
        .unwrap()
        .lines()
        .map(|name| name.trim_start_matches("./"))
        .collect();
    found.sort_unstable();
    assert_eq!(found, TELLERS);
}
