//! The search and the page of a place, over HTTP.

use super::{Answer, Site};
use deployer::hbnb::Part;
use deployer::hbnb::booking::offer::dollars;
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::model::{Class, Values};
use jiff::ToSpan;

fn text(row: &Values, name: &str) -> String {
    row[name].as_str().unwrap().to_string()
}

/// The date so many days from now.
fn day(ahead: i64) -> String {
    (today() + ahead.days()).to_string()
}

/// What stands between two marks, each time.
fn between<'t>(page: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    page.split(begin).skip(1).map(|rest| rest.split_once(end).unwrap().0).collect()
}

/// What is said beside the fields: field and words.
fn said(answer: &Answer) -> Vec<(String, String)> {
    let spans = between(&answer.body, "<span id=\"", "</span>");
    let pairs = spans.iter().map(|span| span.split_once("_wrong\">").unwrap());
    pairs.map(|(field, words)| (field.to_string(), words.to_string())).collect()
}

fn one(field: &str, words: &str) -> Vec<(String, String)> {
    vec![(field.to_string(), words.to_string())]
}

async fn first(site: &Site) -> Values {
    site.storage.list(Class::Place).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_place_shows_all_that_belongs_to_it() {
    let site = Site::seeded(Part::Web).await;
    let place = first(&site).await;
    let id = text(&place, "id");
    let reviews = site.storage.list_of(Class::Review, "place_id", &id).await.unwrap();
    let page = site.get(&format!("/places/{id}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(between(&page.body, "<h1>", "</h1>"), [text(&place, "name")]);
    let offered = between(&page.body, "<ul class=\"offers\">", "</ul>")[0];
    let which = deployer::hbnb::storage::object::Which::OfferedBy(&id);
    let amenities = site.storage.rows(Class::Amenity, which, None).await.unwrap();
    assert_eq!(between(offered, "<li>", "</li>").len(), amenities.len());
    assert_eq!(page.body.matches("<div class=\"review\">").count(), reviews.len());
    assert!(page.body.contains(&format!("<b>${}</b> a night", place["price_by_night"])));
    assert_eq!(site.get(&format!("/places/{id}/")).await.body, page.body);
    for (name, value) in [("x-frame-options", "DENY"), ("content-type", "text/html; charset=utf-8")] {
        assert_eq!(page.header(name), Some(value));
    }
}

#[tokio::test]
async fn an_unknown_place_is_not_found_whatever_its_name() {
    let site = Site::seeded(Part::Web).await;
    for id in ["none", "%27", "a%2Fb", "%00", "%FF", "..%2f..%2fetc", "%ED%A0%80", &"x".repeat(10_000)] {
        assert_eq!(site.get(&format!("/places/{id}")).await.status, 404, "{id}");
        let asked = format!("/places/{id}?check_in={}&check_out={}&guests=1", day(1), day(2));
        assert_eq!(site.get(&asked).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn the_price_of_a_stay_is_told_and_what_is_wrong_beside_its_field() {
    let site = Site::seeded(Part::Web).await;
    let place = first(&site).await;
    let (id, price) = (text(&place, "id"), place["price_by_night"].as_i64().unwrap());
    let most = place["max_guest"].as_i64().unwrap();
    let ask = async |check_in: &str, check_out: &str, guests: &str| {
        site.get(&format!("/places/{id}?check_in={check_in}&check_out={check_out}&guests={guests}")).await
    };
    let page = ask(&day(3), &day(10), &most.to_string()).await;
    assert_eq!((page.status, said(&page)), (200, vec![]));
    assert_eq!(between(&page.body, "<dt>In all</dt><dd>", "</dd>"), [dollars(price * 7)]);
    for (check_in, check_out, guests, field, words) in [
        ("2026-02-30", &*day(2), "1", "check_in", "Choose a date, such as 2026-12-31."),
        (&*day(1), "tomorrow", "1", "check_out", "Choose a date, such as 2026-12-31."),
        (&*day(1), "", "1", "check_out", "Choose a date, such as 2026-12-31."),
        (&*day(-2), &*day(2), "1", "check_in", "This day is over. Choose today or later."),
        (&*day(366), &*day(367), "1", "check_in", "Choose a day within the next 365 days."),
        (&*day(5), &*day(5), "1", "check_out", "Choose a day after your arrival."),
        (&*day(5), &*day(4), "1", "check_out", "Choose a day after your arrival."),
        (&*day(5), &*day(96), "1", "check_out", "A stay has at most 90 nights."),
        (&*day(5), "9999-12-31", "1", "check_out", "A stay has at most 90 nights."),
        (&*day(5), &*day(6), "0", "guests", "Say how many guests come: 1 or more."),
        (&*day(5), &*day(6), "-1", "guests", "Say how many guests come: 1 or more."),
        (&*day(5), &*day(6), "%FF", "guests", "Say how many guests come: 1 or more."),
    ] {
        let page = ask(check_in, check_out, guests).await;
        assert_eq!((page.status, said(&page)), (422, one(field, words)), "{check_in} {check_out} {guests}");
    }
    for many in [(most + 1).to_string(), "9".repeat(40)] {
        let page = ask(&day(5), &day(6), &many).await;
        let words = format!("This place takes at most {most} guests.");
        assert_eq!((page.status, said(&page)), (422, one("guests", &words)));
    }
    let page = ask("%3Cscript%3E%22", &day(6), "1").await;
    assert!(page.status == 422 && page.body.contains("value=\"&lt;script&gt;&quot;\""), "{}", page.body);
}

#[tokio::test]
async fn nights_that_are_booked_are_told_as_taken() {
    let site = Site::seeded(Part::Web).await;
    let place = first(&site).await;
    let id = text(&place, "id");
    let users = site.storage.list(Class::User).await.unwrap();
    let guest = users.iter().map(|user| text(user, "id")).find(|id| *id != text(&place, "user_id")).unwrap();
    let stay = Stay { check_in: today() + 5.days(), check_out: today() + 7.days() };
    site.storage.book(&id, &guest, Wanted { stay, guests: 1, agreed: None }).await.unwrap();
    let asked = format!("/places/{id}?check_in={}&check_out={}&guests=1", day(6), day(9));
    let page = site.get(&asked).await;
    let told = between(&page.body, "<p class=\"refused\" role=\"alert\">", "</p>");
    let words = "Somebody has booked at least one of these nights. Choose other dates.";
    assert_eq!((page.status, told), (409, vec![words]));
    let asked = format!("/places/{id}?check_in={}&check_out={}&guests=1", day(7), day(9));
    assert_eq!(site.get(&asked).await.status, 200);
}

#[tokio::test]
async fn a_search_lists_what_fits_page_by_page_with_links_to_the_same_stay() {
    let site = Site::seeded(Part::Web).await;
    let page = site.get("/search").await;
    assert_eq!((page.status, page.body.matches("<article").count()), (200, 24));
    assert!(page.body.contains("164 places, the cheapest first · page 1 of 7"), "{}", page.body);
    assert!(page.body.contains("href=\"/search?page=2\""));
    for (number, shown, count) in
        [("7", "7", 20), ("99", "7", 20), ("0", "1", 24), ("-5", "1", 24), ("x", "1", 24)]
    {
        let page = site.get(&format!("/search?page={number}")).await;
        assert!(page.body.contains(&format!("page {shown} of 7")), "{number}");
        assert_eq!(page.body.matches("<article").count(), count, "{number}");
    }
    let city = text(&site.storage.list(Class::City).await.unwrap()[0], "name");
    let asked = format!("check_in={}&check_out={}&guests=1", day(2), day(4));
    let place = city.to_lowercase().replace(' ', "+");
    let page = site.get(&format!("/search?where={place}&{asked}&price_min=&price_max=9999")).await;
    assert_eq!((page.status, page.body.matches("<article").count()), (200, 4), "{city}");
    let link = format!("?{}\">", asked.replace('&', "&amp;"));
    assert_eq!(page.body.matches(&link).count(), 4, "{link} in {}", page.body);
    let none = site.get("/search?where=atlantis").await;
    assert!(none.status == 200 && none.body.contains("No place fits."));
}

#[tokio::test]
async fn what_is_wrong_with_a_search_is_told_beside_its_field() {
    let site = Site::seeded(Part::Web).await;
    for (asked, field, words) in [
        ("check_in=2026-02-30&check_out=2026-03-01", "check_in", "Choose a date, such as 2026-12-31."),
        ("guests=many", "guests", "Say how many guests come: 1 or more."),
        ("price_min=-1", "price_min", "Say a price in whole dollars, or nothing."),
        ("price_max=1e9", "price_max", "Say a price in whole dollars, or nothing."),
        ("price_min=10&price_max=9", "price_max", "This is less than the lowest price."),
    ] {
        let page = site.get(&format!("/search?{asked}")).await;
        assert_eq!((page.status, said(&page)), (422, one(field, words)), "{asked}");
        assert_eq!(page.body.matches("<article").count(), 0);
    }
    for odd in
        ["where=%00", "where=%FF", "price_max=99999999999999999999", "x=y&&=", "page=99999999999999999999"]
    {
        assert_eq!(site.get(&format!("/search?{odd}")).await.status, 200, "{odd}");
    }
}
