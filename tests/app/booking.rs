//! Nights that are booked once, whoever tries.

use super::Site;
use deployer::hbnb::Part;
use deployer::hbnb::booking::{Problem, Stay, Wanted, today};
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::storage::Storage;
use deployer::hbnb::storage::booking::{Booked, Cancelled, Trip};
use jiff::ToSpan;
use tokio::task::JoinSet;

/// So many try to get the same night, over so many pools of connections, as worker processes have them.
const ATTEMPTS: usize = 200;
const POOLS: usize = 8;

/// A stay that begins so many days from now.
fn stay(ahead: i64, nights: i64) -> Wanted {
    let check_in = today() + ahead.days();
    Wanted { stay: Stay { check_in, check_out: check_in + nights.days() }, guests: 1, agreed: None }
}

fn text(row: &Values, name: &str) -> String {
    row[name].as_str().unwrap().to_string()
}

/// A place, and everybody who is not its host.
async fn place_and_guests(storage: &Storage) -> (Values, Vec<String>) {
    let place = storage.list(Class::Place).await.unwrap().remove(0);
    let users = storage.list(Class::User).await.unwrap();
    let guests = users.iter().map(|user| text(user, "id")).filter(|id| *id != text(&place, "user_id"));
    (place.clone(), guests.collect())
}

fn is_done(booked: &Booked) -> bool {
    matches!(booked, Booked::Done { .. })
}

const TAKEN: Booked = Booked::Refused(Problem::Taken);

/// Somebody has the nights: somebody else, or the same guest by another attempt.
fn is_gone(booked: &Booked) -> bool {
    [TAKEN, Booked::Already].contains(booked)
}

#[tokio::test]
async fn of_two_hundred_who_want_one_night_at_once_exactly_one_gets_it() {
    let site = Site::seeded(Part::Web).await;
    let (place, guests) = place_and_guests(&site.storage).await;
    let place = text(&place, "id");
    let pools: Vec<Storage> = (0..POOLS).map(|_| Storage::open(site.storage.database())).collect();
    let mut all = JoinSet::new();
    for at in 0..ATTEMPTS {
        let storage = pools[at % POOLS].clone();
        let (place, guest) = (place.clone(), guests[at % guests.len()].clone());
        all.spawn(async move { storage.book(&place, &guest, stay(10, 1)).await.unwrap() });
    }
    let results = all.join_all().await;
    assert_eq!(results.iter().filter(|booked| is_done(booked)).count(), 1);
    assert_eq!(results.iter().filter(|booked| is_gone(booked)).count(), ATTEMPTS - 1);
}

#[tokio::test]
async fn stays_that_overlap_in_any_way_are_booked_once_and_neighbours_both() {
    let site = Site::seeded(Part::Web).await;
    let (place, guests) = place_and_guests(&site.storage).await;
    let place = text(&place, "id");
    let mut all = JoinSet::new();
    for at in 0..60 {
        let pool = Storage::open(site.storage.database());
        let (place, guest) = (place.clone(), guests[at % guests.len()].clone());
        // Begins and lengths that meet in many orders.
        let wanted = stay(20 + (at as i64 * 7) % 12, 1 + (at as i64 * 5) % 6);
        all.spawn(async move { (wanted, pool.book(&place, &guest, wanted).await.unwrap()) });
    }
    let results = all.join_all().await;
    let mut nights: Vec<_> =
        results.iter().filter(|(_, b)| is_done(b)).flat_map(|(w, _)| w.stay.dates()).collect();
    let count = nights.len();
    nights.sort();
    nights.dedup();
    assert!(count > 0 && nights.len() == count, "{count} nights, {} different", nights.len());
    for (wanted, booked) in &results {
        let free = !wanted.stay.dates().any(|night| nights.contains(&night));
        assert!(is_done(booked) || (is_gone(booked) && !free), "{wanted:?}: {booked:?}");
    }
    for ahead in [100, 102, 104] {
        assert!(is_done(&site.storage.book(&place, &guests[0], stay(ahead, 2)).await.unwrap()));
    }
}

