//! What binds the browser on every page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::{Answer, Site, request};
use deployer::hbnb::Part;
use deployer::hbnb::account::session::{Keep, Way};
use deployer::hbnb::account::{Key, Session};
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::model::Class;
use deployer::hbnb::storage::booking::Booked;
use jiff::ToSpan;

#[tokio::test]
async fn every_page_comes_with_the_headers_that_bind_the_browser() {
    let site = Site::seeded(Part::All).await;
    let missing = Site::unmigrated(Part::All).await;
    let mut answers = Vec::new();
    for path in [
        "/",
        "/101-hbnb",
        "/hbnb_filters",
        "/states",
        "/states/x",
        "/c/x",
        "/python",
        "/number_template/5",
        "/nothing",
    ] {
        answers.push(site.get(path).await);
    }
    answers.push(site.send(request("POST", "/", "")).await);
    answers.push(missing.get("/").await);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 200, 404, 405, 503]);
    for answer in answers {
        bound(&answer);
    }
}

/// The answer is a page that the browser must not do more with than we want.
fn bound(answer: &Answer) {
    let known = BASE64_STANDARD.encode(Sha256::digest(include_str!("../../templates/hbnb/error.css")));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{known}'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", &*policy),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}: {answer:?}");
    }
    if let Some((_, style)) = answer.body.split_once("<style>") {
        let style = style.split_once("</style>").unwrap().0;
        assert_eq!(BASE64_STANDARD.encode(Sha256::digest(style)), known);
    }
}

#[tokio::test]
async fn so_does_every_page_of_the_site_whatever_it_is_answered_with() {
    let site = Site::seeded(Part::All).await;
    let place = site.storage.list(Class::Place).await.unwrap().remove(0);
    let id = |name: &str| place[name].as_str().unwrap().to_string();
    let users = site.storage.list(Class::User).await.unwrap();
    let user =
        users.iter().map(|user| user["id"].as_str().unwrap()).find(|user| *user != id("user_id")).unwrap();
    let (check_in, check_out) = (today() + 3.days(), today() + 5.days());
    let wanted = Wanted { stay: Stay { check_in, check_out }, guests: 1, agreed: None };
    assert!(matches!(site.storage.book(&id("id"), user, wanted).await.unwrap(), Booked::Done { .. }));
    let key = Key::of(&site.storage, None).await.unwrap();
    let session = Session::new().unwrap();
    site.storage.begin_session(&session.digest(), user, i64::from(u32::MAX)).await.unwrap();
    let cookie = session.cookie(&key, Keep::LoggedIn, Way::Http);
    let ask = async |method: &str, path: &str, form: &str| {
        let mut request = request(method, path, form);
        request.headers_mut().insert("cookie", cookie.clone());
        site.send(request).await
    };
    let place = format!("/places/{}", id("id"));
    let token = session.token(&key);
    let long = "x".repeat(1 << 20);
    let wrong = format!("csrf={token}&email=ann@x&password=guess");
    let mut answers = Vec::new();
    for path in ["/log-in", "/sign-up", "/search"] {
        answers.push(site.get(path).await);
    }
    answers.push(site.get(&place).await);
    for path in ["/account", "/trips"] {
        answers.push(ask("GET", path, "").await);
    }
    answers.push(ask("POST", "/log-in", "password=%FF").await);
    answers.push(ask("POST", "/log-in", "email=ann@x").await);
    answers.push(site.get(&format!("{place}?check_in={check_in}&check_out={check_out}&guests=1")).await);
    answers.push(ask("POST", "/log-in", &long).await);
    answers.push(ask("POST", "/log-in", &wrong).await);
    for _ in 1..10 {
        ask("POST", "/log-in", &wrong).await;
    }
    answers.push(ask("POST", "/log-in", &wrong).await);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 400, 403, 409, 413, 422, 429]);
    for answer in answers {
        bound(&answer);
    }
}

#[tokio::test]
async fn a_static_file_is_for_any_page_and_stays_in_caches() {
    let site = Site::unmigrated(Part::Web).await;
    let script = site.get("/static/scripts/hbnb.js").await;
    assert_eq!(script.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(script.header("content-security-policy"), None);
    assert_eq!(site.get("/api/v1/status").await.header("content-security-policy"), None);
}
