//! Rows from dumps and back, on either engine.

use std::io::Write;
use std::path::{Path, PathBuf};

use deployer::hbnb::Part;
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::dump::{Error, Format, Imported, Unknown, export, import};
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::storage::Storage;
use deployer::hbnb::storage::booking::Booked;
use deployer::hbnb::storage::object::Which;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::ToSpan;
use tempfile::TempDir;

use super::Site;
use crate::app::course_database as course;

/// A file with this text; the directory must live as long.
fn file(text: &[u8]) -> (PathBuf, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dump");
    std::fs::write(&path, text).unwrap();
    (path, directory)
}

async fn take(storage: &Storage, text: &[u8]) -> Result<Imported, Error> {
    let (path, _directory) = file(text);
    import(storage, &path, Unknown::Refuse).await
}

/// The complaint about a text, without the directory of its file.
async fn refusal(storage: &Storage, text: &[u8]) -> String {
    let (path, _directory) = file(text);
    let error = import(storage, &path, Unknown::Refuse).await.unwrap_err();
    error.diagnostic().to_string().replace(&path.display().to_string(), "FILE")
}

/// Every row of every class, and what each place offers.
async fn everything(storage: &Storage) -> Vec<Values> {
    let mut all = Vec::new();
    for class in Class::ALL {
        all.extend(storage.list(class).await.unwrap());
    }
    for place in storage.list(Class::Place).await.unwrap() {
        all.push(Values::from([("id", place["id"].clone())]));
        let offered = Which::OfferedBy(place["id"].as_str().unwrap());
        all.extend(storage.rows(Class::Amenity, offered, None).await.unwrap());
    }
    all
}

async fn write(storage: &Storage, format: Format, path: &Path) -> Vec<u8> {
    export(storage, format, Some(path)).await.unwrap();
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn a_dump_is_imported_whole_however_it_was_made() {
    let source = everything(&Storage::open(&course::database())).await;
    let backwards = ["users", "reviews", "places", "place_amenity", "states", "cities", "amenities"];
    for (options, tables) in [
        (&[][..], &[][..]),
        (&["--complete-insert", "--hex-blob", "--single-transaction"], &backwards),
        (&["--skip-extended-insert", "--skip-comments", "--skip-opt"], &[]),
        (&["--databases", "--add-drop-database", "--replace", "--no-autocommit"], &[]),
        (&["--compact", "--compatible=ansi", "--insert-ignore", "--default-character-set=utf8mb4"], &[]),
        (&["--default-character-set=latin1"], &[]),
        (&["--default-character-set=latin1", "--compact"], &[]),
    ] {
        let site = Site::empty(Part::Api).await;
        let done = take(&site.storage, &course::dump(options, tables)).await.unwrap();
        assert_eq!(done.new.to_string(), course::COUNTS, "{options:?}");
        assert_eq!((done.unchanged.sum(), done.skipped.iter().count()), (0, 0), "{options:?}");
        assert!(everything(&site.storage).await == source, "{options:?}");
        let stats = r#"{"amenities":8,"cities":12,"places":120,"reviews":300,"states":4,"users":6}"#;
        assert_eq!(site.get("/api/v1/stats").await.said(), (200, format!("{stats}\n").as_str()));
    }
}

#[tokio::test]
async fn a_dump_imported_twice_changes_nothing() {
    let site = Site::empty(Part::Api).await;
    let text = course::dump(&[], &[]);
    take(&site.storage, &text).await.unwrap();
    let before = everything(&site.storage).await;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&text).unwrap();
    for again in [text, packed.finish().unwrap(), course::dump(&["--default-character-set=latin1"], &[])] {
        let done = take(&site.storage, &again).await.unwrap();
        assert_eq!((done.new.sum(), done.unchanged.to_string()), (0, course::COUNTS.to_string()));
        assert!(everything(&site.storage).await == before);
    }
}

#[tokio::test]
async fn a_cut_dump_changes_nothing() {
    let site = Site::seeded(Part::Api).await;
    let before = everything(&site.storage).await;
    let text = course::dump(&[], &[]);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&text).unwrap();
    let packed = packed.finish().unwrap();
    let whole = text.windows(17).rposition(|some| some == b"-- Dump completed").unwrap();
    let lines = (0..text.len()).filter(|at| text[*at] == b'\n').map(|at| at + 1).filter(|at| *at <= whole);
    let cuts = (0..whole).step_by(whole / 40).chain(lines.step_by(7)).map(|end| &text[..end]);
    for cut in cuts.chain((1..packed.len()).step_by(packed.len() / 20).map(|end| &packed[..end])) {
        assert!(take(&site.storage, cut).await.is_err(), "{}", cut.len());
    }
    assert!(everything(&site.storage).await == before);
    assert_eq!(take(&site.storage, &text).await.unwrap().new.to_string(), course::COUNTS);
}

