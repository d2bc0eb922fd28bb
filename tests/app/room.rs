//! A disk that is full.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use super::{get, request, send};
use bytes::Bytes;
use deployer::hbnb::photo::{Photos, Problem, Size};
use deployer::hbnb::storage::{Database, Storage};
use deployer::hbnb::{Part, Settings, app, seed};
use image::{ImageFormat, Rgb, RgbImage};
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
