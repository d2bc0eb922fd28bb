//! The real `hbnb` binary.

use std::path::Path;
use std::process::Command;

use deployer::hbnb::settings::VARIABLES;

/// Exit status, standard output and standard error.
pub type Said = (i32, String, String);

pub fn hbnb(directory: &Path, arguments: &[&str]) -> Said {
    hbnb_with(&[("HBNB_SQLITE", "a.db")], directory, arguments)
}

/// With nothing else in the environment.
pub fn hbnb_with(variables: &[(&str, &str)], directory: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_hbnb"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

pub fn said(exit: i32, sentence: &str) -> Said {
    (exit, format!("{sentence}\n"), String::new())
}

/// What four say that run at the same time, sorted.
pub fn four(run: impl Fn() -> Said + Sync) -> Vec<Said> {
    let mut all: Vec<Said> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(&run)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    all.sort();
    all
}

pub const SEEDED: &str = "40 users, 12 states, 41 cities, 44 amenities, 164 places, 574 reviews";

#[test]
fn migrate_and_seed_twice_change_something_once() {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| hbnb(directory.path(), arguments);
    assert_eq!(run(&["migrate", "--check"]), said(6, "database `a.db` does not exist"));
    assert_eq!(run(&["seed", "--check"]), said(6, "database `a.db` does not exist"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);

    assert_eq!(
        run(&["migrate"]),
        said(
            0,
            "database `a.db` was migrated: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering"
        )
    );
    assert_eq!(run(&["migrate"]), said(0, "database `a.db` is up to date"));
    assert_eq!(run(&["migrate", "--check"]), said(0, "database `a.db` is up to date"));

    assert_eq!(run(&["seed", "--check"]), said(6, "database `a.db` is not seeded"));
    assert_eq!(run(&["seed"]), said(0, &format!("database `a.db` was seeded: {SEEDED}")));
    let before = std::fs::read(directory.path().join("a.db")).unwrap();
    assert_eq!(run(&["seed"]), said(0, "database `a.db` is already seeded"));
    assert_eq!(run(&["seed", "--check"]), said(0, "database `a.db` is seeded"));
    assert!(std::fs::read(directory.path().join("a.db")).unwrap() == before);
}

#[test]
fn a_database_without_tables_is_told_to_be_migrated() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("b.db"), "").unwrap();
    let run = |arguments: &[&str]| hbnb(directory.path(), arguments);
    let database = "sqlite:b.db";
    let check = said(
        6,
        "database `b.db` lacks migrations: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering",
    );
    assert_eq!(run(&["migrate", "--check", "--database", database]), check);
    assert_eq!(std::fs::metadata(directory.path().join("b.db")).unwrap().len(), 0);
    let complaint =
        "error: database `b.db` lacks tables\n  = fix: hbnb migrate --database b.db\n".to_string();
    assert_eq!(run(&["seed", "--database", database]), (4, String::new(), complaint));
}

#[test]
fn what_cannot_be_a_database_is_complained_about_with_a_fix() {
    let directory = tempfile::tempdir().unwrap();
    let run = |database: &str| hbnb(directory.path(), &["migrate", "--database", database]);
    let complaint = "error: the database's address is neither a path nor `sqlite:PATH` nor `mysql://USER:PASSWORD@HOST/DATABASE`\n  = fix: use `sqlite:///absolute/path.db` or `mysql://USER:PASSWORD@HOST:PORT/DATABASE`\n";
    assert_eq!(run("mysql://user:secret@host:x/db"), (2, String::new(), complaint.into()));
    let complaint = "error: database `none/c.db` cannot be opened: unable to open database file\n  = fix: create its directory, or name a file that you may write to\n";
    assert_eq!(run("none/c.db"), (4, String::new(), complaint.into()));
    std::fs::write(directory.path().join("text"), "This is no database, as anyone can see.").unwrap();
    let (exit, _, complaint) = run("text");
    assert_eq!((exit, complaint.contains("file is not a database")), (4, true), "{complaint}");
}

#[test]
fn the_test_environment_starts_empty_and_no_other_does() {
    let directory = tempfile::tempdir().unwrap();
    let run = |environment: &str, arguments: &[&str]| {
        hbnb_with(&[("HBNB_SQLITE", "a.db"), ("HBNB_ENV", environment)], directory.path(), arguments)
    };
    let migrated = said(
        0,
        "database `a.db` was emptied (HBNB_ENV=test) and migrated: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering",
    );
    assert_eq!(run("test", &["migrate"]), migrated);
    assert_eq!(run("test", &["seed"]), said(0, &format!("database `a.db` was seeded: {SEEDED}")));
    assert_eq!(run("dev", &["migrate"]), said(0, "database `a.db` is up to date"));
    assert_eq!(run("test", &["migrate", "--check"]), said(0, "database `a.db` is up to date"));
    assert_eq!(run("test", &["seed", "--check"]), said(0, "database `a.db` is seeded"));
    assert_eq!(run("test", &["migrate"]), migrated);
    assert_eq!(run("test", &["seed", "--check"]), said(6, "database `a.db` is not seeded"));
}

#[test]
fn the_help_names_every_variable() {
    let (exit, help, _) = hbnb_with(&[], Path::new("/"), &["--help"]);
    let named: Vec<_> = help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let manual = include_str!("../../README.md");
    for (variable, _) in VARIABLES {
        assert!(named.contains(&variable), "{variable} is not in {help}");
        assert!(manual.contains(&format!("`{variable}`")), "{variable} is not in README.md");
    }
    assert_eq!(exit, 0);
}

#[test]
fn static_files_are_written_once_and_then_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<_> = deployer::hbnb::static_files().collect();
    let count = files.len();
    let first = format!("www/static: {count} files, {count} written");
    assert_eq!(hbnb(directory.path(), &["static", "www/static"]), said(0, &first));
    for (path, bytes) in &files {
        let written = std::fs::read(directory.path().join("www/static").join(path)).unwrap();
        assert!(written == **bytes, "{path}");
    }
    let again = format!("www/static: {count} files, 0 written");
    assert_eq!(hbnb(directory.path(), &["static", "www/static"]), said(0, &again));
}

#[test]
fn four_at_once_migrate_and_seed_the_database_once() {
    let directory = tempfile::tempdir().unwrap();
    let sentences = |arguments: &[&str]| four(|| hbnb(directory.path(), arguments));
    let idle = said(0, "database `a.db` is up to date");
    let migrated = said(
        0,
        "database `a.db` was migrated: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering",
    );
    assert_eq!(sentences(&["migrate"]), [idle.clone(), idle.clone(), idle, migrated]);
    let idle = said(0, "database `a.db` is already seeded");
    let seeded = said(0, &format!("database `a.db` was seeded: {SEEDED}"));
    assert_eq!(sentences(&["seed"]), [idle.clone(), idle.clone(), idle, seeded]);
}
