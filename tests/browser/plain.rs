//! Without JavaScript.

use super::Site;
use crate::support::browser::{Browser, DESK};

#[test]
#[ignore = "needs chromium and chromedriver"]
fn without_javascript_the_page_shows_the_places_and_searches() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    browser.without_scripts();
    site.open(&browser, "/2-hbnb");
    assert_eq!(browser.text(".count"), "164 places");
    assert_eq!(browser.texts("article").len(), 164);
    let buttons = "return document.querySelectorAll('article button:not([hidden])').length";
    assert_eq!(browser.run(buttons), 0);
    browser.screenshot("without-javascript");

    browser.click(".locations summary");
    browser.click("input[data-name=\"Vermont\"]");
    browser.click(".filters button");
    browser.says(".count", "12 places");
    assert_eq!((browser.text(".locations h4"), browser.texts("article").len()), ("Vermont".into(), 12));

    site.open(&browser, "/4-hbnb");
    let hint = "A script fills this page. Here are the same places without one.";
    assert_eq!(browser.run("return document.querySelector('noscript').innerText.trim()"), hint);
    browser.click("noscript a");
    browser.says(".count", "164 places");
}
