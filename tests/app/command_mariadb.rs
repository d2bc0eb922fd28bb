//! The real `hbnb` binary with a database server, named by the variables of the course.

use std::path::Path;

use super::command::{SEEDED, Said, four, hbnb_with, said};
use crate::support::mariadb::MariaDb;

/// Runs with the variables of the course; those of `more` win.
fn hbnb(server: &MariaDb, more: &[(&str, &str)], arguments: &[&str]) -> Said {
    let socket = server.socket().display().to_string();
    let mut variables = vec![("HBNB_TYPE_STORAGE", "db"), ("HBNB_MYSQL_USER", "root")];
    variables.push(("HBNB_MYSQL_HOST", &socket));
    variables.extend(more);
    hbnb_with(&variables, Path::new("/"), arguments)
}

/// How the database is called in what is said.
fn name(server: &MariaDb, database: &str) -> String {
    format!("database `mysql://root@{}/{database}`", server.socket().display())
}

#[test]
fn a_server_is_migrated_seeded_and_emptied_like_a_file() {
    let server = MariaDb::shared();
    let run = |more: &[(&str, &str)], arguments: &[&str]| {
        hbnb(server, &[&[("HBNB_MYSQL_DB", "as_a_file")], more].concat(), arguments)
    };
    let database = name(server, "as_a_file");
    assert_eq!(run(&[], &["migrate", "--check"]), said(6, &format!("{database} does not exist")));
    assert_eq!(run(&[], &["seed", "--check"]), said(6, &format!("{database} does not exist")));
    assert_eq!(
        run(&[], &["migrate"]),
        said(
            0,
            &format!(
                "{database} was migrated: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering"
            )
        )
    );
    assert_eq!(run(&[], &["migrate"]), said(0, &format!("{database} is up to date")));
    assert_eq!(run(&[], &["seed", "--check"]), said(6, &format!("{database} is not seeded")));
    assert_eq!(run(&[], &["seed"]), said(0, &format!("{database} was seeded: {SEEDED}")));
    assert_eq!(run(&[], &["seed"]), said(0, &format!("{database} is already seeded")));
    server.sql("as_a_file", "CREATE TABLE of_somebody_else (id INT)");
    let emptied = format!(
        "{database} was emptied (HBNB_ENV=test) and migrated: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering"
    );
    assert_eq!(run(&[("HBNB_ENV", "test")], &["migrate"]), said(0, &emptied));
    assert_eq!(run(&[], &["seed", "--check"]), said(6, &format!("{database} is not seeded")));
    assert_eq!(server.sql("as_a_file", "SELECT COUNT(*) FROM of_somebody_else"), "0\n");
}

#[test]
fn four_at_once_migrate_and_seed_a_server_once() {
    let server = MariaDb::shared();
    let sentences = |arguments: &[&str]| four(|| hbnb(server, &[("HBNB_MYSQL_DB", "at_once")], arguments));
    let database = name(server, "at_once");
    let idle = said(0, &format!("{database} is up to date"));
    let migrated = said(
        0,
        &format!(
            "{database} was migrated: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering"
        ),
    );
    assert_eq!(sentences(&["migrate"]), [idle.clone(), idle.clone(), idle, migrated]);
    let idle = said(0, &format!("{database} is already seeded"));
    let seeded = said(0, &format!("{database} was seeded: {SEEDED}"));
    assert_eq!(sentences(&["seed"]), [idle.clone(), idle.clone(), idle, seeded]);
}

#[test]
fn a_migration_that_was_interrupted_goes_on() {
    let server = MariaDb::shared();
    let run = || hbnb(server, &[("HBNB_MYSQL_DB", "half")], &["migrate"]);
    let migrated = said(
        0,
        &format!(
            "{} was migrated: 0001_tables, 0002_accounts, 0003_bookings, 0004_pictures, 0005_covering",
            name(server, "half")
        ),
    );
    assert_eq!(run(), migrated);
    let undone = "DROP TABLE reviews; ALTER TABLE users DROP COLUMN last_name; DELETE FROM _sqlx_migrations WHERE version > 1";
    server.sql("half", &format!("{undone}; UPDATE _sqlx_migrations SET success = 0"));
    assert_eq!(run(), migrated);
    assert_eq!(server.sql("half", "SELECT COUNT(last_name) FROM users"), "0\n");
    assert_eq!(server.sql("half", "SELECT COUNT(*) FROM reviews"), "0\n");
    // It may also end between a step and the keys.
    server.sql("half", "ALTER TABLE cities DROP FOREIGN KEY cities_ibfk_1");
    assert_eq!(run(), said(0, &format!("{} is up to date", name(server, "half"))));
    let cities = server.sql("half", "SHOW CREATE TABLE cities");
    assert!(cities.contains("ON DELETE CASCADE"), "{cities}");
}

#[test]
fn what_keeps_us_from_the_server_is_told_with_the_variable_and_without_the_password() {
    let server = MariaDb::shared();
    server.sql("", "CREATE USER guest@localhost IDENTIFIED BY 'right'");
    let run = |more: &[(&str, &str)]| {
        let (exit, _, complaint) = hbnb(server, more, &["migrate"]);
        assert_eq!(exit, 4, "{complaint}");
        complaint
    };
    let guest =
        |password| [("HBNB_MYSQL_DB", "hidden"), ("HBNB_MYSQL_USER", "guest"), ("HBNB_MYSQL_PWD", password)];
    let socket = server.socket().display().to_string();
    let wrong = format!(
        "error: database `mysql://guest@{socket}/hidden` cannot be opened: Access denied for user 'guest'@'localhost' (using password: YES)\n  = fix: correct HBNB_MYSQL_USER and HBNB_MYSQL_PWD (or DATABASE_URL), or grant the account the database\n"
    );
    assert_eq!(run(&guest("wrong")), wrong);
    let denied = run(&guest("right"));
    assert!(denied.contains("Access denied for user 'guest'@'localhost' to database 'hidden'"), "{denied}");
    let gone = run(&[("HBNB_MYSQL_DB", "hidden"), ("HBNB_MYSQL_HOST", "/nonexistent/socket")]);
    let fix = "fix: start the database server, or correct HBNB_MYSQL_HOST (or DATABASE_URL)";
    assert!(gone.contains("does not answer") && gone.contains(fix), "{gone}");
    let refused = run(&[("HBNB_MYSQL_DB", "hidden"), ("HBNB_MYSQL_HOST", "127.0.0.1:1")]);
    assert!(refused.contains("does not answer") && refused.contains(fix), "{refused}");
    let unset = (2, String::new(), "error: HBNB_MYSQL_DB is not set; HBNB_TYPE_STORAGE=db needs it: the name of the database\n  = fix: export HBNB_MYSQL_DB=…, or unset HBNB_TYPE_STORAGE\n".to_string());
    assert_eq!(hbnb(server, &[], &["migrate"]), unset);
}
