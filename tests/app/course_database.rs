//! The database of the course as its own programs make it, in a real MariaDB, and dumps of it by the real `mariadb-dump`.
//!
//! Needs Debian's packages `mariadb-server` and `mariadb-client`.

use std::fmt::Write;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use deployer::hbnb::storage::Database;

use crate::support::mariadb::MariaDb;

/// What the database holds, as an import counts it.
pub const COUNTS: &str =
    "8 amenities, 12 cities, 120 places, 300 reviews, 4 states, 6 users, 360 place_amenity";

/// Tables as SQLAlchemy makes them from the course's models on a server of that time.
const TABLES: &str = "
CREATE TABLE states (id VARCHAR(60) NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  name VARCHAR(128) NOT NULL, PRIMARY KEY (id));
CREATE TABLE cities (name VARCHAR(128) NOT NULL, id VARCHAR(60) NOT NULL, created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL, state_id VARCHAR(60) NOT NULL, PRIMARY KEY (id),
  FOREIGN KEY(state_id) REFERENCES states (id));
CREATE TABLE users (id VARCHAR(60) NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  email VARCHAR(128) NOT NULL, password VARCHAR(128) NOT NULL, first_name VARCHAR(128), last_name VARCHAR(128),
  PRIMARY KEY (id));
CREATE TABLE amenities (id VARCHAR(60) NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  name VARCHAR(128) NOT NULL, PRIMARY KEY (id));
CREATE TABLE places (id VARCHAR(60) NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  city_id VARCHAR(60) NOT NULL, user_id VARCHAR(60) NOT NULL, name VARCHAR(128) NOT NULL, description VARCHAR(1024),
  number_rooms INTEGER NOT NULL, number_bathrooms INTEGER NOT NULL, max_guest INTEGER NOT NULL,
  price_by_night INTEGER NOT NULL, latitude FLOAT, longitude FLOAT, PRIMARY KEY (id),
  FOREIGN KEY(city_id) REFERENCES cities (id), FOREIGN KEY(user_id) REFERENCES users (id));
CREATE TABLE reviews (id VARCHAR(60) NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  text VARCHAR(1024) NOT NULL, place_id VARCHAR(60) NOT NULL, user_id VARCHAR(60) NOT NULL, PRIMARY KEY (id),
  FOREIGN KEY(place_id) REFERENCES places (id), FOREIGN KEY(user_id) REFERENCES users (id));
CREATE TABLE place_amenity (place_id VARCHAR(60) NOT NULL, amenity_id VARCHAR(60) NOT NULL,
  PRIMARY KEY (place_id, amenity_id), FOREIGN KEY(place_id) REFERENCES places (id),
  FOREIGN KEY(amenity_id) REFERENCES amenities (id));
";

/// The name of the database.
fn name() -> &'static str {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let server = MariaDb::shared();
        server.sql("", "CREATE DATABASE course CHARACTER SET latin1");
        server.sql("course", &format!("SET NAMES utf8mb4; {TABLES} {}", rows()));
    });
    "course"
}

/// The database itself, never migrated by us.
pub fn database() -> Database {
    Database::parse(&MariaDb::shared().url(name())).unwrap()
}

fn rows() -> String {
    let mut text = String::new();
    let moment =
        |n: usize| format!("'2017-03-25 02:{:02}:{:02}', '2017-03-26 02:17:06'", n / 60 % 60, n % 60);
    let mut add = |row: String| writeln!(text, "INSERT INTO {row};").unwrap();
    for n in 0..4 {
        add(format!("states VALUES ('state-{n}', {}, 'State \\\\ {n} “é”')", moment(n)));
    }
    for n in 0..12 {
        add(format!("cities VALUES ('City; ''{n}''', 'city-{n}', {}, 'state-{}')", moment(n), n % 4));
    }
    for n in 0..6 {
        let first = if n % 2 == 0 { "NULL".to_string() } else { format!("'Zoë {n}'") };
        let password = ["secret", "5ebe2294ecd0e0f08eab7690d2a6ee69"][n % 2];
        let user = format!("'u{n}@mail.com', '{password}', {first}, NULL");
        add(format!("users VALUES ('user-{n}', {}, {user})", moment(n)));
    }
    for n in 0..8 {
        add(format!("amenities VALUES ('amenity-{n}', {}, 'Amenity \"{n}\" 5 €')", moment(n)));
    }
    for n in 0..120 {
        let about =
            ["NULL", "''", "'Two rooms.<BR />\\r\\nIt''s \\\\ \\t\\Z -- quiet /* not */ # here'"][n % 3];
        let spot = if n % 5 == 0 { "NULL, NULL".into() } else { format!("{}.25, -122.{n}", n % 80) };
        let place = format!("'city-{}', 'user-{}', 'Place {n}', {about}", n % 12, n % 6);
        add(format!("places VALUES ('place-{n}', {}, {place}, {}, 1, 4, {n}, {spot})", moment(n), n % 5));
        for step in 0..3 {
            add(format!("place_amenity VALUES ('place-{n}', 'amenity-{}')", (n + step) % 8));
        }
    }
    for n in 0..300 {
        let text = format!("'Très bien ({n});', 'place-{}', 'user-{}'", n % 120, n % 6);
        add(format!("reviews VALUES ('review-{n}', {}, {text})", moment(n)));
    }
    text
}

/// What `mariadb-dump` with these options, then these tables (none for all), writes.
pub fn dump(options: &[&str], tables: &[&str]) -> Vec<u8> {
    let name = name();
    let output = Command::new("mariadb-dump")
        .args(["--no-defaults", "-u", "root", "-S"])
        .arg(MariaDb::shared().socket())
        .args(options)
        .arg(name)
        .args(tables)
        .output()
        .expect("`mariadb-dump` is missing; install the package mariadb-client");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A new database made by the server's own client from a dump.
pub fn restored(dump: &str) -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("restored_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let server = MariaDb::shared();
    server.sql("", &format!("CREATE DATABASE {name}"));
    server.sql(&name, dump);
    Database::parse(&server.url(&name)).unwrap()
}
