//! What the pages ask: states with their cities, amenities, and a page of places.

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::search::Wish;
use super::{Error, Storage};

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
}

impl FromRow<'_, SqliteRow> for Card {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let text =
            |name: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<String>, _>(name)?.unwrap_or_default());
        let owner = format!("{} {}", text("first_name")?, text("last_name")?);
        Ok(Self {
            id: text("id")?,
            name: text("name")?,
            description: text("description")?,
            city: text("city")?,
            state: text("state")?,
            owner: owner.trim().to_string(),
            price_by_night: row.try_get("price_by_night")?,
            max_guest: row.try_get("max_guest")?,
            number_rooms: row.try_get("number_rooms")?,
            number_bathrooms: row.try_get("number_bathrooms")?,
            reviews: row.try_get("reviews")?,
        })
    }
}

const CARDS: &str = "SELECT p.id, p.name, p.description, c.name AS city, s.name AS state, u.first_name, u.last_name, \
     p.price_by_night, p.max_guest, p.number_rooms, p.number_bathrooms, \
     (SELECT COUNT(*) FROM reviews r WHERE r.place_id = p.id) AS reviews \
     FROM places p JOIN cities c ON c.id = p.city_id JOIN states s ON s.id = c.state_id \
     JOIN users u ON u.id = p.user_id";

impl Storage {
    /// Every state with its cities, by name.
    pub async fn states(&self) -> Result<Vec<StateCities>, Error> {
        let rows: Vec<(String, String, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT s.id, s.name, c.id, c.name FROM states s LEFT JOIN cities c ON c.state_id = s.id \
             ORDER BY s.name, s.id, c.name, c.id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.explain(e))?;
        let mut states: Vec<StateCities> = Vec::new();
        for (id, name, city, city_name) in rows {
            if states.last().is_none_or(|last| last.id != id) {
                states.push(StateCities { id, name, cities: Vec::new() });
            }
            if let (Some(state), Some(id), Some(name)) = (states.last_mut(), city, city_name) {
                state.cities.push(Named { id, name });
            }
        }
        Ok(states)
    }

    /// Every amenity, by name.
    pub async fn amenities(&self) -> Result<Vec<Named>, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT id, name FROM amenities ORDER BY name, id")
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.explain(e))?;
        Ok(rows.into_iter().map(|(id, name)| Named { id, name }).collect())
    }

    /// How many places fit the wish.
    pub async fn fitting(&self, wish: &Wish) -> Result<i64, Error> {
        let mut text = wish.after("SELECT COUNT(*) FROM places p JOIN cities c ON c.id = p.city_id");
        text.build_query_scalar().fetch_one(&self.pool).await.map_err(|e| self.explain(e))
    }

    /// At most `count` of the places that fit the wish, by name, after the first `skipped`.
    pub async fn cards(&self, wish: &Wish, skipped: i64, count: i64) -> Result<Vec<Card>, Error> {
        let mut text = wish.after(CARDS);
        text.push(" ORDER BY p.name, p.id LIMIT ").push_bind(count).push(" OFFSET ").push_bind(skipped);
        text.build_query_as().fetch_all(&self.pool).await.map_err(|e| self.explain(e))
    }
}
