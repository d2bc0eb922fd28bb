//! What a dump says, and what is said to be wrong with it.

mod broken;
mod property;

use std::io::Read;

use serde_json::{Value, json};

use super::read;
use crate::hbnb::dump::fault::{Fail, Fault};
use crate::hbnb::dump::row::{Item, Skipped, Unknown};
use crate::hbnb::model::Class;

/// Rows with their lines and what was left out, or what is wrong in which line.
type Found = Result<(Vec<(u64, Item)>, Skipped), (u64, Fault)>;

/// As `mysqldump` of a newer MariaDB writes it, shortened.
const DUMP: &str = r"/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;

CREATE DATABASE /*!32312 IF NOT EXISTS*/ `hbnb_dev_db` /*!40100 DEFAULT CHARACTER SET latin1 */;

USE `hbnb_dev_db`;
DROP TABLE IF EXISTS `cities`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `cities` (
  `name` varchar(128) NOT NULL,
  `id` varchar(60) NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL DEFAULT current_timestamp(),
  `state_id` varchar(60) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `state_id` (`state_id`),
  CONSTRAINT `cities_ibfk_1` FOREIGN KEY (`state_id`) REFERENCES `states` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;

LOCK TABLES `cities` WRITE;
/*!40000 ALTER TABLE `cities` DISABLE KEYS */;
INSERT INTO `cities` VALUES
('Reno','c1','2017-03-25 02:17:06','2017-03-25 02:17:06','s1'),
('Kahului; (''Maui'')','c2','2017-03-25 02:17:06','2017-03-25 02:17:06','s2');
/*!40000 ALTER TABLE `cities` ENABLE KEYS */;
UNLOCK TABLES;
/*!50003 SET sql_mode = '' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER t BEFORE INSERT ON cities FOR EACH ROW BEGIN
  SET NEW.name = 'x'; -- INSERT INTO cities
END */;;
DELIMITER ;
-- Dump completed on 2026-11-21 17:35:00
";

fn found(input: impl Read, unknown: Unknown) -> Found {
    let mut rows = Vec::new();
    let read = read(input, unknown, &mut |line, item| {
        rows.push((line, item));
        Ok(())
    });
    match read {
        Ok(skipped) => Ok((rows, skipped)),
        Err(Fail::At(line, fault)) => Err((line, fault)),
        Err(other) => panic!("{other:?}"),
    }
}

fn rows(text: impl AsRef<[u8]>) -> Vec<Item> {
    let (rows, _) = found(text.as_ref(), Unknown::Refuse).unwrap();
    rows.into_iter().map(|(_, item)| item).collect()
}

fn row<const N: usize>(class: Class, own: [(&'static str, Value); N]) -> Item {
    let moment = json!("2017-03-25T02:17:06.000000");
    let moments = [("created_at", moment.clone()), ("updated_at", moment)];
    Item::Row(class, moments.into_iter().chain(own).collect())
}

fn state(id: &str, name: &str) -> Item {
    row(Class::State, [("id", json!(id)), ("name", json!(name))])
}

/// A row of states: `name` is SQL.
fn insert(name: &str) -> String {
    format!(
        "INSERT INTO states (id, created_at, updated_at, name) VALUES ('s', '2017-03-25 02:17:06', '2017-03-25 02:17:06', {name});"
    )
}

#[test]
fn a_dump_is_read_with_the_lines_of_its_rows() {
    let city = |id: &str, state: &str, name: &str| {
        row(Class::City, [("id", json!(id)), ("state_id", json!(state)), ("name", json!(name))])
    };
    let wanted = vec![(27, city("c1", "s1", "Reno")), (28, city("c2", "s2", "Kahului; ('Maui')"))];
    assert_eq!(found(DUMP.as_bytes(), Unknown::Refuse), Ok((wanted, Skipped::default())));
}

#[test]
fn texts_are_read_in_every_notation() {
    for (written, meant) in [
        (r"'a\'b\\c\nd\te\0f\Zg\rh\bi'", "a'b\\c\nd\te\0f\u{1a}g\rh\u{8}i"),
        (r"'50\% \_ \q'", r"50\% \_ q"),
        ("'it''s \"so\" -- /* # */ ;'", "it's \"so\" -- /* # */ ;"),
        (r#""it's ""so""""#, "it's \"so\""),
        ("'über 😀'", "über 😀"),
        ("_binary 'x'", "x"),
        ("_utf8mb4'x'", "x"),
        ("0x4D61756920C3A9", "Maui é"),
        ("X'4d61'", "Ma"),
        ("12", "12"),
        ("''", ""),
        ("/* a */ 'x' # b\n-- c\n", "x"),
    ] {
        assert_eq!(rows(insert(written)), [state("s", meant)], "{written}");
    }
}

#[test]
fn numbers_and_nothing_are_read_and_unsaid_columns_are_empty() {
    let text = "REPLACE INTO `db`.`places` (`id`,`created_at`,`updated_at`,`city_id`,`user_id`,`name`,`description`,\
                `max_guest`,`price_by_night`,`latitude`,`longitude`) VALUES ('p','2017-03-25 02:17:06',\
                '2017-03-25 02:17:06.000000','c','u','n',NULL,3,-1,-1.5e-05,.25);";
    let wanted = row(
        Class::Place,
        [
            ("id", json!("p")),
            ("city_id", json!("c")),
            ("user_id", json!("u")),
            ("name", json!("n")),
            ("description", Value::Null),
            ("number_rooms", json!(0)),
            ("number_bathrooms", json!(0)),
            ("max_guest", json!(3)),
            ("price_by_night", json!(-1)),
            ("latitude", json!(-0.000_015)),
            ("longitude", json!(0.25)),
        ],
    );
    assert_eq!(rows(text), [wanted]);
}

#[test]
fn links_are_read_however_tables_are_quoted() {
    let link = Item::Link("p".into(), "a".into());
    for text in [
        "INSERT INTO `place_amenity` (`amenity_id`,`place_id`) VALUES ('a','p');",
        "insert ignore into PLACE_AMENITY (PLACE_ID, amenity_id) value ('p', 'a') ;",
        "CREATE TABLE \"place_amenity\" (\"place_id\" varchar(60), \"amenity_id\" varchar(60));\nINSERT INTO \"place_amenity\" VALUES ('p','a');",
    ] {
        assert_eq!(rows(text), std::slice::from_ref(&link), "{text}");
    }
}

#[test]
fn latin1_is_read_where_the_dump_or_its_table_says_so() {
    let latin1 = |before: &str| {
        let mut text = before.as_bytes().to_vec();
        text.extend(insert("'caf?'").into_bytes().into_iter().map(|b| if b == b'?' { 0xe9 } else { b }));
        text
    };
    let table = "CREATE TABLE states (id int, name int) ENGINE=InnoDB DEFAULT CHARSET=latin1;";
    assert_eq!(rows(latin1("/*!40101 SET NAMES latin1 */;")), [state("s", "café")]);
    assert_eq!(rows(latin1(table)), [state("s", "café")]);
    assert_eq!(rows(format!("{table}{}", insert("'café'"))), [state("s", "café")]);
    let fault = Fault::Encoding { column: "states.name".into(), wanted: "utf8" };
    assert_eq!(found(&*latin1("SET NAMES utf8;\n"), Unknown::Refuse), Err((2, fault)));
}

#[test]
fn what_we_have_no_place_for_is_left_out_and_said() {
    let text = "INSERT INTO alembic VALUES (_binary '\u{1}', b'1', now());\n\
                INSERT INTO states (id, zip, created_at, updated_at, name) VALUES \
                ('s', 89501, '2017-03-25 02:17:06', '2017-03-25 02:17:06', 'Nevada');";
    let mut skipped = Skipped::default();
    skipped.note("alembic", 1);
    skipped.note("states.zip", 2);
    let wanted = vec![(2, state("s", "Nevada"))];
    assert_eq!(found(text.as_bytes(), Unknown::Skip), Ok((wanted, skipped)));
    let unknown = Fault::Unknown("states.zip".into());
    assert_eq!(found(text.as_bytes(), Unknown::Refuse), Err((2, unknown)));
}
