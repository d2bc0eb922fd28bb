//! Signing up.

use super::{ANN, Browser, SIGNED_UP, Site, encoded, token, with_ann};
use deployer::hbnb::model::Class;
use deployer::hbnb::{Part, Settings, app};

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_all_but_the_password_is_kept() {
    let site = Site::empty(Part::Web).await;
    let mut browser = Browser::new(&site);
    let wrong =
        [("first_name", ""), ("last_name", "\"><i>"), ("email", "ann at home"), ("password", "seven77")];
    let answer = browser.fill("/sign-up", &wrong).await;
    assert_eq!(answer.status, 422);
    for part in [
        "id=\"first_name-wrong\">This is needed.</p>",
        "aria-invalid=\"true\" aria-describedby=\"first_name-wrong\"",
        "First name: <a href=\"#first_name\">This is needed.</a>",
        "id=\"email-wrong\">This is no email address, like ann@example.com.</p>",
        "value=\"ann at home\"",
        "value=\"&quot;&gt;&lt;i&gt;\"",
        "id=\"password-wrong\">At least 8 characters.</p>",
        "autocomplete=\"new-password\"",
        "<label for=\"password\">",
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert!(!answer.body.contains("seven77"));
    let long = "x".repeat(129);
    let fields = [("first_name", &*long), ("email", "a@x"), ("password", "correct horse")];
    let answer = browser.fill("/sign-up", &fields).await;
    assert!(answer.status == 422 && answer.body.contains("At most 128 characters."), "{answer:?}");
    assert!(site.storage.list(Class::User).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_taken_address_is_answered_like_a_free_one_and_nothing_changes() {
    let site = with_ann().await;
    let before = site.storage.list(Class::User).await.unwrap();
    assert_eq!(before.len(), 1);
    let mut browser = Browser::new(&site);
    let taken = [ANN[0], ANN[1], ("email", "ANN@example.COM"), ("password", "somebody else")];
    let mut answers = vec![browser.fill("/sign-up", &taken).await];
    assert_eq!(site.storage.list(Class::User).await.unwrap(), before);
    let free = [ANN[0], ANN[1], ("email", "bob@example.com"), ("password", "somebody else")];
    answers.push(browser.fill("/sign-up", &free).await);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].header("location"), Some(SIGNED_UP));
    let old = r#"{"email":"old","password":"x"}"#;
    site.ask("POST", "/api/v1/users", &old.replace("old", "old@example.com")).await;
    let count = site.storage.list(Class::User).await.unwrap().len();
    browser.fill("/sign-up", &[ANN[0], ("email", "old@example.com"), ANN[3]]).await;
    assert_eq!(site.storage.list(Class::User).await.unwrap().len(), count);
}

#[tokio::test]
async fn of_many_who_sign_up_with_one_address_at_once_exactly_one_gets_an_account() {
    let site = Site::empty(Part::All).await;
    // Two processes, as far as the database can tell.
    let other = app(Part::All, &Settings::new(site.storage.database().clone())).await.unwrap();
    let mut browser = Browser::new(&site);
    let page = browser.get("/sign-up").await.body;
    let tries = (0..8).map(|n| {
        let email = if n % 2 == 0 { "ann@example.com" } else { "ANN@example.com" };
        let token = encoded(token(&page));
        let body = format!("csrf={token}&first_name=A{n}&email={}&password=password{n}", encoded(email));
        let mut request = super::super::request("POST", "/sign-up", &body);
        request.headers_mut().insert("cookie", browser.cookie.as_ref().unwrap().parse().unwrap());
        let router = if n < 4 { site.router.clone() } else { other.clone() };
        tokio::spawn(async move { crate::app::send(&router, request).await })
    });
    let tries: Vec<_> = tries.collect();
    for answer in tries {
        let answer = answer.await.unwrap();
        assert_eq!((answer.status, answer.header("location")), (303, Some(SIGNED_UP)), "{answer:?}");
    }
    assert_eq!(site.storage.list(Class::User).await.unwrap().len(), 1);
    let mut welcome = 0;
    for n in 0..8 {
        let password = format!("password{n}");
        let fields = [("email", "ann@example.com"), ("password", &*password)];
        welcome += i32::from(Browser::new(&site).fill("/log-in", &fields).await.status == 303);
    }
    assert_eq!(welcome, 1);
}
