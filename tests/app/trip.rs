//! Booking and cancelling over HTTP, as a guest who is logged in.

use super::guest::{Guest, text};
use super::{Answer, Site};
use axum::Router;
use deployer::hbnb::account::Key;
use deployer::hbnb::booking::{Stay, today};
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::{Part, Settings, app};
use jiff::ToSpan;
use tokio::task::JoinSet;

/// So many send the same form at once, over so many servers, as worker processes are.
const ATTEMPTS: usize = 200;
const SERVERS: usize = 4;

/// A place, its host, and two who are not.
struct Scene {
    site: Site,
    place: Values,
    id: String,
    host: Guest,
    one: Guest,
    other: Guest,
}

impl Scene {
    async fn new() -> Self {
        let site = Site::seeded(Part::Web).await;
        let place = site.storage.list(Class::Place).await.unwrap().remove(0);
        let host = text(&place, "user_id");
        let users = site.storage.list(Class::User).await.unwrap();
        let mut others = users.iter().map(|user| text(user, "id")).filter(|id| *id != host);
        let one = Guest::of(&site.storage, &others.next().unwrap()).await;
        let other = Guest::of(&site.storage, &others.next().unwrap()).await;
        let host = Guest::of(&site.storage, &host).await;
        Self { id: text(&place, "id"), site, place, host, one, other }
    }

    fn book(&self) -> String {
        format!("/places/{}/bookings", self.id)
    }

    async fn is_free(&self) -> bool {
        let stay = Stay { check_in: today() - 30.days(), check_out: today() + 600.days() };
        !self.site.storage.is_taken(&self.id, stay).await.unwrap()
    }
}

/// The form of a stay of one guest, so many days from now.
fn form(ahead: i64, nights: i64) -> String {
    let (check_in, check_out) = (today() + ahead.days(), today() + (ahead + nights).days());
    format!("check_in={check_in}&check_out={check_out}&guests=1")
}

fn led(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.header("location"))
}

#[tokio::test]
async fn a_guest_books_finds_the_trip_and_cancels_it() {
    let scene = Scene::new().await;
    let (site, guest) = (&scene.site, &scene.one);
    let empty = guest.get(site, "/trips").await;
    assert!(empty.status == 200 && empty.body.contains("No stay is booked."), "{}", empty.body);
    let page = guest.get(site, &format!("/places/{}?{}", scene.id, form(4, 3))).await;
    let total = scene.place["price_by_night"].as_i64().unwrap() * 3;
    assert!(page.body.contains(&format!("name=\"total\" value=\"{total}\"")), "{}", page.body);
    let booked = guest.post(site, &scene.book(), &format!("{}&total={total}", form(4, 3))).await;
    assert_eq!(led(&booked), (303, Some("/trips?done=booked")));
    let twice = guest.post(site, &scene.book(), &format!("{}&total={total}", form(4, 3))).await;
    assert_eq!(led(&twice), (303, Some("/trips?done=again")));
    assert!(guest.get(site, "/trips?done=again").await.body.contains("you pay once"));
    let trips = guest.get(site, "/trips?done=booked").await;
    assert_eq!(trips.body.matches("<article").count(), 1);
    assert!(trips.body.contains("Your stay is booked.") && trips.body.contains(&text(&scene.place, "name")));
    let cancel = trips.body.split_once("action=\"/trips/").unwrap().1.split_once('"').unwrap().0;
    let cancel = format!("/trips/{cancel}");
    assert_eq!(scene.other.post(site, &cancel, "").await.status, 404);
    assert!(!scene.is_free().await);
    for _ in 0..2 {
        assert_eq!(led(&guest.post(site, &cancel, "").await), (303, Some("/trips?done=cancelled")));
    }
    assert!(scene.is_free().await);
    let trips = guest.get(site, "/trips").await;
    assert!(trips.body.contains("<b>cancelled</b>") && !trips.body.contains("/cancel\""), "{}", trips.body);
    assert_eq!(scene.other.get(site, "/trips").await.body.matches("<article").count(), 0);
}

