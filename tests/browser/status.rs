//! The circle in the header, and the console.

use super::Site;
use crate::support::browser::{Browser, DESK, PHONE};
use crate::support::server::{wait_for, wait_or};

const CIRCLE: &str = "const e = document.getElementById('api_status'), s = getComputedStyle(e); \
                      return [e.title, s.backgroundColor, s.width, s.height, s.borderRadius].join('; ')";

/// Every page that is made for people: with filters and places, then the others.
const PAGES: [&str; 17] = [
    "/",
    "/0-hbnb",
    "/1-hbnb",
    "/2-hbnb",
    "/3-hbnb",
    "/4-hbnb",
    "/100-hbnb",
    "/101-hbnb",
    "/hbnb_filters",
    "/states_list",
    "/cities_by_states",
    "/states/none",
    "/number_odd_or_even/5",
    "/search",
    "/log-in",
    "/sign-up",
    "/apidocs/",
];

#[test]
#[ignore = "needs chromium and chromedriver"]
fn the_status_circle_turns_red_when_the_api_answers_and_stays_grey_when_not() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    for path in ["/2-hbnb", "/101-hbnb"] {
        site.open(&browser, path);
        let circle = "return document.querySelector('#api_status.available')?.title";
        wait_for("the circle", || browser.run(circle).as_str().map(drop));
        assert_eq!(browser.run(CIRCLE), "The API answers; rgb(255, 84, 95); 40px; 40px; 50%", "{path}");
    }
    browser.without("*://*/api/v1/status/*");
    site.open(&browser, "/2-hbnb");
    let told = "return document.getElementById('api_status').title || null";
    wait_for("the circle's title", || browser.run(told).as_str().map(drop));
    assert_eq!(browser.run(CIRCLE), "The API does not answer; rgb(204, 204, 204); 40px; 40px; 50%");
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn no_page_has_an_error_in_the_console_or_is_wider_than_the_screen() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    for (screen, size) in [("desk", DESK), ("phone", PHONE)] {
        browser.resize(size);
        for path in PAGES {
            site.open(&browser, path);
            if path.starts_with("/10") || path.starts_with("/3") || path.starts_with("/4") {
                browser.says(".count", "164 places");
            }
            // The last answer that a page waits for.
            let idle = "return !document.querySelector('.user span:empty')";
            let complaint = || format!("{path} lacks names of owners; the console: {:?}", browser.console());
            wait_or(complaint, || browser.run(idle).as_bool()?.then_some(()));
            let wide = browser.run("return document.documentElement.scrollWidth");
            assert!(wide.as_u64().unwrap() <= size.0.into(), "{path} is {wide} wide on a {screen}");
            assert_eq!(browser.console(), Vec::<String>::new(), "{path}");
            let name = if path == "/" { "home" } else { path.trim_start_matches('/') };
            browser.screenshot(&format!("{screen}-{}", name.replace('/', "-")));
        }
    }
}
