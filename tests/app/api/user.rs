//! `/users`.

use super::{NOT_FOUND, NOT_JSON, Site, U, hold, holds_in_the_world, touched};
use deployer::hbnb::model::Class;
use deployer::hbnb::password::Passwords;
use deployer::hbnb::{Part, Settings, app};

const NEW: &str = r#"{"__class__":"User","created_at":"NOW","email":"e","first_name":"Ada","id":"NEW","last_name":null,"updated_at":"NOW"}"#;

#[tokio::test]
async fn a_user_is_created_listed_shown_changed_and_deleted_and_no_password_is_shown() {
    let changed = touched(U).replace(r#""first_name":null"#, r#""first_name":"Ada""#);
    let said = r#"{"email":"other","first_name":"Ada","password":"new","id":"x"}"#;
    holds_in_the_world(&[
        ("GET", "/users", "", 200, &format!("[{U}]")),
        ("GET", "/users/u", "", 200, U),
        ("PUT", "/users/u", said, 200, &changed),
        ("PUT", "/users/u", r#"{"first_name":null}"#, 200, &changed.replace("\"Ada\"", "null")),
        ("DELETE", "/users/u", "", 200, "{}"),
        ("GET", "/users", "", 200, "[]"),
        ("GET", "/places/p", "", 404, NOT_FOUND),
        ("GET", "/reviews/r", "", 404, NOT_FOUND),
        ("POST", "/users", r#"{"email":"e","password":"w","first_name":"Ada"}"#, 201, NEW),
        // The old data has many of the same address.
        ("POST", "/users", r#"{"email":"e","password":"w","first_name":"Ada"}"#, 201, NEW),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_user_is_told_in_order() {
    let missing = |name| format!(r#"{{"error":"Missing {name}"}}"#);
    holds_in_the_world(&[
        ("POST", "/users", "null", 400, NOT_JSON),
        ("POST", "/users", "{}", 400, &missing("email")),
        ("POST", "/users", r#"{"password":"w"}"#, 400, &missing("email")),
        ("POST", "/users", r#"{"email":"e"}"#, 400, &missing("password")),
        ("GET", "/users/none", "", 404, NOT_FOUND),
        ("PUT", "/users/none", "null", 404, NOT_FOUND),
        ("PUT", "/users/u", "null", 400, NOT_JSON),
        ("DELETE", "/users/none", "", 404, NOT_FOUND),
    ])
    .await;
}

#[tokio::test]
async fn a_password_is_stored_hashed_when_created_and_when_changed() {
    let site = Site::empty(Part::Api).await;
    let mut written = Vec::new();
    for (method, path) in [("POST", "/users"), ("PUT", "/users/u")] {
        let answer =
            site.ask(method, &format!("/api/v1{path}"), r#"{"id":"u","email":"e","password":"w"}"#).await;
        assert!(answer.status < 300 && !answer.body.contains("password"), "{answer:?}");
        let row = site.storage.get(Class::User, "u").await.unwrap().unwrap();
        written.push(row["password"].as_str().unwrap().to_string());
    }
    assert_ne!(written[0], written[1]);
    for one in written {
        assert!(one.starts_with("$argon2id$"), "{one}");
    }
}

#[tokio::test]
async fn a_password_is_stored_as_md5_by_wish() {
    let mut site = Site::empty(Part::Api).await;
    let settings = Settings { passwords: Passwords::Md5, ..Settings::new(site.storage.database().clone()) };
    site.router = app(Part::Api, &settings).await.unwrap();
    let user = U.replace("2020-01-02T03:04:05.000000", "NOW");
    hold(&site, "", &[("POST", "/users", r#"{"id":"u","email":"e","password":"pwd"}"#, 201, &user)]).await;
    let row = site.storage.get(Class::User, "u").await.unwrap().unwrap();
    assert_eq!(row["password"], "9003d1df22eb4d3820015070385194c8");
}
