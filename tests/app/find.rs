//! The search of the storage.

use super::Site;
use deployer::hbnb::Part;
use deployer::hbnb::booking::search::{Search, Typed};
use deployer::hbnb::booking::{Stay, Wanted, today};
use deployer::hbnb::model::{Class, Values, created};
use deployer::hbnb::storage::booking::Booked;
use deployer::hbnb::storage::find::MOST;
use deployer::hbnb::storage::home::Card;
use deployer::hbnb::storage::object::Which;
use deployer::hbnb::storage::search::Wish;
use jiff::ToSpan;
use serde_json::json;

fn search(typed: Typed<'_>) -> Search {
    Search::parse(&typed, today()).unwrap()
}

async fn found(site: &Site, typed: Typed<'_>) -> Vec<Card> {
    let (total, cards) = site.storage.find(&search(typed), 0, MOST).await.unwrap();
    assert_eq!(usize::try_from(total).unwrap(), cards.len());
    cards
}

fn text(row: &Values, name: &str) -> String {
    row[name].as_str().unwrap().to_string()
}

#[tokio::test]
async fn places_are_found_by_city_or_state_cheapest_first() {
    let site = Site::seeded(Part::Web).await;
    let all = found(&site, Typed::default()).await;
    assert_eq!(all.len(), 164);
    assert!(all.is_sorted_by_key(|card| card.price_by_night));
    let city = all[0].city.to_uppercase();
    let there = found(&site, Typed { place: &city, ..Typed::default() }).await;
    let wanted: Vec<&Card> = all.iter().filter(|card| card.city == all[0].city).collect();
    assert_eq!(there.iter().collect::<Vec<_>>(), wanted);
    let state: String = all[0].state.chars().take(4).collect();
    let there = found(&site, Typed { place: &state, ..Typed::default() }).await;
    assert!(there.len() > wanted.len() && there.len() < all.len());
    for nowhere in ["atlantis", "%", "_", "' OR 1=1 --", "\0"] {
        assert_eq!(found(&site, Typed { place: nowhere, ..Typed::default() }).await, [], "{nowhere}");
    }
}

#[tokio::test]
async fn accents_and_case_of_a_name_do_not_matter() {
    let site = Site::seeded(Part::Web).await;
    let mut state = site.storage.list(Class::State).await.unwrap().remove(0);
    state.retain(|name, _| *name == "name");
    state.insert("name", "São Tomé".into());
    let id = text(&site.storage.list(Class::State).await.unwrap()[0], "id");
    assert!(site.storage.update(Class::State, &id, &state).await.unwrap());
    let plain = found(&site, Typed { place: "sao tome", ..Typed::default() }).await;
    assert!(!plain.is_empty());
    assert_eq!(found(&site, Typed { place: "SÃO, tomé", ..Typed::default() }).await, plain);
}

#[tokio::test]
async fn prices_and_guests_narrow_the_search_with_their_ends_included() {
    let site = Site::seeded(Part::Web).await;
    let all = found(&site, Typed::default()).await;
    let fits = |card: &&Card| (120..=160).contains(&card.price_by_night) && card.max_guest >= 4;
    let wanted: Vec<Card> = all.iter().filter(fits).cloned().collect();
    assert!(!wanted.is_empty());
    let (lowest, highest) = ("120", "160");
    let typed = Typed { lowest, highest, guests: "4", ..Typed::default() };
    assert_eq!(found(&site, typed).await, wanted);
    let none = Typed { guests: "99999999999999999999", ..Typed::default() };
    assert_eq!(found(&site, none).await, []);
}

