//! Forms that are not ours, or not for this session.

use super::{ANN, ANN_LOGS_IN, Browser, token, with_ann};
use deployer::hbnb::model::Class;

/// Every address that takes a form.
const FORMS: [&str; 5] = ["/sign-up", "/log-in", "/log-out", "/account", "/account/password"];
const REFUSED: &str = "This form is not valid any more";

#[tokio::test]
async fn a_form_without_a_token_changes_nothing_and_says_why() {
    let site = with_ann().await;
    let users = site.storage.list(Class::User).await.unwrap();
    let mut browser = Browser::of_ann(&site).await;
    for path in FORMS.iter().flat_map(|path| [path.to_string(), format!("{path}/")]) {
        for fields in [&ANN[..], &[("csrf", "")], &[("csrf", "AAAA")], &[("csrf", "é")]] {
            let answer = browser.post(&path, fields).await;
            assert!(answer.status == 403 && answer.body.contains(REFUSED), "{path}: {answer:?}");
        }
    }
    assert_eq!(site.storage.list(Class::User).await.unwrap(), users);
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
}

#[tokio::test]
async fn a_token_of_another_session_or_purpose_is_none() {
    let site = with_ann().await;
    let mut other = Browser::new(&site);
    let foreign = token(&other.get("/log-in").await.body).to_string();
    let mut browser = Browser::new(&site);
    let own = token(&browser.get("/log-in").await.body).to_string();
    assert_ne!(own, foreign);
    let signature = browser.cookie.clone().unwrap().rsplit_once('.').unwrap().1.to_string();
    let with = |token| [ANN_LOGS_IN[0], ANN_LOGS_IN[1], ("csrf", token)];
    for wrong in [&foreign, &signature] {
        assert_eq!(browser.post("/log-in", &with(wrong)).await.status, 403);
    }
    assert_eq!(browser.who().await, None);
    assert_eq!(browser.post("/log-in", &with(&own)).await.status, 303);
    // The session is another one since.
    assert_eq!(browser.post("/log-out", &[("csrf", &own)]).await.status, 403);
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
}

#[tokio::test]
async fn a_browser_without_our_cookie_is_told_to_allow_it() {
    let site = with_ann().await;
    let mut browser = Browser::new(&site);
    let token = token(&browser.get("/log-in").await.body).to_string();
    browser.cookie = None;
    let answer = browser.post("/log-in", &[ANN_LOGS_IN[0], ANN_LOGS_IN[1], ("csrf", &token)]).await;
    assert!(answer.status == 403 && answer.body.contains("your browser refuses cookies"), "{answer:?}");
}

#[tokio::test]
async fn nobody_is_logged_out_by_a_link() {
    let site = with_ann().await;
    let mut browser = Browser::of_ann(&site).await;
    for path in ["/log-out", "/account/password"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{path}");
    }
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
}
