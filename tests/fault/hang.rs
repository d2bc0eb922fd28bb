//! Workers that hang where Python itself cannot look: in C, holding the lock of the interpreter.

use super::{FRAGILE, end, loses_nothing, numbered, python, serving, under_load};
use crate::support::http::Answer;
use crate::support::server::{Client, Server};

/// Asks for what never ends.
fn hang(server: &Server, how: &str) -> Answer {
    Client::new(&server.address()).get(&format!("/hang?{how}")).unwrap()
}

/// The line of [`FRAGILE`] with a text.
fn line_with(text: &str) -> usize {
    1 + FRAGILE.lines().position(|line| line.contains(text)).unwrap()
}

#[test]
fn a_request_that_hangs_in_c_is_given_up_alone_and_shows_where_it_is() {
    let server = python(3, &["--timeout", "1"]);
    loses_nothing(&server, "Python, beside 2 requests that hang in C, which got 504", numbered, || {
        for (how, code) in [("regex", "re.match"), ("sum", "sum(range")] {
            let old = serving(&server, 3);
            assert_eq!(hang(&server, how).status, 504);
            server.logged(&format!("GET /hang?{how} "), 1);
            server.logged(&format!("fragile.py\", line {} in ", line_with(code)), 1);
            assert_ne!(serving(&server, 3), old);
        }
    });
    assert_eq!(server.log().matches("WORKER TIMEOUT").count(), 2, "{}", server.log());
    end(server, 3);
}

#[test]
fn threads_beside_one_that_hangs_in_c_lose_what_they_have_begun_and_no_more() {
    let server = python(2, &["--timeout", "1", "--threads", "3", "--graceful-timeout", "2"]);
    let (count, ()) = under_load(
        &server,
        "Python, workers with 3 threads beside a request that hangs in C, which got 504",
        numbered,
        || {
            assert_eq!(hang(&server, "sum").status, 504);
            server.logged("did not leave in time, killing it", 1);
            serving(&server, 2);
        },
    );
    let given_up = |line: &String| line.ends_with("status 504") || line.ends_with("status 502");
    assert!(count.failed.len() <= 2 && count.failed.iter().all(given_up), "{:?}", count.failed);
    end(server, 2);
}
