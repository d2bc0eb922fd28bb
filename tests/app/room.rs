//! A disk that is full.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use super::guest::Guest;
use super::{get, request, send};
use bytes::Bytes;
use deployer::hbnb::account::Key;
use deployer::hbnb::booking::today;
use deployer::hbnb::model::Class;
use deployer::hbnb::photo::{Photos, Problem, Size};
use deployer::hbnb::storage::{Database, Storage};
use deployer::hbnb::{Part, Settings, app, seed};
use image::{ImageFormat, Rgb, RgbImage};
use jiff::ToSpan;
use tempfile::TempDir;

/// A file system of three megabytes, gone when dropped.
struct Small(TempDir);

impl Small {
    fn mount() -> Self {
        let small = Self(tempfile::tempdir().unwrap());
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(small.0.path()));
        small
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // The test may be failing already: a second panic would end all tests.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_full_disk_fails_the_request_and_leaves_the_database_whole() {
    let small = Small::mount();
    let database = Database::Sqlite(small.path().join("hbnb.db"));
    let storage = Storage::create(&database);
    storage.migrate().await.unwrap();
    seed::plant(&storage).await.unwrap().unwrap();
    let site = app(Part::Api, &Settings::new(database)).await.unwrap();
    let body = format!(r#"{{"name":"{}"}}"#, "x".repeat(128));
    let mut added = 0;
    let full = loop {
        let answer = send(&site, request("POST", "/api/v1/amenities", &body)).await;
        match answer.status {
            201 => added += 1,
            _ => break answer,
        }
    };
    assert_eq!(full.said(), (503, "{\"error\":\"Database not available\"}\n"));
    assert_eq!(full.header("retry-after"), Some("5"));
    // What was told to be there is there, and nothing else.
    let stats = format!(
        "{{\"amenities\":{},\"cities\":41,\"places\":164,\"reviews\":574,\"states\":12,\"users\":40}}\n",
        44 + added
    );
    assert_eq!(get(&site, "/api/v1/stats").await.said(), (200, &*stats));
    let check = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone())";
    let said =
        Command::new("python3").args(["-c", check]).arg(small.path().join("hbnb.db")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "ok\n");

    run(Command::new("mount").args(["-o", "remount,size=8m"]).arg(small.path()));
    assert_eq!(send(&site, request("POST", "/api/v1/amenities", &body)).await.status, 201);
}

