//! What a host and a guest do, without JavaScript; and how their pages look.

use std::path::Path;

use image::{Rgb, RgbImage};
use serde_json::Value;

use super::access::{axe, serious};
use super::account::look;
use super::{Site, enter, write};
use crate::support::browser::{Browser, DESK, PHONE};

/// A sky over a meadow, at another time of the day each.
fn picture(path: &Path, hour: u8) {
    let pixel = |x: u32, y: u32| {
        let light = (y / 4).min(200) as u8;
        let hill = 620 + ((f64::from(x) / 170.0).sin() * 60.0) as u32 + u32::from(hour) * 9;
        match y < hill {
            true => Rgb([70 + light / 2 + hour * 8, 140 + light / 3, 250 - hour * 12]),
            false => Rgb([60 + hour * 8, 140 - light / 3, 70]),
        }
    };
    RgbImage::from_fn(1400, 930, pixel).save(path).unwrap();
}

/// Opens a page on a desk and on a phone and keeps what is to be seen, all of it. The console tells these errors each time.
fn shown(site: &Site, browser: &Browser, path: &str, name: &str, errors: &[&str]) {
    for ((width, height), device) in [(PHONE, "phone"), (DESK, "desk")] {
        browser.resize((width, height));
        site.open(browser, path);
        let wide = browser.run("return document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= width.into(), "{path} is {wide} wide on a {device}");
        browser.console_tells(errors);
        let high = browser.run("return document.documentElement.scrollHeight").as_u64().unwrap();
        browser.resize((width, height.max(high as u32).min(4000)));
        browser.screenshot(&format!("{name}-{device}"));
        browser.resize((width, height));
    }
}

fn path(browser: &Browser) -> String {
    browser.run("return location.pathname").as_str().unwrap().to_string()
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn a_host_lists_a_place_with_pictures_and_a_guest_books_it_without_javascript() {
    let files = tempfile::tempdir().unwrap();
    let site = Site::start();
    let browser = Browser::start(DESK);
    browser.without_scripts();
    enter(&site, &browser, "Ann");
    site.open(&browser, "/listings");
    browser.screenshot("listings-empty");
    browser.click(".top .button");
    browser.says("h1", "List a place");
    write(&browser, "name", "Mill by the stream");
    browser.click(".about button");
    // The browser itself asks for the city.
    assert_eq!(path(&browser), "/listings/new");
    browser.run("document.querySelector('#city').selectedIndex = 3");
    write(&browser, "description", "An old mill. The stream still sings.");
    write(&browser, "price_by_night", "140");
    browser.click(".ticks label:nth-of-type(2)");
    browser.click(".about button");
    browser.says(".notice", "Your place is listed. Add some pictures, so that guests see what awaits them.");
    let here = path(&browser);
    for hour in 0..6 {
        let file = files.path().join(format!("{hour}.png"));
        picture(&file, hour * 2);
        browser.attach("#picture", &file);
        browser.click(".upload button");
        browser.says(".notice", "The picture is added.");
    }
    browser.click("[aria-label='Make picture 3 the cover']");
    browser.says(".notice", "");
    std::fs::write(files.path().join("x.png"), "no picture").unwrap();
    browser.attach("#picture", &files.path().join("x.png"));
    browser.click(".upload button");
    browser.says(".alert", "Picture: This is no picture that we know. Choose a JPEG, PNG or WebP.");
    browser.console_tells(&["422"]);
    look(&browser, "listing-refused");
    shown(&site, &browser, &here, "listing", &[]);
    shown(&site, &browser, "/listings", "listings", &[]);
    shown(&site, &browser, &format!("{here}/delete"), "listing-delete", &[]);
    let place = here.replace("/listings/", "/places/");
    shown(&site, &browser, &place, "place-own", &[]);

    site.open(&browser, "/account");
    browser.click(".out button");
    browser.says(".places > h1", "Places");
    enter(&site, &browser, "Ben");
    shown(&site, &browser, "/search?where=&price_min=135&price_max=145", "search", &[]);
    site.open(&browser, &place);
    let day = |ahead: i64| (deployer::hbnb::booking::today() + jiff::ToSpan::days(ahead)).to_string();
    let wanted = format!("{place}?check_in={}&check_out={}&guests=2", day(3), day(6));
    shown(&site, &browser, &wanted, "place-chosen", &[]);
    site.open(&browser, &wanted);
    browser.click("aside form[method=post] button");
    browser.says(".notice", "Your stay is booked. Have a good trip!");
    shown(&site, &browser, "/trips", "trips", &[]);
    shown(&site, &browser, &wanted, "place-taken", &["409"]);
    shown(&site, &browser, "/account", "account", &[]);
}

#[test]
#[ignore = "needs chromium, chromedriver and axe-core, which `make test` takes from npm"]
fn axe_finds_no_serious_violation_where_hosts_and_guests_do_things() {
    let axe = axe();
    let site = Site::start();
    let browser = Browser::start(DESK);
    enter(&site, &browser, "Ann");
    site.open(&browser, "/search");
    let place = browser.run("return document.querySelector('article a').getAttribute('href')");
    let place = place.as_str().unwrap();
    for size in [DESK, PHONE] {
        browser.resize(size);
        for path in ["/search", place, "/trips", "/listings", "/listings/new"] {
            site.open(&browser, path);
            assert_eq!(serious(&browser, &axe), Vec::<Value>::new(), "{path} {size:?}");
        }
        site.open(&browser, "/search?guests=x");
        assert_eq!(serious(&browser, &axe), Vec::<Value>::new(), "{size:?}");
        browser.console_tells(&["422", "cannot be parsed"]);
    }
}
