//! Demonstration data of our own, always the same: ids, moments and all.

mod amenity;
mod geography;
mod people;
mod phrase;

use std::fmt;

use jiff::ToSpan;
use jiff::civil::date;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::model::{Class, Values};
use super::password::NOBODYS;
use super::storage::{Error, Storage};
use amenity::AMENITIES;
use geography::STATES;
use people::PEOPLE;
use phrase::{DETAILS, ENDINGS, KINDS, NAMES, NOTES, OPENINGS, SPOTS};

/// Places of each city.
const PLACES_PER_CITY: usize = 4;

/// What was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts(Vec<(Class, usize)>);

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(c, n)| format!("{n} {}", c.table())).collect();
        f.write_str(&parts.join(", "))
    }
}

/// Adds the data in one transaction, unless it is there. It counts as there while any of its users is, so that what was
/// changed or deleted since stays as it is. Errors: those of the database.
pub async fn plant(storage: &Storage) -> Result<Option<Counts>, Error> {
    if is_planted(storage).await? {
        return Ok(None);
    }
    let data = data();
    let planted = storage.plant(&data.rows, &data.links).await?;
    Ok(planted.then(|| Counts(data.rows.iter().map(|(class, rows)| (*class, rows.len())).collect())))
}

/// Whether the data is there; changes nothing. Errors: those of the database.
pub async fn is_planted(storage: &Storage) -> Result<bool, Error> {
    let ids: Vec<String> = (0..PEOPLE.len()).map(|n| id(Class::User, n)).collect();
    storage.any(Class::User, &ids).await
}

/// All rows, parents before children and users first, and which place offers which amenity.
struct Data {
    rows: Vec<(Class, Vec<Values>)>,
    links: Vec<(String, String)>,
}

fn data() -> Data {
    let named = |class, name: &str, at| row(class, at, [("name", json!(name))]);
    let users = (0..PEOPLE.len()).map(user).collect();
    let states = STATES.iter().enumerate().map(|(at, (name, _))| named(Class::State, name, at)).collect();
    let amenities = AMENITIES.iter().enumerate().map(|(at, name)| named(Class::Amenity, name, at)).collect();
    let (mut cities, mut places, mut reviews, mut links) = (vec![], vec![], vec![], vec![]);
    for (state, (_, own)) in STATES.iter().enumerate() {
        for city in *own {
            let number = cities.len();
            cities.push(row(
                Class::City,
                number,
                [("state_id", json!(id(Class::State, state))), ("name", json!(city.0))],
            ));
            for _ in 0..PLACES_PER_CITY {
                let place_number = places.len();
                places.push(place(place_number, number, city));
                links.extend(offered(place_number));
                for _ in 0..(place_number * 5 + 2) % 8 {
                    reviews.push(review(reviews.len(), place_number));
                }
            }
        }
    }
    let rows = vec![
        (Class::User, users),
        (Class::State, states),
        (Class::City, cities),
        (Class::Amenity, amenities),
        (Class::Place, places),
        (Class::Review, reviews),
    ];
    Data { rows, links }
}

/// A row with the id and moments that belong to number `at` of its class.
fn row<const N: usize>(class: Class, at: usize, own: [(&'static str, Value); N]) -> Values {
    let moment = date(2024, 3, 1).at(9, 0, 0, 0) + (at as i64 * 7).hours();
    let moment = json!(moment.strftime("%Y-%m-%dT%H:%M:%S.000000").to_string());
    let common = [("id", json!(id(class, at))), ("created_at", moment.clone()), ("updated_at", moment)];
    common.into_iter().chain(own).collect()
}

/// The id of number `at` of a class: a version 4 UUID whose chance comes from its name.
fn id(class: Class, at: usize) -> String {
    let digest = Sha256::digest(format!("hbnb demonstration {} {at}", class.name()));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

fn user(at: usize) -> Values {
    let (first, last) = PEOPLE[at];
    row(
        Class::User,
        at,
        [
            ("email", json!(format!("guest{:02}@hbnb.example", at + 1))),
            ("password", json!(NOBODYS)),
            ("first_name", json!(first)),
            ("last_name", json!(last)),
        ],
    )
}

fn place(at: usize, city: usize, (_, latitude, longitude): &geography::City) -> Values {
    let (kind, rooms, about) = KINDS[at % KINDS.len()];
    let (spot, around) = SPOTS[(at * 3 + city) % SPOTS.len()];
    let called = NAMES[at * 3 % NAMES.len()];
    let note = NOTES[(at + city) % NOTES.len()];
    // A few streets around the middle of the city.
    let shift = |step: usize| ((at * step) % 41) as f64 * 0.001 - 0.02;
    let price = 45 + rooms * 38 + (at as i32 * 13) % 60;
    row(
        Class::Place,
        at,
        [
            ("city_id", json!(id(Class::City, city))),
            ("user_id", json!(id(Class::User, (at * 7) % PEOPLE.len()))),
            ("name", json!(format!("{called} {kind} {spot}"))),
            ("description", json!(format!("{about} {around}<BR />{note}"))),
            ("number_rooms", json!(rooms)),
            ("number_bathrooms", json!(1 + rooms / 3)),
            ("max_guest", json!(rooms * 2)),
            ("price_by_night", json!(price)),
            ("latitude", json!(thousandths(latitude + shift(17)))),
            ("longitude", json!(thousandths(longitude + shift(23)))),
        ],
    )
}

fn thousandths(degrees: f64) -> f64 {
    (degrees * 1000.0).round() / 1000.0
}

/// Between six and eleven amenities; the step is coprime to their number, so that none comes twice.
fn offered(place: usize) -> impl Iterator<Item = (String, String)> {
    let link =
        move |n: usize| (id(Class::Place, place), id(Class::Amenity, (place * 5 + n * 7) % AMENITIES.len()));
    (0..6 + place % 6).map(link)
}

fn review(at: usize, place: usize) -> Values {
    // The three lists have no common divisor in length, so that words repeat only after a thousand reviews.
    let text = format!(
        "{} {} {}",
        OPENINGS[at % OPENINGS.len()],
        DETAILS[at * 5 % DETAILS.len()],
        ENDINGS[at * 3 % ENDINGS.len()]
    );
    row(
        Class::Review,
        at,
        [
            ("place_id", json!(id(Class::Place, place))),
            ("user_id", json!(id(Class::User, (at * 11 + 3) % PEOPLE.len()))),
            ("text", json!(text)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_demonstration_is_as_large_as_promised() {
        let data = data();
        let counts = Counts(data.rows.iter().map(|(class, rows)| (*class, rows.len())).collect());
        assert_eq!(
            counts.to_string(),
            "40 users, 12 states, 41 cities, 44 amenities, 164 places, 574 reviews"
        );
        let links: BTreeSet<_> = data.links.iter().collect();
        assert_eq!(links.len(), data.links.len());
    }

    #[test]
    fn no_two_places_have_the_same_name_and_no_two_reviews_the_same_words() {
        let data = data();
        for (class, column) in [(Class::Place, "name"), (Class::Review, "text")] {
            let rows = &data.rows.iter().find(|(c, _)| *c == class).unwrap().1;
            let texts: BTreeSet<_> = rows.iter().map(|row| row[column].as_str().unwrap()).collect();
            assert_eq!(texts.len(), rows.len(), "{}", class.table());
        }
    }
}