#[tokio::test]
async fn a_row_that_is_there_with_another_content_is_named_and_nothing_is_imported() {
    let site = Site::empty(Part::Api).await;
    let text = String::from_utf8(course::dump(&["--skip-extended-insert", "--compact"], &[])).unwrap();
    take(&site.storage, text.as_bytes()).await.unwrap();
    let before = everything(&site.storage).await;
    let line = text.lines().position(|line| line.contains("'review-70'")).unwrap() + 1;
    let changed = text.replace("(70);", "(71);");
    let new = "INSERT INTO amenities (id, created_at, updated_at, name) VALUES ('new', '2017-03-25', '2017-03-25', 'x');";
    let wanted = format!(
        "error: `FILE` line {line}: `Review.review-70` is already there with another `text`\n  = note: nothing was imported; the database is as it was\n  = fix: delete the row here or there, or import into another database with `--database`"
    );
    assert_eq!(refusal(&site.storage, format!("{changed}{new}").as_bytes()).await, wanted);
    assert!(everything(&site.storage).await == before);
}

#[tokio::test]
async fn a_row_without_the_one_it_belongs_to_is_named_and_nothing_is_imported() {
    let site = Site::empty(Part::Api).await;
    let wanted = "error: `FILE`: `City.city-0` belongs to `State.state-0`, which is neither in the file nor in the database\n  = note: nothing was imported; the database is as it was\n  = fix: make a dump of the whole database, or delete this row from it";
    assert_eq!(refusal(&site.storage, &course::dump(&["--where=id='city-0'"], &["cities"])).await, wanted);
    let links = course::dump(&[], &["place_amenity"]);
    assert!(refusal(&site.storage, &links).await.starts_with("error: `FILE`: `Place.place-"));
    assert_eq!(everything(&site.storage).await, []);
    take(&site.storage, &course::dump(&[], &["states"])).await.unwrap();
    take(&site.storage, &course::dump(&[], &["cities"])).await.unwrap();
}

#[tokio::test]
async fn an_export_comes_back_as_it_went() {
    let site = Site::seeded(Part::Api).await;
    take(&site.storage, &course::dump(&[], &[])).await.unwrap();
    let before = everything(&site.storage).await;
    let directory = tempfile::tempdir().unwrap();
    for format in [Format::Json, Format::Sql] {
        let path = directory.path().join("export");
        let text = write(&site.storage, format, &path).await;
        let other = Site::empty(Part::Api).await;
        import(&other.storage, &path, Unknown::Refuse).await.unwrap();
        assert!(everything(&other.storage).await == before, "{format:?}");
        assert!(write(&other.storage, format, &path).await == text, "{format:?}");
        assert_eq!(take(&site.storage, &text).await.unwrap().new.sum(), 0);
        let cut = &text[..text.len() - 20];
        assert!(take(&other.storage, cut).await.is_err(), "{format:?}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn an_exported_dump_is_read_by_the_server_s_own_client() {
    let site = Site::seeded(Part::Api).await;
    take(&site.storage, &course::dump(&[], &[])).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let text = write(&site.storage, Format::Sql, &directory.path().join("export")).await;
    let copy = course::restored(&String::from_utf8(text).unwrap());
    assert!(everything(&Storage::open(&copy)).await == everything(&site.storage).await);
}

#[tokio::test]
async fn a_file_of_the_console_is_imported() {
    let site = Site::empty(Part::Api).await;
    let text = r#"{"City.c": {"id": "c", "created_at": "2017-09-28T21:07:25.047381", "updated_at": "2017-09-28T21:07:25.047381", "state_id": "s", "name": "Z\u00fcrich", "__class__": "City"},
"State.s": {"id": "s", "created_at": "2017-09-28T21:05:54.119427", "updated_at": "2017-09-28T21:05:54.119572", "__class__": "State"}}"#;
    let done = take(&site.storage, text.as_bytes()).await.unwrap();
    let wanted = "0 amenities, 1 cities, 0 places, 0 reviews, 1 states, 0 users, 0 place_amenity";
    assert_eq!(done.new.to_string(), wanted);
    let said = "{\"__class__\":\"City\",\"created_at\":\"2017-09-28T21:07:25.047381\",\"id\":\"c\",\"name\":\"Z\\u00fcrich\",\"state_id\":\"s\",\"updated_at\":\"2017-09-28T21:07:25.047381\"}\n";
    assert_eq!(site.get("/api/v1/cities/c").await.said(), (200, said));
}

#[tokio::test]
async fn bookings_that_an_export_leaves_behind_are_counted() {
    let site = Site::seeded(Part::Web).await;
    assert_eq!(site.storage.left_behind().await.unwrap(), None);
    let place = site.storage.list(Class::Place).await.unwrap().remove(0);
    let users = site.storage.list(Class::User).await.unwrap();
    let guest = users.iter().map(|user| &user["id"]).find(|id| **id != place["user_id"]).unwrap();
    let stay = Stay { check_in: today(), check_out: today() + 1.day() };
    let wanted = Wanted { stay, guests: 1, agreed: None };
    let booked = site.storage.book(place["id"].as_str().unwrap(), guest.as_str().unwrap(), wanted).await;
    assert!(matches!(booked.unwrap(), Booked::Done { .. }));
    let left = site.storage.left_behind().await.unwrap().unwrap();
    assert_eq!(left.to_string(), "0 accounts, 1 bookings and 0 pictures");
}
