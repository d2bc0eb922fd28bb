//! The same rows, read and written by the models of the application's older generation.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{get, request, send};
use crate::support::mariadb::MariaDb;
use crate::wsgi::venv;
use axum::Router;
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::model::Class;
use deployer::hbnb::storage::picture::Added;
use deployer::hbnb::storage::{Database, Storage};
use deployer::hbnb::{Part, Settings, app};
use jiff::ToSpan;
use serde_json::{Value, json};

const MOMENT: &str = "2017-03-25T02:17:06.000000";

/// What the models do with a database.
fn models(server: &MariaDb, database: &str, action: &str, given: &Value) -> Value {
    let mut python = Command::new(venv::with("tests/app/sqlalchemy/requirements.txt"))
        .arg("-B")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/app/sqlalchemy/models.py"))
        .arg(server.socket())
        .args([database, action])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{action}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// One object of each class, with ids that begin with `prefix`.
fn objects(prefix: &str, name: &str) -> Value {
    let id = |word: &str| json!(format!("{prefix}{word}"));
    let common = |class: &str, word: &str| json!({"__class__": class, "id": id(word), "created_at": MOMENT, "updated_at": MOMENT});
    let with = |mut object: Value, more: Value| {
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    json!([
        with(common("State", "s"), json!({"name": name})),
        with(common("City", "c"), json!({"name": name, "state_id": id("s")})),
        with(
            common("User", "u"),
            json!({"email": "e@x", "password": "0cc175b9c0f1b6a831c399e269772661", "first_name": name, "last_name": null})
        ),
        with(common("Amenity", "a"), json!({"name": name})),
        with(
            common("Place", "p"),
            json!({"name": name, "city_id": id("c"), "user_id": id("u"), "description": null, "number_rooms": 3,
                "number_bathrooms": 0, "max_guest": -1, "price_by_night": 2147483647, "latitude": 37.774,
                "longitude": -122.5, "amenities": [id("a")]})
        ),
        with(common("Review", "r"), json!({"text": name, "place_id": id("p"), "user_id": id("u")})),
    ])
}

/// Every object as our API shows it, and what the models have besides.
async fn shown(site: &Router, storage: &Storage) -> Value {
    let mut all = Vec::new();
    for class in [Class::State, Class::City, Class::User, Class::Amenity, Class::Place, Class::Review] {
        let mut rows = storage.list(class).await.unwrap();
        rows.sort_by_key(|row| row["id"].to_string());
        for row in rows {
            let id = row["id"].as_str().unwrap();
            let answer = get(site, &format!("/api/v1/{}/{id}", class.table())).await;
            let mut object: Value = serde_json::from_str(&answer.body).unwrap();
            match class {
                Class::User => object["password"] = row["password"].clone(),
                Class::Place => {
                    use deployer::hbnb::storage::object::Which;
                    let offered = storage.rows(Class::Amenity, Which::OfferedBy(id), None).await.unwrap();
                    object["amenities"] = offered.iter().map(|row| row["id"].clone()).collect();
                }
                _ => {}
            }
            all.push(object);
        }
    }
    all.into()
}

async fn opened(server: &MariaDb, name: &str) -> (Router, Storage) {
    let database = Database::parse(&server.url(name)).unwrap();
    (app(Part::Api, &Settings::new(database.clone())).await.unwrap(), Storage::open(&database))
}

#[tokio::test]
async fn tables_of_the_models_are_taken_over_with_their_rows() {
    let server = MariaDb::shared();
    server.sql("", "CREATE DATABASE old CHARACTER SET latin1");
    models(server, "old", "create", &Value::Null);
    let all = objects("", "Qu\u{e9}bec");
    models(server, "old", "add", &all);
    server.sql("old", "DROP TABLE reviews");
    let (site, storage) = opened(server, "old").await;
    assert_eq!(get(&site, "/api/v1/stats").await.status, 503);
    assert_eq!(
        storage.migrate().await.unwrap(),
        ["0001_tables", "0002_accounts", "0003_bookings", "0004_pictures", "0005_covering"]
    );
    assert_eq!(storage.migrate().await.unwrap(), Vec::<String>::new());
    assert_eq!(shown(&site, &storage).await.as_array().unwrap(), &all.as_array().unwrap()[..5]);
    models(server, "old", "add", &json!([all[5]]));
    assert_eq!(shown(&site, &storage).await, all);

    // What latin1 has no letter for, and ids that differ in their case only.
    let body = r#"{"id":"S","name":"Ω 😀"}"#;
    assert_eq!(send(&site, request("POST", "/api/v1/states", body)).await.status, 201);
    let body = r#"{"id":"C","name":"😀"}"#;
    assert_eq!(send(&site, request("POST", "/api/v1/states/S/cities", body)).await.status, 201);
    let place = [
        ("id", "P"),
        ("name", "x"),
        ("city_id", "C"),
        ("user_id", "u"),
        ("created_at", MOMENT),
        ("updated_at", MOMENT),
    ];
    storage.insert(Class::Place, &place.map(|(name, said)| (name, json!(said))).into()).await.unwrap();
    let ours = shown(&site, &storage).await;
    let theirs = models(server, "old", "all", &Value::Null);
    // The models made a column without a fraction of a second; both read what is there.
    assert_eq!(theirs, ours);
    assert_eq!(ours[0]["name"], "Ω 😀");

    for class in [Class::Amenity, Class::User, Class::State] {
        for row in storage.list(class).await.unwrap() {
            assert!(storage.delete(class, row["id"].as_str().unwrap()).await.unwrap().is_some());
        }
    }
    assert_eq!(models(server, "old", "all", &Value::Null), json!([]));
}

#[tokio::test]
async fn the_models_delete_a_place_that_has_pictures_and_bookings() {
    let server = MariaDb::shared();
    let (_, storage) = opened(server, "shown").await;
    storage.migrate().await.unwrap();
    models(server, "shown", "add", &objects("", "x"));
    assert_eq!(storage.add_picture("p", "f", 20).await.unwrap(), Added::Done);
    let guest = json!([{"__class__": "User", "id": "g", "created_at": MOMENT, "updated_at": MOMENT, "email": "g@x", "password": "x"}]);
    models(server, "shown", "add", &guest);
    let stay = Stay { check_in: today(), check_out: today() + 1.day() };
    storage.book("p", "g", Wanted { stay, guests: 1, agreed: None }).await.unwrap();
    models(server, "shown", "delete", &json!(["p"]));
    for table in ["places", "pictures", "bookings", "booked_nights"] {
        assert_eq!(server.sql("shown", &format!("SELECT COUNT(*) FROM {table}")), "0\n", "{table}");
    }
}

#[tokio::test]
async fn a_row_goes_with_all_that_belongs_to_it_where_the_tables_do_not_see_to_it() {
    let server = MariaDb::shared();
    server.sql("", "CREATE DATABASE deep");
    models(server, "deep", "create", &Value::Null);
    // A table that is not ours keeps the models' tables as they are.
    server.sql("deep", "CREATE TABLE stays (id INT PRIMARY KEY, place_id VARCHAR(60), FOREIGN KEY (place_id) REFERENCES places (id))");
    models(server, "deep", "add", &objects("x", "x"));
    let (_, storage) = opened(server, "deep").await;
    storage.migrate().await.unwrap();
    let kept = server.sql("deep", "SHOW CREATE TABLE places");
    assert!(kept.contains("latin1") && !kept.contains("CASCADE"), "{kept}");
    assert_eq!(storage.add_picture("xp", "f", 20).await.unwrap(), Added::Done);
    assert_eq!(storage.delete(Class::State, "xs").await.unwrap(), Some(vec!["f".into()]));
    let left: Vec<_> = storage.counts().await.unwrap().into_iter().map(|(_, count)| count).collect();
    assert_eq!(left, [1, 0, 0, 0, 0, 1]);
    server.sql("deep", "DELETE FROM amenities; DELETE FROM users");
    for (class, id) in
        [(Class::City, "xc"), (Class::User, "xu"), (Class::Place, "xp"), (Class::Amenity, "xa")]
    {
        models(server, "deep", "add", &objects("x", "x"));
        assert_eq!(storage.delete(class, id).await.unwrap(), Some(Vec::new()));
        assert_eq!(storage.delete(class, id).await.unwrap(), None);
        for class in [Class::State, Class::User, Class::Amenity] {
            for row in storage.list(class).await.unwrap() {
                storage.delete(class, row["id"].as_str().unwrap()).await.unwrap();
            }
        }
        assert_eq!(models(server, "deep", "all", &Value::Null), json!([]));
    }
}

#[tokio::test]
async fn the_models_read_and_write_our_tables() {
    let server = MariaDb::shared();
    let (site, storage) = opened(server, "ours").await;
    storage.migrate().await.unwrap();
    models(server, "ours", "create", &Value::Null);
    models(server, "ours", "add", &objects("y", "Ω 😀"));
    assert_eq!(shown(&site, &storage).await, objects("y", "Ω 😀"));
    let body = r#"{"id":"z","name":"Zürich","created_at":"2020-01-02T03:04:05.000006"}"#;
    assert_eq!(send(&site, request("POST", "/api/v1/amenities", body)).await.status, 201);
    storage.link("yp", "z").await.unwrap();
    let ours = shown(&site, &storage).await;
    assert_eq!(models(server, "ours", "all", &Value::Null), ours);
    assert_eq!(ours[4]["created_at"], "2020-01-02T03:04:05.000006");
}
