//! Accounts, without JavaScript: forms do it all.

use super::{Site, write};
use crate::support::browser::{Browser, DESK, PHONE};

/// Keeps what is to be seen on a desk and on a phone.
pub fn look(browser: &Browser, name: &str) {
    for (size, device) in [(PHONE, "phone"), (DESK, "desk")] {
        browser.resize(size);
        browser.screenshot(&format!("{name}-{device}"));
    }
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn somebody_signs_up_logs_in_and_out_without_javascript() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    browser.without_scripts();
    site.open(&browser, "/");
    browser.click("header [href='/account']");
    browser.says("h1", "Log in");
    look(&browser, "log-in");
    browser.click(".other a");
    browser.says("h1", "Sign up");
    // What the browser itself would refuse is the server's to refuse, too.
    browser.run("document.querySelector('.form').noValidate = true");
    write(&browser, "first_name", "Ann");
    write(&browser, "email", "ann at home");
    write(&browser, "password", "short");
    browser.click(".form button");
    browser.says("#email-wrong", "This is no email address, like ann@example.com.");
    browser.says("#password-wrong", "At least 8 characters.");
    look(&browser, "sign-up");
    browser.console_tells(&["422"]);
    browser.run("document.querySelector('#email').value = ''");
    write(&browser, "email", "ann@example.com");
    write(&browser, "password", "correct horse");
    browser.click(".form button");
    browser.says("h1", "Log in");
    look(&browser, "signed-up");
    write(&browser, "email", "ann@example.com");
    write(&browser, "password", "correct horse");
    browser.click(".form button");
    browser.says("h1", "Your account");
    browser.says(".who b", "Ann");
    look(&browser, "account");
    browser.click(".out button");
    browser.says(".places > h1", "Places");
    browser.click("header [href='/account']");
    browser.says("h1", "Log in");
}
