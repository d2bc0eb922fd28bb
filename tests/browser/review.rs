//! Reviews of a place.

use super::Site;
use crate::support::browser::{Browser, DESK};

#[test]
#[ignore = "needs chromium and chromedriver"]
fn reviews_show_and_hide() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    for (path, name, before) in [("/101-hbnb", "101", "Reviews show"), ("/", "home", "2 Reviews show")] {
        site.open(&browser, path);
        let heading = "article:nth-child(2) .reviews h2";
        browser.says(heading, before);
        assert_eq!(browser.texts(".reviews li"), Vec::<String>::new());
        browser.click("article:nth-child(2) .reviews span");
        browser.says(heading, "2 Reviews hide");
        assert_eq!(
            browser.texts(".reviews h3"),
            ["From Grace Tanaka the 1st March 2024", "From Ana Figueroa the 1st March 2024"]
        );
        assert_eq!(
            browser.text(".reviews p"),
            "Exactly as described, which is rarer than it should be. The stairs are steep, so pack light. Bring good shoes."
        );
        browser.screenshot(&format!("reviews-{name}"));
        browser.click("article:nth-child(2) .reviews span");
        browser.says(heading, "2 Reviews show");
        assert_eq!(browser.texts(".reviews li"), Vec::<String>::new());
    }
    browser.click("article:nth-child(1) .reviews span");
    browser.says("article:nth-child(1) .reviews h2", "1 Review hide");
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn what_people_wrote_breaks_lines_and_is_no_markup() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    let send = |method: &str, path: &str, body: &str| {
        let url = format!("{}/api/v1{path}", site.address);
        let request = ureq::http::Request::builder().method(method).uri(url).body(body.to_string()).unwrap();
        assert!(ureq::run(request).unwrap().status().is_success(), "{method} {path}");
    };
    send("POST", "/states", r#"{"id":"s","name":"<u>S"}"#);
    send("POST", "/states/s/cities", r#"{"id":"\"c'","name":"<i>C</i>"}"#);
    send("POST", "/users", r#"{"id":"u","email":"e","password":"p","first_name":"<b>U</b>"}"#);
    let place = r#"{"id":"p","user_id":"u","name":"0 <img src=x onerror=alert(1)>","max_guest":1,"description":"a<BR />b<br>c <script>alert(1)</script>"}"#;
    send("POST", "/cities/%22c'/places", place);
    send("POST", "/places/p/reviews", r#"{"user_id":"u","text":"d<BR>e<b>f</b>"}"#);
    let seen = "const a = document.querySelector('article'); return ['.title_box', '.location', '.max_guest', '.user', \
                '.description', '.reviews li p'].map(s => a.querySelector(s).innerText.trim().replace(/\\n+/g, '|'))";
    for path in ["/4-hbnb", "/2-hbnb"] {
        site.open(&browser, path);
        browser.says(".user", "Owner: <b>U</b>");
        browser.click(".reviews span");
        browser.says(".reviews h2", "1 Review hide");
        assert_eq!(
            browser.run(seen),
            serde_json::json!([
                "0 <img src=x onerror=alert(1)>|$0",
                "<i>C</i>, <u>S",
                "1 Guest",
                "Owner: <b>U</b>",
                "a|b|c <script>alert(1)</script>",
                "d|e<b>f</b>"
            ]),
            "{path}"
        );
        assert_eq!(browser.console(), Vec::<String>::new(), "{path}");
    }
}