#[tokio::test]
async fn of_two_hundred_forms_for_one_night_one_is_booked_and_the_others_are_told() {
    let scene = Scene::new().await;
    let mut servers: Vec<Router> = Vec::new();
    for _ in 0..SERVERS {
        let settings = Settings::new(scene.site.storage.database().clone());
        servers.push(app(Part::Web, &settings).await.unwrap());
    }
    let mut all = JoinSet::new();
    for at in 0..ATTEMPTS {
        let guest = if at % 2 == 0 { &scene.one } else { &scene.other };
        let (server, request) =
            (servers[at % SERVERS].clone(), guest.ask("POST", &scene.book(), &form(9, 1)));
        all.spawn(async move { super::super::send(&server, request).await });
    }
    let answers = all.join_all().await;
    // Half of them are the other attempts of whoever got it.
    for (wanted, count) in [
        ((303, Some("/trips?done=booked")), 1),
        ((303, Some("/trips?done=again")), ATTEMPTS / 2 - 1),
        ((409, None), ATTEMPTS / 2),
    ] {
        assert_eq!(answers.iter().filter(|answer| led(answer) == wanted).count(), count, "{wanted:?}");
    }
    let told = answers.iter().filter(|answer| answer.body.contains("Somebody has booked")).count();
    assert_eq!(told, ATTEMPTS / 2);
    let mut trips = 0;
    for guest in [&scene.one, &scene.other] {
        trips += guest.get(&scene.site, "/trips").await.body.matches("<article").count();
    }
    assert_eq!(trips, 1);
}

#[tokio::test]
async fn who_is_not_logged_in_is_led_to_it_and_back_and_books_nothing() {
    let scene = Scene::new().await;
    let site = &scene.site;
    let page = site.get(&format!("/places/{}?{}", scene.id, form(4, 3))).await;
    assert!(page.body.contains("/log-in?next=%2Fplaces%2F"), "{}", page.body);
    assert!(!page.body.contains("csrf"));
    let key = Key::of(&site.storage, None).await.unwrap();
    let stranger = Guest::new(&key);
    let answer = stranger.post(site, &scene.book(), &form(4, 3)).await;
    assert!(answer.status == 303 && answer.header("location").unwrap().starts_with("/log-in?next="));
    assert_eq!(led(&stranger.get(site, "/trips").await), (303, Some("/log-in?next=%2Ftrips")));
    assert_eq!(led(&stranger.post(site, "/trips/x/cancel", "").await), (303, Some("/log-in?next=%2Ftrips")));
    let forged = Guest { token: stranger.token, ..scene.one.clone() };
    for path in [scene.book(), "/trips/x/cancel".into()] {
        assert_eq!(forged.post(site, &path, &form(4, 3)).await.status, 403);
    }
    assert!(scene.is_free().await);
}

#[tokio::test]
async fn what_breaks_a_rule_is_shown_again_and_nothing_is_written() {
    let scene = Scene::new().await;
    let (site, guest, book) = (&scene.site, &scene.one, scene.book());
    let most = scene.place["max_guest"].as_i64().unwrap();
    let many = form(4, 3).replace("guests=1", &format!("guests={}", most + 1));
    for (form, words) in [
        (String::new(), "Choose a date, such as 2026-12-31."),
        ("check_in=2026-02-30&check_out=2026-03-02&guests=1".into(), "Choose a date, such as 2026-12-31."),
        (form(-2, 3), "This day is over."),
        (form(-1, 1), "Choose a day after today."),
        (form(366, 1), "within the next 365 days"),
        (form(4, 0), "Choose a day after your arrival."),
        (form(4, -2), "Choose a day after your arrival."),
        (form(4, 91), "A stay has at most 90 nights."),
        (form(4, 3).replace("guests=1", "guests=1e3"), "Say how many guests come"),
        (many, "This place takes at most"),
        (format!("{}&total=1", form(4, 3)), "The price has changed."),
        (format!("{}&total=1e3", form(4, 3)), "The price has changed."),
        (format!("{}&total=-5", form(4, 3)), "The price has changed."),
        (format!("{}&total=abc", form(4, 3)), "The price has changed."),
    ] {
        let answer = guest.post(site, &book, &form).await;
        assert!(
            answer.status == 422 && answer.body.contains(words),
            "{form}: {} {}",
            answer.status,
            answer.body
        );
    }
    let own = scene.host.post(site, &book, &form(4, 3)).await;
    assert!(own.status == 422 && own.body.contains("This place is your own"), "{}", own.body);
    for path in ["/places/none/bookings", "/places/%27%00/bookings", "/places/%FF/bookings"] {
        assert_eq!(guest.post(site, path, &form(4, 3)).await.status, 404, "{path}");
    }
    for path in ["/trips/none/cancel", "/trips/%00/cancel", "/trips/%FF/cancel"] {
        assert_eq!(guest.post(site, path, "").await.status, 404, "{path}");
    }
    assert!(scene.is_free().await);
}
