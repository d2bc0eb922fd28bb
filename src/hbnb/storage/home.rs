//! What the pages ask: states with their cities, amenities, and a page of places.

use serde::Serialize;

use super::engine::Row;
use super::object::Which;
use super::search::Wish;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::Class;

/// An id with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The row's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A state with its cities, both by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateCities {
    /// The state's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its cities.
    pub cities: Vec<Named>,
}

/// What a page shows of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The place's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its description as it is stored; `<BR />` in it breaks lines.
    pub description: String,
    /// The name of its city.
    pub city: String,
    /// The name of its state.
    pub state: String,
    /// First and last name of its owner.
    pub owner: String,
    /// Dollars a night.
    pub price_by_night: i64,
    /// How many people may stay.
    pub max_guest: i64,
    /// Bedrooms.
    pub number_rooms: i64,
    /// Bathrooms.
    pub number_bathrooms: i64,
    /// How many reviews it has.
    pub reviews: i64,
    /// Its first picture; empty if it has none.
    pub cover: String,
}

const CARDS: &str = "SELECT places.id, places.name, places.description, c.name, s.name, u.first_name, u.last_name, \
     places.price_by_night, places.max_guest, places.number_rooms, places.number_bathrooms, \
     (SELECT COUNT(*) FROM reviews r WHERE r.place_id = places.id), \
     (SELECT f.id FROM pictures f WHERE f.place_id = places.id ORDER BY f.position, f.id LIMIT 1) \
     FROM places JOIN cities c ON c.id = places.city_id JOIN states s ON s.id = c.state_id \
     JOIN users u ON u.id = places.user_id";

impl Card {
    /// From a row of [`CARDS`].
    fn read(row: Row<'_>) -> Result<Self, sqlx::Error> {
        let number = |at| Ok::<_, sqlx::Error>(row.integer(at)?.unwrap_or_default());
        let owner = format!("{} {}", row.word(5)?, row.word(6)?);
        Ok(Self {
            id: row.word(0)?,
            name: row.word(1)?,
            description: row.word(2)?,
            city: row.word(3)?,
            state: row.word(4)?,
            owner: owner.trim().to_string(),
            price_by_night: number(7)?,
            max_guest: number(8)?,
            number_rooms: number(9)?,
            number_bathrooms: number(10)?,
            reviews: number(11)?,
            cover: row.word(12)?,
        })
    }
}

impl Storage {
    /// Every state with its cities, both by name.
    pub async fn states(&self) -> Result<Vec<StateCities>, Error> {
        let statement = Statement::new(
            "SELECT s.id, s.name, c.id, c.name FROM states s LEFT JOIN cities c ON c.state_id = s.id \
             ORDER BY s.name, s.id, c.name, c.id",
        );
        let read = |row: Row<'_>| {
            let city = row.text(2)?.map(str::to_string);
            let city = city.map(|id| Ok::<_, sqlx::Error>(Named { id, name: row.word(3)? })).transpose()?;
            Ok((row.word(0)?, row.word(1)?, city))
        };
        let mut states: Vec<StateCities> = Vec::new();
        for (id, name, city) in self.fetch(&statement, read).await? {
            if states.last().is_none_or(|last| last.id != id) {
                states.push(StateCities { id, name, cities: Vec::new() });
            }
            if let Some(state) = states.last_mut() {
                state.cities.extend(city);
            }
        }
        Ok(states)
    }

    /// Every amenity, by name.
    pub async fn amenities(&self) -> Result<Vec<Named>, Error> {
        let statement = Statement::new("SELECT id, name FROM amenities ORDER BY name, id");
        self.fetch(&statement, |row| Ok(Named { id: row.word(0)?, name: row.word(1)? })).await
    }

    /// How many places fit the wish.
    pub async fn fitting(&self, wish: &Wish) -> Result<i64, Error> {
        self.count(Class::Place, Which::Fitting(wish)).await
    }

    /// At most `count` of the places that fit the wish, by name, after the first `skipped`.
    pub async fn cards(&self, wish: &Wish, skipped: i64, count: i64) -> Result<Vec<Card>, Error> {
        let mut statement = Statement::new(CARDS);
        let order = self.order(wish).await?;
        self.narrow(&mut statement, wish, &order).await?;
        statement.push(" ORDER BY places.name, places.id LIMIT ").value(count);
        statement.push(" OFFSET ").value(skipped);
        self.fetch(&statement, Card::read).await
    }

    /// The places with these ids, in their order; those that do not exist are left out.
    pub(super) async fn cards_of(&self, ids: &[String]) -> Result<Vec<Card>, Error> {
        let mut statement = Statement::new(CARDS);
        statement.push(" WHERE places.id IN ").list(ids);
        let mut cards = self.fetch(&statement, Card::read).await?;
        cards.sort_by_key(|card| ids.iter().position(|id| *id == card.id));
        Ok(cards)
    }
}
