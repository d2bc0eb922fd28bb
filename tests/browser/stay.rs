//! A stay: found, booked, cancelled; and wanted by two.

use deployer::hbnb::booking::today;
use jiff::ToSpan;

use super::{Site, choose, enter, write};
use crate::support::browser::{Browser, DESK, PHONE};
use crate::support::server::wait_for;

const BOOK: &str = ".book form[method=post] button";
const TAKEN: &str = "Somebody has booked at least one of these nights. Choose other dates.";

/// Three nights, so many days from now, as an address says them.
fn nights(ahead: i64) -> [String; 2] {
    [(today() + ahead.days()).to_string(), (today() + (ahead + 3).days()).to_string()]
}

/// The names that a search finds in Boulder for three nights and one guest.
fn search(site: &Site, browser: &Browser) -> Vec<String> {
    site.open(browser, "/search");
    write(browser, "where", "boulder");
    let [arrive, leave] = nights(30);
    choose(browser, "check_in", &arrive);
    choose(browser, "check_out", &leave);
    write(browser, "guests", "1");
    browser.click(".ask button");
    // The page before looks the same.
    let is_answered = "return location.search !== '' && document.readyState === 'complete'";
    wait_for("the answer", || browser.run(is_answered).as_bool()?.then_some(()));
    let found = browser.texts(".found h2");
    browser.says(".count", &format!("{} places, the cheapest first", found.len()));
    found
}

fn finds_books_and_cancels(site: &Site, browser: &Browser, name: &str) {
    enter(site, browser, "ann");
    let found = search(site, browser);
    assert!(found.len() > 2, "{found:?}");
    browser.screenshot(&format!("{name}-found"));
    browser.click(".found h2 a");
    browser.says(".place h1", &found[0]);
    let night = browser.text(".night b");
    browser.says(".bill div:nth-child(2) dt", &format!("{night} × 3 nights"));
    let all = browser.text(".bill .all dd");
    browser.says(BOOK, &format!("Book for {all}"));
    browser.screenshot(&format!("{name}-price"));
    browser.click(BOOK);
    browser.says(".notice", "Your stay is booked. Have a good trip!");
    assert_eq!(browser.texts(".trip h2"), found[..1]);
    browser.resize(PHONE);
    browser.screenshot(&format!("{name}-booked-on-a-phone"));
    browser.resize(DESK);
    assert_eq!(search(site, browser), found[1..]);
    site.open(browser, "/trips");
    browser.click(".trip button");
    browser.says(".notice", "Your stay is cancelled. You pay nothing.");
    assert_eq!(browser.texts(".trip.gone b"), ["cancelled"]);
    browser.screenshot(&format!("{name}-cancelled"));
    assert_eq!(search(site, browser), found);
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_guest_finds_books_and_cancels() {
    let site = Site::start();
    finds_books_and_cancels(&site, &Browser::start(DESK), "stay");
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn without_javascript_a_guest_finds_books_and_cancels() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    browser.without_scripts();
    finds_books_and_cancels(&site, &browser, "stay-without-javascript");
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn two_guests_want_the_same_night() {
    let site = Site::start();
    let [arrive, leave] = nights(40);
    let page = format!("/places/{}?check_in={arrive}&check_out={leave}&guests=1", site.place());
    let guests = ["ann", "bob"].map(|name| {
        let browser = Browser::start(DESK);
        enter(&site, &browser, name);
        site.open(&browser, &page);
        assert!(browser.text(BOOK).starts_with("Book for $"), "{}", browser.text(BOOK));
        browser
    });
    let [ann, bob] = &guests;
    ann.click(BOOK);
    ann.says(".notice", "Your stay is booked. Have a good trip!");
    bob.click(BOOK);
    bob.says(".refused", TAKEN);
    bob.console_tells(&["409"]);
    bob.screenshot("two-guests-refused");
    site.open(bob, "/trips");
    assert_eq!(bob.texts(".trip"), Vec::<String>::new());
    // The nights that are left are his.
    let [arrive, leave] = nights(43);
    site.open(bob, &page.replace(&nights(40)[1], &leave).replace(&nights(40)[0], &arrive));
    bob.click(BOOK);
    bob.says(".notice", "Your stay is booked. Have a good trip!");
}