#[tokio::test]
async fn a_cancelled_stay_frees_its_nights_and_remains_among_the_trips() {
    let site = Site::seeded(Part::Web).await;
    let storage = &site.storage;
    let (place, guests) = place_and_guests(storage).await;
    let (id, wanted) = (text(&place, "id"), stay(5, 3));
    let price = place["price_by_night"].as_i64().unwrap();
    let Booked::Done { id: booking, total } = storage.book(&id, &guests[0], wanted).await.unwrap() else {
        panic!("not booked")
    };
    assert_eq!(total, price * 3);
    assert_eq!(storage.book(&id, &guests[1], stay(7, 1)).await.unwrap(), TAKEN);
    assert_eq!(storage.book(&id, &guests[1], wanted).await.unwrap(), TAKEN);
    for other in [stay(5, 2), stay(6, 2), Wanted { guests: 2, ..wanted }] {
        assert_eq!(storage.book(&id, &guests[0], other).await.unwrap(), TAKEN);
    }
    assert_eq!(storage.book(&id, &guests[0], wanted).await.unwrap(), Booked::Already);
    assert_eq!(storage.cancel(&booking, &guests[1], today()).await.unwrap(), Cancelled::Unknown);
    let begun = today() + 6.days();
    assert_eq!(storage.cancel(&booking, &guests[0], begun).await.unwrap(), Cancelled::Begun);
    assert!(storage.is_taken(&id, wanted.stay).await.unwrap());
    for _ in 0..2 {
        assert_eq!(storage.cancel(&booking, &guests[0], today()).await.unwrap(), Cancelled::Done);
    }
    assert!(!storage.is_taken(&id, wanted.stay).await.unwrap());
    assert!(is_done(&storage.book(&id, &guests[1], stay(7, 1)).await.unwrap()));
    let city = storage.get(Class::City, &text(&place, "city_id")).await.unwrap().unwrap();
    let state = storage.get(Class::State, &text(&city, "state_id")).await.unwrap().unwrap();
    let trip = Trip {
        id: booking,
        place: id,
        name: text(&place, "name"),
        city: text(&city, "name"),
        state: text(&state, "name"),
        check_in: wanted.stay.check_in.to_string(),
        check_out: wanted.stay.check_out.to_string(),
        guests: 1,
        total,
        cancelled: true,
        cover: String::new(),
    };
    assert_eq!(storage.trips(&guests[0]).await.unwrap(), [trip]);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_nothing_is_written() {
    let site = Site::seeded(Part::Web).await;
    let storage = &site.storage;
    let (place, guests) = place_and_guests(storage).await;
    let (id, host) = (text(&place, "id"), text(&place, "user_id"));
    let most = place["max_guest"].as_i64().unwrap();
    let refused = |problem| Booked::Refused(problem);
    let many = Wanted { guests: i64::MAX, ..stay(5, 2) };
    assert_eq!(storage.book(&id, &guests[0], many).await.unwrap(), refused(Problem::TooMany(most)));
    assert_eq!(storage.book(&id, &host, stay(5, 2)).await.unwrap(), refused(Problem::Own));
    for (place, guest) in [("none", &*guests[0]), (&*id, "none"), ("'\0/", "'")] {
        assert_eq!(storage.book(place, guest, stay(5, 2)).await.unwrap(), Booked::Unknown, "{place}");
    }
    let broke = Values::from([("price_by_night", (-1).into())]);
    assert!(storage.update(Class::Place, &id, &broke).await.unwrap());
    assert_eq!(storage.book(&id, &guests[0], stay(5, 2)).await.unwrap(), refused(Problem::Unpayable));
    assert!(!storage.is_taken(&id, stay(0, 90).stay).await.unwrap());
    assert_eq!(storage.trips(&guests[0]).await.unwrap(), []);
}

#[tokio::test]
async fn the_highest_price_there_is_can_be_booked_for_the_longest_stay() {
    let site = Site::seeded(Part::Web).await;
    let (place, guests) = place_and_guests(&site.storage).await;
    let dear = Values::from([("price_by_night", i32::MAX.into())]);
    assert!(site.storage.update(Class::Place, &text(&place, "id"), &dear).await.unwrap());
    let booked = site.storage.book(&text(&place, "id"), &guests[0], stay(1, 90)).await.unwrap();
    assert!(matches!(booked, Booked::Done { total, .. } if total == i64::from(i32::MAX) * 90));
}

#[tokio::test]
async fn with_a_place_or_a_user_go_their_bookings() {
    let site = Site::seeded(Part::All).await;
    let storage = &site.storage;
    let places = storage.list(Class::Place).await.unwrap();
    let [guest, other] = ["guest", "other"].map(String::from);
    for id in [&guest, &other] {
        let body = format!(r#"{{"id":"{id}","email":"{id}@example.com","password":"p"}}"#);
        assert_eq!(site.ask("POST", "/api/v1/users", &body).await.status, 201);
    }
    let (first, last) = (text(&places[0], "id"), text(places.last().unwrap(), "id"));
    for (place, who, ahead) in [(&first, &guest, 1), (&first, &other, 2), (&last, &guest, 1)] {
        assert!(is_done(&storage.book(place, who, stay(ahead, 1)).await.unwrap()));
    }
    assert_eq!(site.ask("DELETE", &format!("/api/v1/places/{first}"), "").await.said(), (200, "{}\n"));
    assert!(!storage.is_taken(&first, stay(0, 90).stay).await.unwrap());
    assert_eq!(storage.trips(&guest).await.unwrap().len(), 1);
    assert_eq!(storage.trips(&other).await.unwrap(), []);
    assert_eq!(site.ask("DELETE", &format!("/api/v1/users/{guest}"), "").await.said(), (200, "{}\n"));
    assert!(!storage.is_taken(&last, stay(0, 90).stay).await.unwrap());
    assert!(is_done(&storage.book(&last, &other, stay(1, 1)).await.unwrap()));
}
