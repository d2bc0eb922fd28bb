//! Bookings in a database that was there before us: tables without cascades, in latin1, named by a table of somebody else.

use super::{app, request, send};
use crate::support::mariadb::MariaDb;
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::storage::booking::Booked;
use deployer::hbnb::storage::{Database, Storage};
use deployer::hbnb::{Part, Settings};
use jiff::ToSpan;

const TABLES: &str = "CREATE DATABASE worn CHARACTER SET utf8mb4; USE worn;
    CREATE TABLE states (id VARCHAR(60) PRIMARY KEY, created_at DATETIME, updated_at DATETIME, name VARCHAR(128)) CHARSET latin1;
    CREATE TABLE cities (id VARCHAR(60) PRIMARY KEY, created_at DATETIME, updated_at DATETIME, name VARCHAR(128),
        state_id VARCHAR(60), FOREIGN KEY (state_id) REFERENCES states (id)) CHARSET latin1;
    CREATE TABLE users (id VARCHAR(60) PRIMARY KEY, created_at DATETIME, updated_at DATETIME, email VARCHAR(128),
        password VARCHAR(128), first_name VARCHAR(128), last_name VARCHAR(128)) CHARSET latin1;
    CREATE TABLE places (id VARCHAR(60) PRIMARY KEY, created_at DATETIME, updated_at DATETIME, city_id VARCHAR(60),
        user_id VARCHAR(60), name VARCHAR(128), description VARCHAR(1024), number_rooms INT DEFAULT 0,
        number_bathrooms INT DEFAULT 0, max_guest INT DEFAULT 0, price_by_night INT DEFAULT 0, latitude FLOAT,
        longitude FLOAT, FOREIGN KEY (city_id) REFERENCES cities (id), FOREIGN KEY (user_id) REFERENCES users (id))
        CHARSET latin1;
    CREATE TABLE theirs (place_id VARCHAR(60), FOREIGN KEY (place_id) REFERENCES places (id)) CHARSET latin1;
    INSERT INTO states VALUES ('s', NOW(), NOW(), 'Ohio');
    INSERT INTO cities VALUES ('c', NOW(), NOW(), 'Akron', 's');
    INSERT INTO users VALUES ('h', NOW(), NOW(), 'h@x', '', NULL, NULL), ('g', NOW(), NOW(), 'g@x', '', NULL, NULL);
    INSERT INTO places (id, created_at, updated_at, city_id, user_id, name) VALUES ('p', NOW(), NOW(), 'c', 'h', 'Barn'),
        ('q', NOW(), NOW(), 'c', 'h', 'Loft');";

#[tokio::test]
async fn old_places_can_be_booked_and_go_with_their_bookings() {
    let server = MariaDb::shared();
    server.sql("", TABLES);
    let database = Database::parse(&server.url("worn")).unwrap();
    let storage = Storage::create(&database);
    storage.migrate().await.unwrap();
    let site = app(Part::Api, &Settings::new(database)).await.unwrap();
    let check_in = today() + 3.days();
    let wanted = Wanted { stay: Stay { check_in, check_out: check_in + 2.days() }, guests: 1, agreed: None };
    for place in ["p", "q"] {
        let booked = storage.book(place, "g", wanted).await.unwrap();
        assert!(matches!(booked, Booked::Done { total: 0, .. }), "{booked:?}");
    }
    let count = |table: &str| server.sql("worn", &format!("SELECT COUNT(*) FROM {table}"));
    assert_eq!((count("bookings"), count("booked_nights")), ("2\n".into(), "4\n".into()));
    assert_eq!(send(&site, request("DELETE", "/api/v1/places/p", "")).await.said(), (200, "{}\n"));
    assert_eq!((count("bookings"), count("booked_nights")), ("1\n".into(), "2\n".into()));
    assert_eq!(send(&site, request("DELETE", "/api/v1/states/s", "")).await.said(), (200, "{}\n"));
    assert_eq!((count("bookings"), count("booked_nights")), ("0\n".into(), "0\n".into()));
}
