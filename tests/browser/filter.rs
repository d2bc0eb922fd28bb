//! Finding places by state, city and amenity.

use serde_json::{Value, json};

use super::Site;
use crate::support::browser::{Browser, DESK, PHONE};

fn id(browser: &Browser, name: &str) -> Value {
    browser.run(&format!("return document.querySelector('input[data-name={name:?}]').dataset.id"))
}

fn search(browser: &Browser, wanted: usize) {
    browser.click(".filters button");
    browser.says(".count", &format!("{wanted} places"));
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn filters_by_state_and_amenity() {
    let site = Site::start();
    let browser = Browser::start(DESK);
    site.open(&browser, "/4-hbnb");
    browser.says(".count", "164 places");
    assert_eq!(browser.texts("article .title_box h2"), site.found(&json!({})));

    browser.click(".locations summary");
    browser.click("input[data-name=\"Arizona\"]");
    browser.click("input[data-name=\"Boulder\"]");
    assert_eq!(browser.text(".locations h4"), "Arizona, Boulder");
    browser.screenshot("filters-open");
    let (state, city) = (id(&browser, "Arizona"), id(&browser, "Boulder"));
    let found = site.found(&json!({"states": [state], "cities": [city]}));
    search(&browser, found.len());
    assert_eq!((found.len(), browser.texts("article .title_box h2")), (16, found));

    browser.click(".amenities summary");
    browser.click("input[data-name=\"Balcony\"]");
    assert_eq!(
        (browser.text(".amenities h4"), browser.text(".locations h4")),
        ("Balcony".into(), "Arizona, Boulder".into())
    );
    let found =
        site.found(&json!({"states": [state], "cities": [city], "amenities": [id(&browser, "Balcony")]}));
    assert!((2..16).contains(&found.len()), "{found:?}");
    search(&browser, found.len());
    assert_eq!(browser.texts("article .title_box h2"), found);
    browser.screenshot("filters-found");

    browser.click(".amenities summary");
    browser.click("input[data-name=\"Balcony\"]");
    assert_eq!(browser.text(".amenities h4"), "");
    browser.click(".locations summary");
    browser.click("input[data-name=\"Arizona\"]");
    browser.click("input[data-name=\"Boulder\"]");
    search(&browser, 164);
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_place_made_by_the_script_looks_as_the_server_makes_it() {
    let site = Site::start();
    let browser = Browser::start(PHONE);
    let place = "const a = document.querySelector('article'), t = s => a.querySelector(s).textContent.trim(); \
                 return [a.querySelector('img').src, t('.title_box h2'), t('.price_by_night'), t('.location'), \
                 t('.max_guest'), t('.number_rooms'), t('.number_bathrooms'), t('.user'), \
                 a.querySelector('.description').innerHTML.trim(), a.querySelector('.description').clientHeight]";
    site.open(&browser, "/2-hbnb");
    let served = browser.run(place);
    assert_eq!(served[1], "Alder Bungalow under the oaks");
    assert_eq!(
        (&served[4], &served[5], &served[6]),
        (&json!("6 Guests"), &json!("3 Bedrooms"), &json!("2 Bathrooms"))
    );
    site.open(&browser, "/3-hbnb");
    browser.says(".user span", served[7].as_str().unwrap().trim_start_matches("Owner: "));
    assert_eq!(browser.run(place), served);
}
