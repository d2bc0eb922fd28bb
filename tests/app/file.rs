//! What happens to SQLite's file while it is used.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Site, Sqlite, request, send};
use deployer::hbnb::Part;
use deployer::hbnb::model::Class;
use deployer::hbnb::storage::Storage;
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use tokio::task::JoinSet;

const GONE: (u16, &str) = (503, "{\"error\":\"Database not available\"}\n");

fn path(site: &Site<Sqlite>) -> PathBuf {
    PathBuf::from(site.storage.database().to_string())
}

/// Moves the file and its log out of the way, as somebody who restores a backup does.
fn remove(site: &Site<Sqlite>) {
    for end in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{end}", path(site).display()));
        if file.exists() {
            fs::remove_file(file).unwrap();
        }
    }
}

async fn opened(site: &Site<Sqlite>) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", path(site).display())).await.unwrap()
}

/// The names of the states that a reader of its own finds.
async fn names(site: &Site<Sqlite>) -> Vec<String> {
    let storage = Storage::open(site.storage.database());
    let states = storage.list(Class::State).await.unwrap();
    states.iter().map(|state| state["name"].as_str().unwrap().to_string()).collect()
}

#[tokio::test]
async fn a_file_that_was_removed_is_told_and_another_one_is_used_at_once() {
    let site = Site::<Sqlite>::empty(Part::Api).await;
    let add = async |name: &str| {
        let body = format!(r#"{{"name":"{name}"}}"#);
        site.ask("POST", "/api/v1/states", &body).await
    };
    assert_eq!(add("Utah").await.status, 201);
    assert_eq!(site.get("/api/v1/states").await.status, 200);
    fs::remove_file(path(&site)).unwrap();
    assert_eq!(site.get("/api/v1/states").await.said(), GONE);
    remove(&site);
    assert_eq!(site.get("/api/v1/states").await.said(), GONE);
    assert_eq!(add("Lost").await.said(), GONE);
    Storage::create(site.storage.database()).migrate().await.unwrap();
    assert_eq!(site.get("/api/v1/states").await.said(), (200, "[]\n"));
    assert_eq!(add("Ohio").await.status, 201);
    assert_eq!(names(&site).await, ["Ohio"]);

    let other = Site::<Sqlite>::empty(Part::Api).await;
    assert_eq!(other.ask("POST", "/api/v1/states", r#"{"name":"Iowa"}"#).await.status, 201);
    let copy = path(&site).with_extension("copy");
    let words = format!("VACUUM INTO '{}'", copy.display());
    opened(&other).await.execute(AssertSqlSafe(words)).await.unwrap();
    remove(&site);
    fs::rename(copy, path(&site)).unwrap();
    assert_eq!(add("Maine").await.status, 201);
    assert_eq!(names(&site).await, ["Iowa", "Maine"]);
}

#[tokio::test]
async fn writers_who_wait_for_their_turn_keep_no_reader_waiting() {
    let site = Site::<Sqlite>::empty(Part::Api).await;
    assert_eq!(site.get("/api/v1/states").await.status, 200);
    let mut other = opened(&site).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let mut writers = JoinSet::new();
    for _ in 0..20 {
        let (router, ohio) = (site.router.clone(), r#"{"name":"Ohio"}"#);
        writers.spawn(async move { send(&router, request("POST", "/api/v1/states", ohio)).await.status });
    }
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(site.get("/api/v1/states").await.said(), (200, "[]\n"));
        tokio::task::yield_now().await;
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    other.execute("COMMIT").await.unwrap();
    assert_eq!(writers.join_all().await, [201; 20]);
}
