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
async fn each_of_five_rows_with_one_address_logs_in_and_an_account_comes_first() {
    let site = super::with_ann().await;
    let site = site.serving(Part::All).await;
    for n in 0..5 {
        let body = format!(
            r#"{{"email":"ann@example.com","password":"pass{n}","first_name":"{n}","created_at":"2000-01-01T00:00:00"}}"#
        );
        assert_eq!(site.ask("POST", "/api/v1/users", &body).await.status, 201);
    }
    assert_eq!(who(&site, "ann@example.com", super::ANN[3].1).await.as_deref(), Some("Ann Lee"));
    for n in 0..5 {
        let name = who(&site, "ann@example.com", &format!("pass{n}")).await;
        assert_eq!(name, Some(n.to_string()));
    }
}

#[tokio::test]
async fn an_address_of_old_data_is_found_and_taken_however_its_capitals_are_typed() {
    let site = Site::empty(Part::All).await;
    add(&site, "old", "Ann@Example.Com", "correct horse").await;
    add(&site, "accent", "ÄNN@Example.Com", "correct horse").await;
    add(&site, "strange", "100%Ä_\\@x", "correct horse").await;
    for (typed, id) in [
        ("100%ä_\\@X", Some("strange")),
        ("%ä", None),
        ("ann@example.com", Some("old")),
        ("ANN@EXAMPLE.COM", Some("old")),
        ("änn@example.com", Some("accent")),
        ("ànn@example.com", None),
        ("_nn@example.com", None),
        ("%@example.com", None),
    ] {
        assert_eq!(who(&site, typed, "correct horse").await.as_deref(), id, "{typed}");
    }
    for email in ["aNN@example.com", "äNN@example.com"] {
        Browser::new(&site).fill("/sign-up", &[super::ANN[0], ("email", email), super::ANN[3]]).await;
    }
    assert_eq!(site.storage.list(Class::User).await.unwrap().len(), 3);
}

#[tokio::test]
async fn nobody_logs_in_as_one_of_the_demonstration() {
    let site = Site::seeded(Part::Web).await;
    let users = site.storage.list(Class::User).await.unwrap();
    let of = |name: &str| users[0][name].as_str().unwrap().to_string();
    let (id, email, kept) = (of("id"), of("email"), of("password"));
    assert_eq!(who(&site, &email, &kept).await, None);
    // Demonstrations that were planted before kept this.
    assert!(site.storage.replace_password(&id, &kept, "!").await.unwrap());
    assert_eq!(who(&site, &email, "!").await, None);
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
