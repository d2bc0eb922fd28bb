//! Rows of the old data: clear passwords, MD5, and many of one address.

use super::{Browser, Site};
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::password::Passwords;
use deployer::hbnb::{Part, Settings, app};

const MD5_OF_PWD: &str = "9003d1df22eb4d3820015070385194c8";

/// Adds a row as another program would.
async fn add(site: &Site, id: &str, email: &str, kept: &str) {
    let moment = "2017-01-01T00:00:00.000000";
    let cells = [
        ("id", id),
        ("email", email),
        ("password", kept),
        ("created_at", moment),
        ("updated_at", moment),
        ("first_name", id),
    ];
    let user: Values = cells.into_iter().map(|(name, text)| (name, text.into())).collect();
    site.storage.insert(Class::User, &user).await.unwrap();
}

async fn who(site: &Site, email: &str, password: &str) -> Option<String> {
    let mut browser = Browser::new(site);
    let answer = browser.fill("/log-in", &[("email", email), ("password", password)]).await;
    assert!([303, 422].contains(&answer.status), "{answer:?}");
    browser.who().await
}

#[tokio::test]
async fn an_old_password_holds_once_as_it_was_and_is_then_kept_as_argon2id() {
    let site = Site::empty(Part::Web).await;
    add(&site, "clear", "clear@x", "secret").await;
    add(&site, "md5", "md5@x", MD5_OF_PWD).await;
    for (id, password) in [("clear", "secret"), ("md5", "pwd")] {
        let email = format!("{id}@x");
        assert_eq!(who(&site, &email, "Secret").await, None);
        assert_eq!(who(&site, &email, MD5_OF_PWD).await, None);
        for _ in 0..2 {
            assert_eq!(who(&site, &email, password).await.as_deref(), Some(id));
            let kept = site.storage.kept_password(id).await.unwrap().unwrap();
            assert!(kept.starts_with("$argon2id$v=19$"), "{kept}");
        }
    }
}

#[tokio::test]
async fn of_rows_with_one_address_the_one_logs_in_whose_password_it_is() {
    let site = Site::empty(Part::Web).await;
    for (id, kept) in [("a", "first"), ("b", MD5_OF_PWD), ("c", "third")] {
        add(&site, id, "Same@Example.com", kept).await;
    }
    for _ in 0..2 {
        for (password, id) in [("first", "a"), ("pwd", "b"), ("third", "c")] {
            assert_eq!(who(&site, "Same@Example.com", password).await.as_deref(), Some(id));
        }
        assert_eq!(who(&site, "Same@Example.com", "fourth").await, None);
    }
}

#[tokio::test]
async fn where_passwords_are_md5_for_old_programs_they_stay_so() {
    let mut site = Site::empty(Part::Web).await;
    let settings = Settings::new(site.storage.database().clone());
    site.router = app(Part::Web, &Settings { passwords: Passwords::Md5, ..settings }).await.unwrap();
    add(&site, "md5", "md5@x", MD5_OF_PWD).await;
    assert_eq!(who(&site, "md5@x", "pwd").await.as_deref(), Some("md5"));
    assert_eq!(site.storage.kept_password("md5").await.unwrap().as_deref(), Some(MD5_OF_PWD));
}

#[tokio::test]
async fn a_deleted_user_is_logged_out_and_the_address_is_free() {
    let site = super::with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let id = site.storage.list(Class::User).await.unwrap()[0]["id"].as_str().unwrap().to_string();
    assert_eq!(site.ask("DELETE", &format!("/api/v1/users/{id}"), "").await.status, 200);
    assert_eq!(browser.who().await, None);
    Browser::new(&site).fill("/sign-up", &super::ANN).await;
    Browser::of_ann(&site).await;
}
