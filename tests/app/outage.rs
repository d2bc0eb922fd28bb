//! A database server that dies while it is used.

use std::time::{Duration, Instant};

use super::{get, request, send};
use crate::support::mariadb::MariaDb;
use axum::Router;
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::storage::booking::Booked;
use deployer::hbnb::storage::mysql::options;
use deployer::hbnb::storage::{Database, Error, Storage};
use deployer::hbnb::{Part, Settings, app, seed};
use jiff::ToSpan;
use sqlx::{Connection, Executor, MySqlConnection};
use tokio::task::JoinSet;

const GONE: (u16, &str) = (503, "{\"error\":\"Database not available\"}\n");
/// A client waits no longer than this to be told: twice what the application gives a question, for a busy machine.
const SOON: Duration = Duration::from_secs(12);

const WAITING: &str = "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status \
     WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'";

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
async fn a_server_that_freezes_within_a_booking_keeps_nobody_waiting() {
    let server = MariaDb::start();
    let database = server.database();
    let storage = Storage::create(&database);
    storage.migrate().await.unwrap();
    seed::plant(&storage).await.unwrap().unwrap();
    let id = |row: &Values| row["id"].as_str().unwrap().to_string();
    let place = id(&storage.list(Class::Place).await.unwrap()[0]);
    let guest = id(storage.list(Class::User).await.unwrap().last().unwrap());
    let Database::MySql(at) = database else { unreachable!() };
    let mut other = MySqlConnection::connect_with(&options(&at).database(&at.database)).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute("SELECT id FROM places FOR UPDATE").await.unwrap();
    let stay = Stay { check_in: today() + 1.day(), check_out: today() + 2.days() };
    let wanted = Wanted { stay, guests: 1, agreed: None };
    let asked = Instant::now();
    let booking = tokio::spawn({
        let (storage, place, guest) = (storage.clone(), place.clone(), guest.clone());
        async move { storage.book(&place, &guest, wanted).await }
    });
    // Until it waits for the lock.
    while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&mut other).await.unwrap() != 1 {
        assert!(asked.elapsed() < SOON);
    }
    server.signal("STOP");
    let booked = booking.await.unwrap();
    assert!(matches!(booked, Err(Error::Busy(_))), "{booked:?}");
    assert!(asked.elapsed() < SOON, "it took {:?}", asked.elapsed());
    server.signal("CONT");
    other.close().await.unwrap();
    assert!(matches!(storage.book(&place, &guest, wanted).await, Ok(Booked::Done { .. })));
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
