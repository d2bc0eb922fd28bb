//! Logs that are moved away under load.

use std::fs;

use rustix::process::Signal;

use super::{end, native, numbered, only, python, under_load};
use crate::support::load::Page;
use crate::support::server::{Server, wait_for};

/// How often.
const TIMES: usize = 10;
/// An access log with the number of each request.
const OPTIONS: [&str; 4] = ["--access-logfile", "access", "--access-logformat", "%(q)s"];

fn moved(server: Server, what: &str, page: fn(usize) -> Page) {
    let (count, ()) = under_load(&server, &format!("{what}, logs moved {TIMES} times"), page, || {
        for time in 0..TIMES {
            let has_lines = |name| fs::metadata(server.path(name)).is_ok_and(|file| file.len() > 0);
            wait_for("lines", || has_lines("access").then_some(()));
            for log in ["access", "log"] {
                fs::rename(server.path(log), server.path(&format!("{log}.{time}"))).unwrap();
            }
            server.signal(Signal::USR1);
            wait_for("fresh files", || {
                ["access", "log"].iter().all(|log| server.path(log).exists()).then_some(())
            });
        }
    });
    assert_eq!((count.failed, count.renewed), (Vec::new(), 0));
    let all = |log: &str| -> Vec<String> {
        let files = (0..TIMES).map(|time| format!("{log}.{time}")).chain([log.into()]);
        let texts = files.map(|name| fs::read_to_string(server.path(&name)).unwrap());
        texts.flat_map(|text| text.lines().map(str::to_string).collect::<Vec<_>>()).collect()
    };
    let mut told: Vec<usize> = wait_for("every line", || {
        let lines = all("access");
        (lines.len() >= count.good).then(|| lines.iter().map(|line| line.parse().unwrap()).collect())
    });
    told.sort_unstable();
    assert_eq!(told, (0..count.good).collect::<Vec<_>>(), "each request once");
    let torn: Vec<String> = all("log").into_iter().filter(|line| !line.starts_with("[20")).collect();
    assert_eq!(torn, Vec::<String>::new());
    // Where it listens stands in the oldest log, and is looked for in the present one.
    fs::rename(server.path("log.0"), server.path("log")).unwrap();
    end(server, 2);
}

#[test]
fn logs_of_a_python_application_that_are_moved_under_load_have_every_request_once() {
    moved(python(2, &OPTIONS), "Python", numbered);
}

#[test]
fn logs_of_native_workers_that_are_moved_under_load_have_every_request_once() {
    moved(native(2, &OPTIONS), "native", only);
}
