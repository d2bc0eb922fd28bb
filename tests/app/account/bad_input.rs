//! What no browser sends.

use super::{Browser, encoded, token, with_ann};
use deployer::hbnb::model::Class;

const FORMS: [&str; 5] = ["/sign-up", "/log-in", "/log-out", "/account", "/account/password"];

#[tokio::test]
async fn what_is_no_form_or_too_long_is_refused_and_nothing_is_written() {
    let site = with_ann().await;
    let users = site.storage.list(Class::User).await.unwrap();
    let mut browser = Browser::of_ann(&site).await;
    let token = encoded(token(&browser.get("/account").await.body));
    let ours = |rest: &[u8]| [format!("csrf={token}&").as_bytes(), rest].concat();
    for path in FORMS {
        for (body, status) in [
            (ours("x".repeat(10 << 20).as_bytes()), 413),
            (ours(b"first_name=%FF&email=a@x"), 400),
            (ours(b"first_name=a%00b"), 400),
            (ours(b"password=\xff"), 400),
            (ours(b"email=%ED%A0%80"), 400),
            (b"{\"email\":\"a@x\"}".to_vec(), 403),
            (Vec::new(), 403),
        ] {
            let answer = browser.send("POST", path, body).await;
            assert_eq!(answer.status, status, "{path}");
        }
    }
    assert_eq!(site.storage.list(Class::User).await.unwrap(), users);
    assert_eq!(browser.who().await.as_deref(), Some("Ann Lee"));
}

#[tokio::test]
async fn strange_words_are_wrong_words_and_never_our_fault() {
    let site = with_ann().await;
    let long = "é".repeat(20_000);
    for text in ["' OR 1=1 --", "😀", "%", "a\u{202e}b", "\u{feff}", "\r\n", &long] {
        let mut browser = Browser::new(&site);
        for (page, fields) in [
            ("/log-in", vec![("email", text), ("password", text)]),
            ("/sign-up", vec![("first_name", text), ("email", text), ("password", text)]),
        ] {
            let answer = browser.fill(page, &fields).await;
            assert_eq!(answer.status, if text.len() > 9999 { 413 } else { 422 }, "{page} {text:.20}");
        }
    }
    let mut browser = Browser::new(&site);
    for path in ["/log-in?next=%FF", "/log-in?next=a&next=b", "/log-in?%", "/sign-up?next=%00", "/log-in/"] {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    browser.headers.push(("cookie", "hbnb_session=; hbnb_session=..; =; hbnb_session"));
    assert_eq!(browser.get("/log-in").await.status, 200);
}
