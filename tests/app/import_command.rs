//! `hbnb import` and `hbnb export`, as people call them.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::command::{hbnb, said};
use deployer::hbnb::storage::{Database, Storage};
use serde_json::Value;

const NONE: &str = "0 amenities, 0 cities, 0 places, 0 reviews, 0 states, 0 users, 0 place_amenity";
const DUMP: &str = "CREATE TABLE `states` (`id` int, `created_at` int, `updated_at` int, `name` int);
INSERT INTO `states` VALUES ('s','2017-03-25 02:17:06','2017-03-25 02:17:06','Nevada');
";

#[test]
fn an_import_says_what_is_new_and_an_export_writes_it_down() {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| hbnb(directory.path(), arguments);
    std::fs::write(directory.path().join("dump.sql"), DUMP).unwrap();
    let complaint = "error: database `a.db` does not exist\n  = fix: hbnb migrate --database a.db\n";
    assert_eq!(run(&["import", "dump.sql"]), (4, String::new(), complaint.into()));
    run(&["migrate"]);
    let one = NONE.replace("0 states", "1 states");
    assert_eq!(run(&["import", "dump.sql"]), said(0, &format!("database `a.db` took in {one}")));
    assert_eq!(
        run(&["import", "dump.sql"]),
        said(0, &format!("database `a.db` has all of it already: {one}"))
    );
    let more = format!("{DUMP}{}", DUMP.lines().nth(1).unwrap().replace("'s'", "'t'"));
    std::fs::write(directory.path().join("more.sql"), more).unwrap();
    let mixed = format!("database `a.db` took in {one}; it had {one}");
    assert_eq!(run(&["import", "more.sql", "--database", "b.db"]).0, 4);
    run(&["migrate", "--database", "b.db"]);
    run(&["import", "dump.sql", "--database", "b.db"]);
    assert_eq!(run(&["import", "more.sql", "--database", "b.db"]), said(0, &mixed.replace("a.db", "b.db")));
    let text = "{\n\"State.s\": {\"__class__\":\"State\",\"created_at\":\"2017-03-25T02:17:06.000000\",\"id\":\"s\",\"name\":\"Nevada\",\"updated_at\":\"2017-03-25T02:17:06.000000\"}\n}\n";
    let exported = format!("database `a.db` was exported: {one}");
    assert_eq!(run(&["export"]), (0, text.into(), format!("{exported}\n")));
    assert_eq!(run(&["export", "file.json"]), said(0, &exported));
    assert_eq!(std::fs::read_to_string(directory.path().join("file.json")).unwrap(), text);
}

#[tokio::test]
async fn an_export_warns_of_what_it_leaves_behind() {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| hbnb(directory.path(), arguments);
    run(&["migrate"]);
    let storage = Storage::open(&Database::Sqlite(directory.path().join("a.db")));
    let text = |text: &str| Value::from(text);
    let moment = text("2026-01-02T03:04:05.000000");
    let row =
        [("id", text("u")), ("email", text("ann@x")), ("password", text("")), ("created_at", moment.clone())];
    let user = row.into_iter().chain([("updated_at", moment)]).collect();
    storage.sign_up("ann@x", &user).await.unwrap();
    let one = NONE.replace("0 users", "1 users");
    let warning = "warning: 1 accounts, 0 bookings and 0 pictures are not in the export, which holds what the course's tables hold\n  = fix: `sqlite3 a.db '.backup COPY'`\n";
    for form in ["json", "sql"] {
        let (exit, out, aside) = run(&["export", "file", "--format", form]);
        assert_eq!((exit, out, &*aside), (0, format!("database `a.db` was exported: {one}\n"), warning));
    }
}

#[test]
fn what_cannot_be_imported_is_told_with_its_line_and_a_fix() {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| hbnb(directory.path(), arguments);
    run(&["migrate"]);
    for (text, wanted) in [
        (
            DUMP.replace("`name`", "`motto`"),
            "error: `d.sql` line 2: there is no place here for `states.motto`\n  = note: nothing was imported; the database is as it was\n  = fix: add `--skip-unknown` to leave such values out\n",
        ),
        (
            DUMP.replace(");\n", ""),
            "error: `d.sql` line 1: the file ends within the statement that begins here\n  = note: nothing was imported; the database is as it was\n  = fix: make the dump again; this one was cut\n",
        ),
        (
            "\u{1f}".to_string(),
            "error: `d.sql` line 1: expected a statement of a dump, found ` `\n  = note: nothing was imported; the database is as it was\n  = fix: give a dump made by `mysqldump DATABASE > FILE`, or a file.json of the console\n",
        ),
    ] {
        std::fs::write(directory.path().join("d.sql"), text).unwrap();
        assert_eq!(run(&["import", "d.sql"]), (2, String::new(), wanted.into()));
    }
    std::fs::write(directory.path().join("d.sql"), [0xff, 0xfe, b'-', 0]).unwrap();
    let wide = "error: `d.sql` is in UTF-16, as PowerShell writes files\n  = fix: make the dump with `mysqldump --result-file=FILE DATABASE`\n";
    assert_eq!(run(&["import", "d.sql"]), (2, String::new(), wide.into()));
    let none = "error: cannot open `none`: No such file or directory (os error 2)\n  = fix: name a file that you may read, or `-` for standard input\n";
    assert_eq!(run(&["import", "none"]), (2, String::new(), none.into()));
    assert_eq!(run(&["export"]).2, format!("database `a.db` was exported: {NONE}\n"));
}

