//! Workers without memory.

use super::{end, loses_nothing, numbered, python, serving, under_load};
use crate::support::server::{Client, wait_for};

#[test]
fn a_request_for_which_there_is_no_memory_fails_alone() {
    let server = python(3, &[]);
    let address = server.address();
    loses_nothing(
        &server,
        "Python, beside 3 requests for which there is no memory, which got 500",
        numbered,
        || {
            for times in 1..=3 {
                assert_eq!(Client::new(&address).get("/grow").unwrap().status, 500);
                server.logged("\nMemoryError", times);
                // Another takes the place of who had none.
                server.logged("Booting worker", 3 + times);
                serving(&server, 3);
            }
        },
    );
    end(server, 3);
}

#[test]
fn a_worker_whose_memory_is_used_up_is_replaced() {
    let server = python(3, &[]);
    let address = server.address();
    loses_nothing(&server, "Python, beside 3 workers whose memory is used up", numbered, || {
        for _ in 0..3 {
            let old = serving(&server, 3);
            let status = Client::new(&address).get("/exhaust").unwrap().status;
            assert!([500, 502].contains(&status), "{status}");
            wait_for("another worker", || (serving(&server, 3) != old).then_some(()));
        }
    });
    end(server, 3);
}

#[test]
fn a_worker_that_cannot_even_tell_that_it_failed_ends_with_what_it_has_begun() {
    let server = python(2, &["--threads", "2"]);
    let address = server.address();
    let fault = "Python, beside 3 workers that cannot tell their failure, which got 502";
    let (count, ()) = under_load(&server, fault, numbered, || {
        for _ in 0..3 {
            let old = serving(&server, 2);
            assert_eq!(Client::new(&address).get("/mute").unwrap().status, 502);
            wait_for("another worker", || (serving(&server, 2) != old).then_some(()));
        }
    });
    // The other thread of each may have been at something.
    let is_begun = |line: &String| line.ends_with("status 502");
    assert!(count.failed.len() <= 3 && count.failed.iter().all(is_begun), "{:?}", count.failed);
    end(server, 2);
}

#[test]
fn workers_that_grow_too_large_are_replaced_and_lose_nothing() {
    let server = python(3, &["--max-rss", "100MB"]);
    let address = server.address();
    loses_nothing(&server, "Python, max_rss, 3 times", numbered, || {
        for times in 1..=3 {
            assert_eq!(Client::new(&address).get("/swell").unwrap().text(), "swollen");
            server.logged("(max_rss)", times);
            serving(&server, 3);
        }
    });
    end(server, 3);
}
