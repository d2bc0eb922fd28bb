//! `/account`: another name, another password.

use super::{ANN_LOGS_IN, Browser, with_ann};

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