#[test]
fn what_is_left_out_is_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    hbnb(directory.path(), &["migrate"]);
    let text = DUMP.replace("`name` int", "`name` int, zip int").replace("'Nevada'", "'Nevada',89501");
    std::fs::write(directory.path().join("d.sql"), format!("INSERT INTO alembic VALUES (1);\n{text}"))
        .unwrap();
    let one = NONE.replace("0 states", "1 states");
    let warnings = "warning: line 1: there is no place here for `alembic`, which is left out\nwarning: line 3: there is no place here for `states.zip`, which is left out\n";
    let wanted = (0, format!("database `a.db` took in {one}\n"), warnings.to_string());
    assert_eq!(hbnb(directory.path(), &["import", "--skip-unknown", "d.sql"]), wanted);
}

/// Writes a dump of about a hundred million bytes; says how many.
fn large(path: &Path) -> u64 {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    let moments = "'2017-03-25 02:17:06','2017-03-25 02:17:06'";
    let common = "(id, created_at, updated_at";
    writeln!(out, "-- MySQL dump 10.13\nSET NAMES utf8mb4;").unwrap();
    writeln!(out, "INSERT INTO states {common}, name) VALUES ('s',{moments},'S');").unwrap();
    writeln!(out, "INSERT INTO cities {common}, state_id, name) VALUES ('c',{moments},'s','C');").unwrap();
    writeln!(out, "INSERT INTO users {common}, email, password) VALUES ('u',{moments},'e','p');").unwrap();
    // Ids in no order, as real ones are.
    let id = |n: u64| format!("{:016x}-{n:019}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let about = "A quiet house, it\\'s near the sea.<BR />\\n".repeat(5);
    let mut insert = |head: &str, count: u64, row: &dyn Fn(u64) -> String| {
        for n in 0..count {
            let before = if n % 2000 == 0 { head } else { ",\n" };
            let after = if n % 2000 == 1999 || n + 1 == count { ";\n" } else { "" };
            write!(out, "{before}({}){after}", row(n)).unwrap();
        }
    };
    let columns = "city_id, user_id, name, description, max_guest, latitude, longitude";
    insert(&format!("INSERT INTO places {common}, {columns}) VALUES "), 230_000, &|n| {
        format!("'{}',{moments},'c','u','Place {n}','{about}',4,37.77,-122.4", id(n))
    });
    insert(&format!("INSERT INTO reviews {common}, place_id, user_id, text) VALUES "), 170_000, &|n| {
        format!("'r{}',{moments},'{}','u','Lovely, we will be back.'", id(n), id(n))
    });
    writeln!(out, "-- Dump completed").unwrap();
    out.into_inner().unwrap().metadata().unwrap().len()
}

/// No import takes longer.
const LONGEST: Duration = Duration::from_secs(300);

/// How long the import takes, and the most memory it held, in kilobytes.
fn measured(directory: &Path, database: &str) -> (Duration, u64) {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hbnb"))
        .args(["import", "--database", database, "large.sql"])
        .current_dir(directory)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = peak.map_or(most, |peak| peak.trim().trim_end_matches(" kB").parse().unwrap());
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return (begun.elapsed(), most);
        }
        if begun.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("the import has not ended after {LONGEST:?}; it held {most} kB");
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "needs a minute and a gigabyte of disk"]
fn a_hundred_megabytes_are_imported_in_half_a_minute_and_a_hundred_megabytes() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = large(&directory.path().join("large.sql"));
    assert!(bytes > 100_000_000, "{bytes}");
    let database = "large.db";
    assert_eq!(hbnb(directory.path(), &["migrate", "--database", database]).0, 0);
    for what in ["new", "unchanged"] {
        let (taken, most) = measured(directory.path(), database);
        eprintln!("{bytes} bytes, {what}: {:.1} s, {most} kB", taken.as_secs_f64());
        assert!(taken < Duration::from_secs(30) && most < 100_000, "{taken:?}, {most} kB");
    }
}
