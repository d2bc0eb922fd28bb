//! What the cookie is, how long it holds, and when it is another one.

use super::{ANN_LOGS_IN, Browser, Site, token, with_ann};
use deployer::hbnb::{Part, Settings, app};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// What the database knows of a cookie.
fn digest(cookie: &str) -> String {
    let id = cookie.split_once('=').unwrap().1.split_once('.').unwrap().0;
    Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The attributes of the cookie that an answer sets.
fn attributes(set: Option<&str>) -> Vec<&str> {
    set.unwrap().split("; ").skip(1).collect()
}

#[tokio::test]
async fn the_cookie_is_for_http_only_for_our_site_and_for_https_where_that_is_spoken() {
    let site = with_ann().await;
    let plain = ["Path=/", "HttpOnly", "SameSite=Lax"];
    let page = Browser::new(&site).get("/log-in").await;
    assert_eq!(attributes(page.header("set-cookie")), plain);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let answer = Browser::new(&site).fill("/log-in", &ANN_LOGS_IN).await;
    assert_eq!(attributes(answer.header("set-cookie")), [&plain[..], &["Max-Age=1209600"]].concat());
    let mut secure = Browser::new(&site);
    secure.is_secure = true;
    let answer = secure.fill("/log-in", &ANN_LOGS_IN).await;
    assert_eq!(
        attributes(answer.header("set-cookie")),
        [&plain[..], &["Max-Age=1209600", "Secure"]].concat()
    );
    let out = secure.fill_in("/account", "/log-out", &[]).await;
    assert_eq!(out.header("set-cookie").unwrap().split("; ").next(), Some("hbnb_session="));
    assert_eq!(attributes(out.header("set-cookie")), [&plain[..], &["Max-Age=0", "Secure"]].concat());
}

#[tokio::test]
async fn logging_in_gives_another_id_and_the_one_before_is_nobodys() {
    let site = with_ann().await;
    let mut browser = Browser::new(&site);
    browser.get("/log-in").await;
    let planted = browser.cookie.clone();
    browser.fill("/log-in", &ANN_LOGS_IN).await;
    let first = browser.cookie.clone();
    assert_ne!(first, planted);
    let mut thief = Browser::new(&site);
    thief.cookie = planted;
    assert_eq!(thief.who().await, None);
    // Logged in again, in another window: its page was opened before.
    let mut again = Browser::new(&site);
    again.cookie.clone_from(&first);
    let token = token(&again.get("/account").await.body).to_string();
    let fields = [ANN_LOGS_IN[0], ANN_LOGS_IN[1], ("csrf", &*token)];
    assert_eq!(again.post("/log-in", &fields).await.status, 303);
    assert_ne!(again.cookie, first);
    thief.cookie = first;
    assert_eq!(thief.who().await, None);
    assert_eq!(again.who().await.as_deref(), Some("Ann Lee"));
}

#[tokio::test]
async fn a_cookie_that_was_kept_is_worth_nothing_after_logging_out() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let mut thief = Browser::new(&site);
    thief.cookie.clone_from(&browser.cookie);
    assert_eq!(thief.who().await.as_deref(), Some("Ann Lee"));
    browser.fill_in("/account", "/log-out", &[]).await;
    assert_eq!(thief.who().await, None);
}

#[tokio::test]
async fn a_session_ends_after_two_weeks_and_is_then_taken_away() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let digest = digest(browser.cookie.as_ref().unwrap());
    let now = Timestamp::now().as_second();
    let weeks = 14 * 24 * 60 * 60;
    let person = site.storage.person(&digest, now + weeks - 60).await.unwrap().unwrap();
    assert_eq!((person.email.as_str(), person.first_name.as_str()), ("Ann@Example.com", "Ann"));
    assert_eq!(site.storage.person(&digest, now + weeks + 60).await.unwrap(), None);
    site.storage.end_session(&digest).await.unwrap();
    site.storage.begin_session(&digest, &person.id, now - 1).await.unwrap();
    assert_eq!(browser.who().await, None);
    assert!(site.storage.person(&digest, 0).await.unwrap().is_some());
    Browser::of_ann(&site).await;
    assert_eq!(site.storage.person(&digest, 0).await.unwrap(), None);
}

#[tokio::test]
async fn the_database_holds_neither_ids_nor_what_could_be_a_cookie() {
    let site = with_ann().await;
    let browser = Browser::of_ann(&site).await;
    let cookie = browser.cookie.unwrap();
    let value = cookie.split_once('=').unwrap().1;
    let (id, signature) = value.split_once('.').unwrap();
    // 256 bits each, in base64.
    assert_eq!((id.len(), signature.len()), (43, 43));
    let now = Timestamp::now().as_second();
    for text in [value, id, signature] {
        assert_eq!(site.storage.person(text, now).await.unwrap(), None);
    }
    assert!(site.storage.person(&digest(&cookie), now).await.unwrap().is_some());
}

#[tokio::test]
async fn all_processes_know_who_is_logged_in_and_only_those_with_the_same_secret() {
    let site = with_ann().await;
    let browser = Browser::of_ann(&site).await;
    let settings = Settings::new(site.storage.database().clone());
    let other_key = deployer::base::secret::Secret::new("another secret of 32 characters.");
    let foreign = Settings { secret: Some(other_key), ..settings.clone() };
    for (settings, status) in [(settings, 200), (foreign, 303)] {
        let router = app(Part::Web, &settings).await.unwrap();
        let mut request = super::super::request("GET", "/account", "");
        request.headers_mut().insert("cookie", browser.cookie.as_ref().unwrap().parse().unwrap());
        assert_eq!(crate::app::send(&router, request).await.status, status);
    }
}

#[tokio::test]
async fn a_cookie_with_a_forged_signature_is_nobodys() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    let cookie = browser.cookie.clone().unwrap();
    let (value, signature) = cookie.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    for forged in [format!("{value}.{first}{}", &signature[1..]), format!("{value}."), value.to_string()] {
        browser.cookie = Some(forged);
        let answer = browser.get("/account").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/log-in?next=%2Faccount")));
    }
    browser.cookie = Some(cookie);
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
}

#[tokio::test]
async fn a_link_never_leads_to_another_site() {
    let site = with_ann().await;
    for (next, wanted) in [
        ("/2-hbnb?page=2", "/2-hbnb?page=2"),
        ("//evil.example", "/account"),
        ("/\\evil.example", "/account"),
        ("/\t/evil.example", "/account"),
        ("https://evil.example/", "/account"),
        ("/a\r\nSet-Cookie: b=c", "/account"),
    ] {
        let fields = [ANN_LOGS_IN[0], ANN_LOGS_IN[1], ("next", next)];
        let mut browser = Browser::new(&site);
        assert_eq!(browser.fill("/log-in", &fields).await.header("location"), Some(wanted), "{next:?}");
        let path = format!("/log-in?next={}", super::encoded(next));
        assert_eq!(browser.get(&path).await.header("location"), Some(wanted), "{next:?}");
    }
}

#[tokio::test]
async fn a_site_without_accounts_tables_asks_for_them() {
    let site = Site::bare(Part::Web).await;
    for path in ["/log-in", "/sign-up", "/account"] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{path}");
    }
}
