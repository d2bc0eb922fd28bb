//! The storage itself, as the API uses it.

use super::Site;
use super::guest::text;
use deployer::hbnb::Part;
use deployer::hbnb::booking::today;
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::storage::link::Linked;
use deployer::hbnb::storage::listing::Deleted;
use deployer::hbnb::storage::object::{Page, Which};
use deployer::hbnb::storage::picture::Added;
use deployer::hbnb::storage::search::Wish;
use deployer::hbnb::storage::{Error, Storage};
use tokio::task::JoinSet;

fn ids(rows: &[Values]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

async fn first(storage: &Storage, class: Class) -> String {
    ids(&storage.list(class).await.unwrap())[0].to_string()
}

#[tokio::test]
async fn a_place_and_an_amenity_are_linked_once_and_unlinked_once() {
    let site = Site::seeded(Part::Api).await;
    let storage = &site.storage;
    let place = first(storage, Class::Place).await;
    let offered = storage.rows(Class::Amenity, Which::OfferedBy(&place), None).await.unwrap();
    let all = storage.list(Class::Amenity).await.unwrap();
    let other = ids(&all).into_iter().find(|id| !ids(&offered).contains(id)).unwrap();
    assert_eq!(storage.link(&place, other).await.unwrap(), Linked::Newly);
    assert_eq!(storage.link(&place, other).await.unwrap(), Linked::Already);
    let count = storage.count(Class::Amenity, Which::OfferedBy(&place)).await.unwrap();
    assert_eq!(count, offered.len() as i64 + 1);
    assert!(storage.unlink(&place, other).await.unwrap());
    assert!(!storage.unlink(&place, other).await.unwrap());
    assert_eq!(storage.rows(Class::Amenity, Which::OfferedBy(&place), None).await.unwrap(), offered);
    for (place, amenity) in [(&*place, "none"), ("none", other)] {
        assert!(matches!(storage.link(place, amenity).await, Err(Error::NoParent)));
    }
}

#[tokio::test]
async fn pages_of_a_list_follow_each_other() {
    let site = Site::seeded(Part::Api).await;
    let whole = site.storage.list(Class::Place).await.unwrap();
    let mut pages = Vec::new();
    for skipped in [0, 60, 120, 180] {
        let page = Some(Page { skipped, count: 60 });
        pages.extend(site.storage.rows(Class::Place, Which::All, page).await.unwrap());
    }
    assert_eq!(pages, whole);
}

#[tokio::test]
async fn a_wish_is_a_union_of_places_that_offer_everything() {
    let site = Site::seeded(Part::Api).await;
    let storage = &site.storage;
    let (state, other) = (first(storage, Class::State).await, storage.list(Class::City).await.unwrap());
    let other = other.last().unwrap()["id"].as_str().unwrap().to_string();
    let place = first(storage, Class::Place).await;
    let offered = storage.rows(Class::Amenity, Which::OfferedBy(&place), None).await.unwrap();
    let own = |ids: &[&str]| ids.iter().map(|id| id.to_string()).collect();
    let amenities: Vec<_> = ids(&offered)[..3].to_vec();
    let found = async |wish: Wish| {
        let found = storage.rows(Class::Place, Which::Fitting(&wish), None).await.unwrap();
        assert_eq!(storage.count(Class::Place, Which::Fitting(&wish)).await.unwrap(), found.len() as i64);
        let page = Some(Page { skipped: 0, count: 1000 });
        assert_eq!(storage.rows(Class::Place, Which::Fitting(&wish), page).await.unwrap(), found);
        ids(&found).into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found(Wish::default()).await.len(), 164);
    let mut expected = Vec::new();
    for city in storage.list_of(Class::City, "state_id", &state).await.unwrap() {
        let city = city["id"].as_str().unwrap();
        expected.extend(storage.list_of(Class::Place, "city_id", city).await.unwrap());
    }
    let in_state = expected.len();
    expected.extend(storage.list_of(Class::Place, "city_id", &other).await.unwrap());
    let mut expected: Vec<_> = ids(&expected).into_iter().map(str::to_string).collect();
    let places = Wish { states: own(&[&state, "none"]), cities: own(&[&other]), ..Wish::default() };
    let mut both = found(places.clone()).await;
    both.sort();
    expected.sort();
    assert_eq!(both, expected);
    assert!(in_state > 0 && in_state < both.len());
    let with = found(Wish { amenities: own(&amenities), ..places.clone() }).await;
    assert!(with.contains(&place) && with.len() < both.len(), "{with:?}");
    let anywhere = found(Wish { amenities: own(&amenities), ..Wish::default() }).await;
    assert!(with.iter().all(|id| anywhere.contains(id)) && anywhere.len() > with.len());
    let unknown = Wish { amenities: own(&[amenities[0], "none"]), ..places };
    assert_eq!(found(unknown).await, Vec::<String>::new());
    let many = (0..40_000).map(|n| n.to_string()).chain([state]).collect();
    assert_eq!(found(Wish { states: many, ..Wish::default() }).await.len(), in_state);
    let many = (0..40_000).map(|n| n.to_string()).collect();
    assert_eq!(found(Wish { amenities: many, ..Wish::default() }).await, Vec::<String>::new());
    let all = storage.list(Class::Amenity).await.unwrap();
    let all = Wish { amenities: own(&ids(&all)), ..Wish::default() };
    assert_eq!(found(all).await, Vec::<String>::new());
}

/// Deletes a row while pictures are added to a place that belongs to it: every picture that was added is named.
async fn deleted_amid_uploads(site: &Site, place: &str, deleted: impl Future<Output = Vec<String>>) {
    let mut adding = JoinSet::new();
    for at in 0..40 {
        let (storage, place) = (site.storage.clone(), place.to_string());
        adding.spawn(async move {
            let id = format!("picture {at} of {place}");
            let added = storage.add_picture(&place, &id, 40).await.unwrap();
            (added == Added::Done).then_some(id)
        });
    }
    let first = adding.join_next().await.unwrap().unwrap();
    let mut named = deleted.await;
    let mut added: Vec<_> = adding.join_all().await.into_iter().chain([first]).flatten().collect();
    named.sort();
    added.sort();
    assert_eq!(named, added);
}

#[tokio::test]
async fn a_picture_that_comes_while_its_place_is_deleted_is_named_or_not_added() {
    let site = Site::seeded(Part::Api).await;
    let storage = &site.storage;
    for class in [Class::Place, Class::City, Class::State, Class::User] {
        let place = storage.list(Class::Place).await.unwrap().remove(0);
        let city = storage.get(Class::City, &text(&place, "city_id")).await.unwrap().unwrap();
        let id = match class {
            Class::City => text(&city, "id"),
            Class::State => text(&city, "state_id"),
            Class::User => text(&place, "user_id"),
            _ => text(&place, "id"),
        };
        let deleted = async { storage.delete(class, &id).await.unwrap().unwrap() };
        deleted_amid_uploads(&site, &text(&place, "id"), deleted).await;
    }
    let place = storage.list(Class::Place).await.unwrap().remove(0);
    let (id, host) = (text(&place, "id"), text(&place, "user_id"));
    let deleted = async {
        match storage.delete_listing(&id, &host, today()).await.unwrap() {
            Deleted::Done(pictures) => pictures,
            other => panic!("{other:?}"),
        }
    };
    deleted_amid_uploads(&site, &id, deleted).await;
}
