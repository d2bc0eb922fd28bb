//! Dumps that are none.

use super::*;

fn said(text: &str) -> String {
    match found(text.as_bytes(), Unknown::Refuse) {
        Err((line, fault)) => format!("{line}: {fault}"),
        Ok(found) => format!("{found:?}"),
    }
}

#[test]
fn what_is_not_understood_is_told_with_its_line_and_what_was_expected() {
    let long = insert(&format!("'{}'", "x".repeat(129)));
    for (text, wanted) in [
        ("", "1: the file holds neither SQL nor JSON"),
        ("<?xml version='1.0'?>", "1: expected a statement of a dump, found `<`"),
        ("\nUPDATE states SET name = 'x';", "2: expected a statement of a dump, found `UPDATE`"),
        ("INSERT INTO states SELECT 1;", "1: the columns of `states` are not named"),
        ("INSERT INTO states (id) SELECT 1;", "1: expected `VALUES`, found `SELECT`"),
        ("INSERT INTO states (id) VALUES ('s');", "1: there is no value for `states.created_at`"),
        (
            "CREATE TABLE states (id int);\n\nINSERT INTO states VALUES (1);",
            "3: there is no value for `states.created_at`",
        ),
        (&insert("now()"), "1: expected a value, found `now`"),
        (&insert("'a' 'b'"), "1: expected `,` or `)`, found `b`"),
        (&insert("'a', 'b'"), "1: a row of `states` has 5 values, but 4 columns"),
        (&insert("NULL"), "1: `states.name` is `null`; it must be a text"),
        (&insert("0x4D6"), "1: expected pairs of hexadecimal digits, found `0x4D6`"),
        (&insert("_cp1251 'x'"), "1: the encoding `CP1251` is neither utf8, utf8mb4 nor latin1"),
        (
            &long,
            "1: `states.name` is `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`; it must be at most 128 characters long",
        ),
        (
            &insert("'x'").replace("2017-03-25 02:17:06", "0000-00-00"),
            "1: `states.created_at` is `0000-00-00`; it must be a date and time like `2017-03-25 02:17:06`",
        ),
        ("SET NAMES 'koi8r';", "1: the encoding `koi8r` is neither utf8, utf8mb4 nor latin1"),
        ("DELIMITER $$\n", "1: expected `;` or `;;`, found `$$`"),
        (
            &format!("USE a;\n{}\nUSE b;\n{}", insert("'x'"), insert("'y'")),
            "4: rows of database `a` and of `b`",
        ),
    ] {
        assert_eq!(said(text), wanted, "{text}");
    }
}

#[test]
fn a_value_longer_than_memory_should_hold_is_refused_in_our_tables_only() {
    let long = "x".repeat(2 << 20);
    assert_eq!(said(&insert(&format!("'{long}'"))), "1: a value of more than a million bytes fits no column");
    let other = insert(&format!("'{long}'")).replace("INTO states", "INTO pictures");
    assert!(found(other.as_bytes(), Unknown::Refuse).is_ok());
}

#[test]
fn a_dump_cut_anywhere_is_refused() {
    let complete = DUMP.find("-- Dump completed").unwrap() + "-- Dump completed".len();
    for end in 0..complete {
        assert!(found(&DUMP.as_bytes()[..end], Unknown::Refuse).is_err(), "{end}: {}", &DUMP[..end]);
    }
    for end in complete..=DUMP.len() {
        assert!(found(&DUMP.as_bytes()[..end], Unknown::Refuse).is_ok(), "{end}");
    }
}

#[test]
fn a_dump_without_a_last_line_of_its_own_is_refused_where_something_was_begun() {
    let whole = insert("'x'");
    for (text, wanted) in [
        (&whole[..whole.len() - 1], "1: the file ends within the statement that begins here"),
        ("INSERT INTO states (id", "1: the file ends within the statement that begins here"),
        (&whole[..whole.len() - 4], "1: the file ends within the quoted text that begins here"),
        ("LOCK TABLES states WRITE;\n", "2: the file ends before the dump does: it lacks `UNLOCK TABLES`"),
        ("START TRANSACTION;", "1: the file ends before the dump does: it lacks `COMMIT`"),
        ("/*!40101 SET NAMES utf8", "1: the file ends within the comment that begins here"),
        ("CREATE TABLE `states` (\n `id", "2: the file ends within the quoted text that begins here"),
    ] {
        assert_eq!(said(text), wanted, "{text}");
    }
}