/// What SQLite finds wrong with the file, and how many rows these tables have.
fn whole(small: &Small, tables: [&str; 3]) -> String {
    let ask = "import sqlite3, sys
rows = sqlite3.connect(sys.argv[1])
print(*rows.execute('PRAGMA integrity_check').fetchone(), *rows.execute('PRAGMA foreign_key_check').fetchall())
print(*[rows.execute(f'SELECT COUNT(*) FROM {table}').fetchone()[0] for table in sys.argv[2:]])";
    let mut python = Command::new("python3");
    let said = python.args(["-c", ask]).arg(small.path().join("hbnb.db")).args(tables).output().unwrap();
    String::from_utf8(said.stdout).unwrap()
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_full_disk_takes_no_booking_and_no_session_by_half() {
    const TABLES: [&str; 3] = ["bookings", "booked_nights", "sessions"];
    let small = Small::mount();
    let database = Database::Sqlite(small.path().join("hbnb.db"));
    let storage = Storage::create(&database);
    storage.migrate().await.unwrap();
    seed::plant(&storage).await.unwrap().unwrap();
    let site = app(Part::All, &Settings::new(database)).await.unwrap();
    let text = |class, name: &'static str| {
        let storage = storage.clone();
        async move { storage.list(class).await.unwrap()[0][name].as_str().unwrap().to_string() }
    };
    let (place, host) = (text(Class::Place, "id").await, text(Class::Place, "user_id").await);
    let users = storage.list(Class::User).await.unwrap();
    let guest = users.iter().map(|user| user["id"].as_str().unwrap()).find(|id| *id != host).unwrap();
    let key = Key::of(&storage, None).await.unwrap();
    let nobody = Guest::new(&key);
    let somebody = Guest::new(&key).logged_in(&storage, guest).await;
    let post = async |who: &Guest, path: &str, fields: &str| send(&site, who.ask("POST", path, fields)).await;
    let signed_up =
        post(&nobody, "/sign-up", "first_name=A&last_name=B&email=a%40x.org&password=correct+horse");
    assert_eq!(signed_up.await.status, 303);
    let log_in = async || post(&nobody, "/log-in", "email=a%40x.org&password=correct+horse").await;

    // Nights are booked until there is no room for a hundred more.
    let path = format!("/places/{place}/bookings");
    let book = async |at: i64| {
        let (check_in, check_out) = (today() + (at * 2 + 1).days(), today() + (at * 2 + 3).days());
        post(&somebody, &path, &format!("check_in={check_in}&check_out={check_out}&guests=1")).await
    };
    let amenity = format!(r#"{{"name":"{}"}}"#, "x".repeat(128));
    while send(&site, request("POST", "/api/v1/amenities", &amenity)).await.status == 201 {}
    let mut booked = 0;
    let refused = loop {
        let answer = book(booked).await;
        if answer.status != 303 {
            break answer;
        }
        booked += 1;
    };
    let mut sessions = 1;
    let kept_out = loop {
        let answer = log_in().await;
        if answer.status != 303 {
            break answer;
        }
        sessions += 1;
    };
    for answer in [&refused, &kept_out] {
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{answer:?}");
        assert!(answer.body.contains("The database is not available at the moment."), "{}", answer.body);
    }
    assert_eq!(whole(&small, TABLES), format!("ok\n{booked} {} {sessions}\n", booked * 2));

    run(Command::new("mount").args(["-o", "remount,size=8m"]).arg(small.path()));
    assert_eq!((book(booked).await.status, log_in().await.status), (303, 303));
    let after = format!("ok\n{} {} {}\n", booked + 1, booked * 2 + 2, sessions + 1);
    assert_eq!(whole(&small, TABLES), after);
}

#[tokio::test]
#[ignore = "needs root"]
async fn on_a_disk_that_takes_no_writes_the_request_fails_until_it_does() {
    let small = Small::mount();
    let database = Database::Sqlite(small.path().join("hbnb.db"));
    let storage = Storage::create(&database);
    storage.migrate().await.unwrap();
    storage.close().await;
    run(Command::new("mount").args(["-o", "remount,ro"]).arg(small.path()));
    let site = app(Part::Api, &Settings::new(database)).await.unwrap();
    let utah = || request("POST", "/api/v1/states", r#"{"name":"Utah"}"#);
    let answer = send(&site, utah()).await;
    assert_eq!(answer.said(), (503, "{\"error\":\"Database not available\"}\n"));
    run(Command::new("mount").args(["-o", "remount,rw"]).arg(small.path()));
    assert_eq!(send(&site, utah()).await.status, 201);
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_picture_for_which_there_is_no_room_leaves_nothing_behind() {
    let small = Small::mount();
    let photos = Photos::new(&small.path().join("pictures"));
    // Noise does not become small.
    let mut dice = 1_u32;
    let noise = RgbImage::from_fn(900, 700, |_, _| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(dice >> 24) as u8, (dice >> 16) as u8, (dice >> 8) as u8])
    });
    let mut upload = Cursor::new(Vec::new());
    noise.write_to(&mut upload, ImageFormat::Png).unwrap();
    let upload = Bytes::from(upload.into_inner());
    let mut kept = Vec::new();
    let refused = loop {
        match photos.keep(upload.clone()).await {
            Ok(id) => kept.push(id),
            Err(problem) => break problem,
        }
    };
    assert!(matches!(refused, Problem::Unkept(_)) && !kept.is_empty(), "{refused:?} {kept:?}");
    let files = || std::fs::read_dir(small.path().join("pictures")).unwrap().count();
    assert_eq!(files(), kept.len() * Size::ALL.len());
    photos.remove(&kept[0]);
    assert!(photos.keep(upload).await.is_ok());
    assert_eq!(files(), kept.len() * Size::ALL.len());
}
