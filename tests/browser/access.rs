//! Pages for everyone: by keyboard alone, and as axe-core judges them.

use std::fs;
use std::path::Path;

use deployer::hbnb::booking::today;
use jiff::ToSpan;
use serde_json::Value;

use super::{Site, enter};
use crate::support::browser::{Browser, DESK, ENTER, ESCAPE, PHONE, TAB};
use crate::support::server::wait_for;

/// The name of what has the focus, and whether one can see that it has: in a field for a date, the browser shows it at the
/// part that has it.
fn focused(browser: &Browser) -> (String, bool) {
    let found = browser.run(
        "const e = document.activeElement, s = getComputedStyle(e); \
         const name = e.getAttribute('aria-label') ?? (e.dataset.name || e.textContent); \
         return [name.replace(/\\s+/g, ' ').trim(), s.outlineStyle !== 'none' || e.type === 'date']",
    );
    serde_json::from_value(found).unwrap()
}

/// Presses the tabulator until this has the focus.
fn tab_to(browser: &Browser, name: &str) {
    for _ in 0..80 {
        browser.press(TAB);
        let (found, is_visible) = focused(browser);
        assert!(is_visible, "the focus cannot be seen: {found}");
        if found == name {
            return;
        }
    }
    panic!("`{name}` cannot be reached by keyboard");
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_guest_searches_and_reads_by_keyboard_alone() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    site.open(&browser, "/101-hbnb");
    browser.says(".count", "164 places");
    tab_to(&browser, "To the places");
    tab_to(&browser, "States");
    browser.press(ENTER);
    tab_to(&browser, "Arizona");
    browser.press(' ');
    browser.says(".locations h4", "Arizona");
    browser.screenshot("keyboard");
    browser.press(ESCAPE);
    assert_eq!(focused(&browser).0, "States Arizona");
    assert_eq!(browser.run("return document.querySelectorAll('details[open]').length"), 0);
    tab_to(&browser, "Amenities");
    tab_to(&browser, "Search");
    browser.press(ENTER);
    browser.says(".count", "12 places");
    let first = browser.text("article .title_box h2");
    tab_to(&browser, &format!("show reviews of {first}"));
    browser.press(ENTER);
    wait_for("the reviews", || (focused(&browser).0 == format!("hide reviews of {first}")).then_some(()));
    browser.press(' ');
    wait_for("no reviews", || (focused(&browser).0 == format!("show reviews of {first}")).then_some(()));
}

/// The program that judges pages.
pub fn axe() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&file).expect("axe-core is in target/npm, where `make test` puts it")
}

/// What it finds serious on the page that is open.
pub fn serious(browser: &Browser, axe: &str) -> Vec<Value> {
    // Everything that can be opened is judged open.
    browser.run("document.querySelectorAll('details').forEach(d => { d.name = ''; d.open = true; })");
    browser.run(&format!("{axe}; window.axe = axe;"));
    let mut judged = browser.run_async("axe.run({ resultTypes: ['violations'] }).then(arguments[0])");
    assert!(judged["passes"].as_array().unwrap().len() > 5, "nothing was judged");
    let mut violations: Vec<Value> = serde_json::from_value(judged["violations"].take()).unwrap();
    violations.retain(|one| one["impact"] == "serious" || one["impact"] == "critical");
    violations
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_guest_books_and_cancels_by_keyboard_alone() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    enter(&site, &browser, "ann");
    let (arrive, leave) = (today() + 30.days(), today() + 33.days());
    site.open(&browser, &format!("/places/{}?check_in={arrive}&check_out={leave}&guests=1", site.place()));
    let book = browser.text(".book form[method=post] button");
    tab_to(&browser, &book);
    browser.press(ENTER);
    browser.says(".notice", "Your stay is booked. Have a good trip!");
    let cancel = browser.run("return document.querySelector('.trip button').getAttribute('aria-label')");
    tab_to(&browser, cancel.as_str().unwrap());
    browser.screenshot("keyboard-cancel");
    browser.press(' ');
    browser.says(".notice", "Your stay is cancelled. You pay nothing.");
}

#[test]
#[ignore = "needs chromium, chromedriver and axe-core, which `make test` takes from npm"]
fn axe_finds_no_serious_violation() {
    let axe = axe();
    let site = Site::start();
    let browser = Browser::start(DESK);
    let (arrive, leave) = (today() + 30.days(), today() + 33.days());
    let place = format!("/places/{}?check_in={arrive}&check_out={leave}&guests=1", site.place());
    let wrong = format!("/search?check_in={leave}&check_out={arrive}");
    for path in
        ["/", "/101-hbnb", "/hbnb_filters", "/cities_by_states", "/states/none", "/log-in", "/sign-up"]
    {
        judge(&site, &browser, &axe, path);
    }
    for path in ["/search", &place, "/apidocs/"] {
        judge(&site, &browser, &axe, path);
    }
    judge(&site, &browser, &axe, "/nothing");
    browser.console_tells(&["404", "404"]);
    judge(&site, &browser, &axe, &wrong);
    browser.console_tells(&["422", "422"]);
    enter(&site, &browser, "ann");
    site.open(&browser, &place);
    browser.click(".book form[method=post] button");
    browser.says(".notice", "Your stay is booked. Have a good trip!");
    for path in ["/trips", "/account"] {
        judge(&site, &browser, &axe, path);
    }
    judge(&site, &browser, &axe, &place);
    browser.console_tells(&["409", "409"]);
}

/// Panics if a page, on a desk and on a phone, makes it hard for somebody.
fn judge(site: &Site, browser: &Browser, axe: &str, path: &str) {
    for size in [DESK, PHONE] {
        browser.resize(size);
        site.open(browser, path);
        if path == "/101-hbnb" {
            browser.says(".count", "164 places");
            browser.click("article .reviews span");
            browser.says(".reviews h2", "1 Review hide");
        }
        assert_eq!(serious(browser, axe), Vec::<Value>::new(), "{path} {size:?}");
    }
}
