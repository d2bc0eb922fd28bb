//! A database server that dies while it is used.

use std::time::{Duration, Instant};

use super::{get, request, send};
use crate::support::mariadb::MariaDb;
use axum::Router;
use deployer::hbnb::storage::Storage;
use deployer::hbnb::{Part, Settings, app};
use tokio::task::JoinSet;

const GONE: (u16, &str) = (503, "{\"error\":\"Database not available\"}\n");
/// A client waits no longer than this to be told: twice what the application gives a question, for a busy machine.
const SOON: Duration = Duration::from_secs(12);

#[tokio::test]
async fn a_killed_server_is_told_with_retry_after_and_served_again_without_a_restart() {
    let mut server = MariaDb::start();
    let database = server.database();
    Storage::create(&database).migrate().await.unwrap();
    let site = app(Part::All, &Settings::new(database)).await.unwrap();
    let ohio = r#"{"name":"Ohio 😀"}"#;
    assert_eq!(send(&site, request("POST", "/api/v1/states", ohio)).await.status, 201);
    let before = get(&site, "/api/v1/states").await;
    for _ in 0..2 {
        server.kill();
        for (method, path) in
            [("GET", "/api/v1/states"), ("POST", "/api/v1/states"), ("DELETE", "/api/v1/states/x")]
        {
            let asked = Instant::now();
            let answer = send(&site, request(method, path, ohio)).await;
            assert_eq!((answer.said(), answer.header("retry-after")), (GONE, Some("5")), "{method}");
            assert!(asked.elapsed() < SOON, "{method} took {:?}", asked.elapsed());
        }
        let page = get(&site, "/").await;
        assert_eq!((page.status, page.header("retry-after")), (503, Some("5")));
        assert_eq!(get(&site, "/api/v1/status").await.status, 200);
        server.resume();
        assert_eq!(get(&site, "/api/v1/states").await, before);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_any_more_keeps_nobody_waiting() {
    let server = MariaDb::start();
    let database = server.database();
    Storage::create(&database).migrate().await.unwrap();
    let site = app(Part::Api, &Settings::new(database)).await.unwrap();
    assert_eq!(get(&site, "/api/v1/states").await.status, 200);
    server.signal("STOP");
    for method in ["GET", "POST"] {
        let asked = Instant::now();
        let answer = send(&site, request(method, "/api/v1/states", r#"{"id":"x","name":"Ohio"}"#)).await;
        assert_eq!((answer.said(), answer.header("retry-after")), (GONE, Some("5")), "{method}");
        assert!(asked.elapsed() < SOON, "{method} took {:?}", asked.elapsed());
    }
    server.signal("CONT");
    assert_eq!(get(&site, "/api/v1/states").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_died_while_nobody_used_it_is_never_noticed() {
    let mut server = MariaDb::start();
    let database = server.database();
    Storage::create(&database).migrate().await.unwrap();
    let site = app(Part::Api, &Settings::new(database)).await.unwrap();
    for method in ["GET", "POST", "DELETE"] {
        let all: JoinSet<_> = (0..8).map(|_| states(site.clone())).collect();
        assert_eq!(all.join_all().await, [200; 8]);
        let open = server.sql("", "SELECT COUNT(*) FROM information_schema.processlist WHERE db IS NOT NULL");
        assert!(open.trim().parse::<u32>().unwrap() > 1, "only {open} connections will be dead");
        server.kill();
        server.resume();
        let path = if method == "DELETE" { "/api/v1/states/x" } else { "/api/v1/states" };
        let answer = send(&site, request(method, path, r#"{"id":"x","name":"Ohio"}"#)).await;
        assert!(answer.status < 300, "{method}: {answer:?}");
    }
}

/// The status of the list of states, asked for without borrowing.
async fn states(site: Router) -> u16 {
    get(&site, "/api/v1/states").await.status
}
