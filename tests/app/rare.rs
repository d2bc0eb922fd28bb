//! What MariaDB reads to find places that offer several amenities.

use std::fmt::Write;

use deployer::hbnb::model::Class;
use deployer::hbnb::storage::object::Which;
use deployer::hbnb::storage::search::Wish;
use deployer::hbnb::storage::{Database, Storage};

use crate::support::mariadb::MariaDb;

/// How the server was asked for places.
const ASKED: &str = "SELECT DISTINCT SUBSTRING(argument, LOCATE(' WHERE EXISTS', argument)) FROM mysql.general_log \
     WHERE command_type = 'Execute' AND argument LIKE 'SELECT id, %FROM places WHERE%'";

/// Two cities of 150 places; all offer what is `common`, four what is `rare`.
fn rows() -> String {
    let moments = "'2024-03-01 09:00:00', '2024-03-01 09:00:00'";
    let mut text = String::new();
    let mut add = |row: String| writeln!(text, "INSERT INTO {row};").unwrap();
    add(format!("states (id, created_at, updated_at, name) VALUES ('s', {moments}, 'S')"));
    add(format!(
        "users (id, created_at, updated_at, email, password) VALUES ('u', {moments}, 'u@mail.com', '')"
    ));
    for amenity in ["a common one", "rare"] {
        add(format!("amenities (id, created_at, updated_at, name) VALUES ('{amenity}', {moments}, 'A')"));
    }
    for city in ["c0", "c1"] {
        add(format!(
            "cities (id, created_at, updated_at, state_id, name) VALUES ('{city}', {moments}, 's', 'C')"
        ));
        for n in 0..150 {
            let place = format!("{city}-{n:03}");
            let columns = "id, created_at, updated_at, city_id, user_id, name";
            add(format!("places ({columns}) VALUES ('{place}', {moments}, '{city}', 'u', 'P')"));
            add(format!("place_amenity VALUES ('{place}', 'a common one')"));
            if n % 75 == 7 {
                add(format!("place_amenity VALUES ('{place}', 'rare')"));
            }
        }
    }
    text + "ANALYZE TABLE place_amenity;"
}

/// What is found of both amenities in both cities, and how the server was asked.
async fn search(server: &MariaDb, database: &Database) -> (Vec<String>, String) {
    let ids = |ids: [&str; 2]| ids.map(String::from).into();
    let wish =
        Wish { cities: ids(["c0", "c1"]), amenities: ids(["a common one", "rare"]), ..Wish::default() };
    server.sql("", "TRUNCATE mysql.general_log; SET GLOBAL log_output = 'TABLE', general_log = 1");
    let found = Storage::create(database).rows(Class::Place, Which::Fitting(&wish), None).await.unwrap();
    let found = found.iter().map(|row| row["id"].as_str().unwrap().to_string()).collect();
    server.sql("", "SET GLOBAL general_log = 0");
    (found, server.sql("", ASKED))
}

#[tokio::test]
async fn what_few_places_offer_is_looked_for_first_by_whatever_index_there_is() {
    let server = MariaDb::start();
    let database = Database::parse(&server.url("places")).unwrap();
    Storage::create(&database).migrate().await.unwrap();
    server.sql("places", &rows());
    let wanted = |index: &str| {
        let exists = |amenity: &str| {
            let links = format!("SELECT 1 FROM place_amenity{index}");
            format!("EXISTS ({links} WHERE place_id = p.id AND amenity_id = '{amenity}')")
        };
        let found = ["c0-007", "c0-082", "c1-007", "c1-082"].map(String::from).to_vec();
        (found, format!(" WHERE {} AND {}) AS fitting)\n", exists("rare"), exists("a common one")))
    };
    assert_eq!(search(&server, &database).await, wanted(" FORCE INDEX (`places_of_amenity`)"));

    // As in a table that another program made.
    let other =
        "ALTER TABLE place_amenity ADD INDEX `strange ``name` (amenity_id), DROP INDEX places_of_amenity";
    server.sql("places", other);
    assert_eq!(search(&server, &database).await, wanted(" FORCE INDEX (`strange ``name`)"));

    // An index that does not lead from the amenity to the place is not insisted on.
    server.sql(
        "places",
        "SET foreign_key_checks = 0; ALTER TABLE place_amenity DROP PRIMARY KEY, ADD INDEX (place_id)",
    );
    assert_eq!(search(&server, &database).await, wanted(""));
}