#[tokio::test]
async fn a_place_is_not_found_for_a_night_that_is_booked_and_is_for_its_neighbours() {
    let site = Site::seeded(Part::Web).await;
    let all = found(&site, Typed::default()).await;
    let (card, begin) = (&all[0], today() + 30.days());
    let host = text(&site.storage.get(Class::Place, &card.id).await.unwrap().unwrap(), "user_id");
    let users = site.storage.list(Class::User).await.unwrap();
    let guest = users.iter().map(|user| text(user, "id")).find(|id| *id != host).unwrap();
    let stay = Stay { check_in: begin, check_out: begin + 2.days() };
    let booked = site.storage.book(&card.id, &guest, Wanted { stay, guests: 1, agreed: None }).await.unwrap();
    assert!(matches!(booked, Booked::Done { .. }));
    for (from, nights, free) in
        [(-1, 1, true), (-1, 2, false), (0, 1, false), (1, 1, false), (1, 5, false), (2, 1, true)]
    {
        let (check_in, check_out) = (begin + i64::from(from).days(), begin + i64::from(from + nights).days());
        let (check_in, check_out) = (check_in.to_string(), check_out.to_string());
        let typed = Typed { check_in: &check_in, check_out: &check_out, ..Typed::default() };
        let there = found(&site, typed).await;
        assert_eq!(there.contains(card), free, "{from} {nights}");
        assert_eq!(there.len(), if free { 164 } else { 163 });
    }
}

#[tokio::test]
async fn pages_of_a_search_follow_each_other() {
    let site = Site::seeded(Part::Web).await;
    let whole = found(&site, Typed::default()).await;
    let mut pages = Vec::new();
    for skipped in [0, 60, 120, 180] {
        let (total, cards) = site.storage.find(&Search::default(), skipped, 60).await.unwrap();
        assert_eq!(total, 164);
        pages.extend(cards);
    }
    assert_eq!(pages, whole);
}

/// More than a statement of either engine has room for.
const CITIES: usize = 70_000;

#[tokio::test]
async fn a_state_may_have_more_cities_than_a_statement_has_room_for() {
    let site = Site::empty(Part::Web).await;
    let row = |class, values: serde_json::Value| {
        let mut row = created(class, values.as_object().unwrap()).unwrap();
        let parents = ["state_id", "city_id", "user_id"].into_iter().filter(|name| values[name].is_string());
        row.extend(parents.map(|name| (name, values[name].clone())));
        row
    };
    let city =
        |n: usize| row(Class::City, json!({ "id": format!("c{n:05}"), "name": "Town", "state_id": "s" }));
    let place = |n: usize| {
        let (id, city) = (format!("p{n:05}"), format!("c{n:05}"));
        let price = if n == 0 { 2 } else { 1 };
        let about = json!({ "id": id, "name": id, "city_id": city, "user_id": "u", "price_by_night": price });
        row(Class::Place, about)
    };
    let ends = [0, CITIES / 2, CITIES - 1];
    let rows = [
        (Class::State, vec![row(Class::State, json!({ "id": "s", "name": "Texas" }))]),
        (Class::User, vec![row(Class::User, json!({ "id": "u", "email": "u@x", "password": "" }))]),
        // What is there first is not what is first.
        (Class::City, (0..CITIES).rev().map(city).collect()),
        (Class::Place, ends.map(place).to_vec()),
    ];
    site.storage.plant(&rows, &[]).await.unwrap();
    let ids = ends.map(|n| format!("p{n:05}"));
    let dearest_last = [1, 2, 0].map(|at| ids[at].clone());
    let wish = Wish { states: ["s".into()].into(), ..Wish::default() };
    let fitting = site.storage.rows(Class::Place, Which::Fitting(&wish), None).await.unwrap();
    assert_eq!(fitting.iter().map(|row| text(row, "id")).collect::<Vec<_>>(), ids);
    let named = |cards: Vec<Card>| cards.into_iter().map(|card| card.id).collect::<Vec<_>>();
    assert_eq!(named(site.storage.cards(&wish, 0, 9).await.unwrap()), ids);
    for name in ["texas", "town"] {
        assert_eq!(named(found(&site, Typed { place: name, ..Typed::default() }).await), dearest_last);
        let (total, one) =
            site.storage.find(&search(Typed { place: name, ..Typed::default() }), 1, 1).await.unwrap();
        assert_eq!((total, named(one)), (3, vec![dearest_last[1].clone()]));
    }
}
