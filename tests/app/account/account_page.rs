//! `/account`: another name, another password.

use std::process::Command;

use super::{ANN_LOGS_IN, Browser, with_ann};
use crate::support::mariadb::MariaDb;
use deployer::hbnb::model::Class;
use deployer::hbnb::storage::Database;

#[tokio::test]
async fn another_password_needs_the_present_one_and_ends_every_other_session() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let mut elsewhere = Browser::of_ann(&site).await;
    let change = async |browser: &mut Browser<'_>, present: &str, new: &str| {
        browser.fill_in("/account", "/account/password", &[("present", present), ("new", new)]).await
    };
    let wrong = change(&mut browser, "guess", "battery staple").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("id=\"present-wrong\">This is not your present password."), "{}", wrong.body);
    assert!(!wrong.body.contains("guess") && !wrong.body.contains("battery"));
    let short = change(&mut browser, "correct horse", "short").await;
    assert!(short.status == 422 && short.body.contains("id=\"new-wrong\">At least 8"), "{}", short.body);
    let before = browser.cookie.clone();
    let done = change(&mut browser, "correct horse", "battery staple").await;
    assert_eq!((done.status, done.header("location")), (303, Some("/account?saved=password")));
    assert_ne!(browser.cookie, before);
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
    assert_eq!(elsewhere.who().await, None);
    let mut old = Browser::new(&site);
    assert_eq!(old.fill("/log-in", &ANN_LOGS_IN).await.status, 422);
    let fields = [ANN_LOGS_IN[0], ("password", "battery staple")];
    assert_eq!(old.fill("/log-in", &fields).await.status, 303);
}

#[tokio::test]
async fn a_password_whose_sessions_cannot_be_ended_is_not_changed() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let mut elsewhere = Browser::of_ann(&site).await;
    let words = "CREATE TRIGGER kept BEFORE DELETE ON sessions ";
    match site.storage.database() {
        Database::Sqlite(file) => {
            let words = format!("{words} BEGIN SELECT RAISE(ABORT, ''); END");
            let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])";
            let made = Command::new("python3").args(["-c", script]).arg(file).arg(words).status().unwrap();
            assert!(made.success());
        }
        Database::MySql(server) => {
            let words = format!("{words} FOR EACH ROW SIGNAL SQLSTATE '45000'");
            MariaDb::shared().sql(&server.database, &words);
        }
    }
    let fields = [("present", "correct horse"), ("new", "battery staple")];
    assert_eq!(browser.fill_in("/account", "/account/password", &fields).await.status, 500);
    assert_eq!(elsewhere.who().await.as_deref(), Some("Ann Lee"));
    Browser::of_ann(&site).await;
}

#[tokio::test]
async fn the_api_changes_a_name_of_an_account_but_never_its_password() {
    let site = with_ann().await;
    let id = site.storage.list(Class::User).await.unwrap()[0]["id"].as_str().unwrap().to_string();
    let said = r#"{"password":"taken over","first_name":"Anna"}"#;
    let answer = site.ask("PUT", &format!("/api/v1/users/{id}"), said).await;
    assert!(answer.status == 200 && answer.body.contains("\"first_name\":\"Anna\""), "{answer:?}");
    let fields = [ANN_LOGS_IN[0], ("password", "taken over")];
    assert_eq!(Browser::new(&site).fill("/log-in", &fields).await.status, 422);
    Browser::of_ann(&site).await;
}

#[tokio::test]
async fn the_present_password_cannot_be_guessed_here_either() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let fields = [("present", "guess"), ("new", "battery staple")];
    for _ in 0..10 {
        let answer = browser.fill_in("/account", "/account/password", &fields).await;
        assert_eq!(answer.status, 422);
    }
    let answer = browser.fill_in("/account", "/account/password", &fields).await;
    assert!(answer.status == 429 && answer.header("retry-after").is_some(), "{answer:?}");
}

#[tokio::test]
async fn a_name_that_does_not_fit_is_told_and_kept_in_its_field() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let answer = browser.fill("/account", &[("first_name", ""), ("last_name", "Lee \"&")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("id=\"first_name-wrong\">This is needed."), "{}", answer.body);
    assert!(answer.body.contains("value=\"Lee &quot;&amp;\""), "{}", answer.body);
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
}

#[tokio::test]
async fn who_is_not_logged_in_changes_nothing() {
    let site = with_ann().await;
    let mut browser = Browser::new(&site);
    for path in ["/account", "/account/password"] {
        let answer = browser.fill_in("/log-in", path, &[("first_name", "Eve")]).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/log-in?next=%2Faccount")));
    }
    assert_eq!(Browser::of_ann(&site).await.who().await.as_deref(), Some("Ann Lee"));
}
