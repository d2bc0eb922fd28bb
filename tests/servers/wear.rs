//! Workers that are replaced for their age or size.

use rustix::process::Signal;

use crate::support::server::{Client, PAGE, Server, signal_to, wait_for};
use crate::support::site::{self, get};

#[test]
fn a_worker_that_has_served_its_time_is_replaced_without_losing_a_request() {
    let server = site::serve(&["--worker-lifetime", "1", "--worker-lifetime-jitter", "1"]);
    let first = get(&server, "/pid");
    let answered = site::under_load(&server, || {
        server.logged("will be replaced: it served for 1 s (worker_lifetime)", 3);
    });
    assert!(answered > 100, "{answered} answers were no load");
    assert_ne!(get(&server, "/pid"), first);
    site::end(server);
}

#[test]
fn a_worker_that_grew_too_large_is_replaced_and_its_size_is_told() {
    let server = site::serve(&["--max-rss", "100MB"]);
    let first = get(&server, "/pid");
    assert_eq!([get(&server, "/grow"), get(&server, "/grow")], ["grown", "grown"]);
    server.logged(&format!("Worker (pid:{first}) will be replaced: it has "), 1);
    server.logged(" MB of memory, and may have 100 MB (max_rss)", 1);
    wait_for("another worker", || (get(&server, "/pid") != first).then_some(()));
    assert_eq!(server.log().matches("(max_rss)").count(), 1);
    site::end(server);
}

#[test]
fn a_worker_that_others_killed_is_told_with_its_size() {
    let server = site::serve(&[]);
    let pid: i32 = get(&server, "/pid").parse().unwrap();
    signal_to(pid, Signal::KILL);
    server.logged(&format!("Worker (pid:{pid}) was killed by signal 9; it last had "), 1);
    site::end(server);
}

#[test]
fn a_worker_of_the_bundled_application_is_replaced_when_it_answered_enough() {
    let server = Server::start(&["--max-requests", "5", "--max-requests-jitter", "2"]);
    let old = server.workers_are(1);
    let mut client = Client::new(&server.address());
    // One answer showed that the server serves.
    for _ in 1..5 {
        assert!(!server.log().contains("will be replaced"), "{}", server.log());
        assert_eq!(client.get(PAGE).unwrap().status, 200);
    }
    wait_for("another worker", || {
        assert_eq!(client.get(PAGE).unwrap().status, 200);
        let now = server.workers();
        (now.len() == 1 && now != old).then_some(())
    });
    server.logged(&format!("Worker (pid:{}) will be replaced: it answered max_requests", old[0]), 1);
}
