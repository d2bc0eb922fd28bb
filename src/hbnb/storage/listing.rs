//! What a host offers: the own places, each with its city, its facts and what comes with it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::engine::{Row, Work};
use super::home::Card;
use super::object::{insert_links, insert_many};
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::{Class, Values, now};

/// The most places of one list.
const PLACES: i64 = 200;

/// What a host says about a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What it is called.
    pub name: String,
    /// The city's id.
    pub city: String,
    /// As it is stored: `<BR />` breaks lines.
    pub description: String,
    /// How many people may stay.
    pub max_guest: i64,
    /// Bedrooms.
    pub number_rooms: i64,
    /// Bathrooms.
    pub number_bathrooms: i64,
    /// Dollars a night.
    pub price_by_night: i64,
    /// The ids of what comes with it.
    pub amenities: BTreeSet<String>,
}

/// What became of a wish to delete a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone, with its past bookings, reviews and the rows of pictures with these ids.
    Done(Vec<String>),
    /// It is not: guests have booked it.
    Booked,
    /// The host has no such place.
    Unknown,
}

impl Storage {
    /// A host's places, newest first; at most 200.
    pub async fn listings(&self, host: &str) -> Result<Vec<Card>, Error> {
        let words = "SELECT id FROM places WHERE user_id = ? ORDER BY created_at DESC, id LIMIT ?";
        let ids = self.fetch(&Statement::new(words).with(host).with(PLACES), |row| row.word(0)).await?;
        self.cards_of(&ids).await
    }

    /// The place with this id, if it is this host's.
    pub async fn listing(&self, id: &str, host: &str) -> Result<Option<Listing>, Error> {
        let found = Statement::new(
            "SELECT name, city_id, description, max_guest, number_rooms, number_bathrooms, price_by_night \
             FROM places WHERE id = ? AND user_id = ?",
        );
        let Some(found) = self.fetch(&found.with(id).with(host), read).await?.pop() else { return Ok(None) };
        let links = Statement::new("SELECT amenity_id FROM place_amenity WHERE place_id = ?").with(id);
        let amenities = self.fetch(&links, |row| row.word(0)).await?.into_iter().collect();
        Ok(Some(Listing { amenities, ..found }))
    }

    /// Adds a place of the host with a new id. Errors: [`Error::NoParent`] if the city, the host or an amenity is not there
    /// (any more).
    pub async fn add_listing(&self, id: &str, host: &str, listing: &Listing) -> Result<(), Error> {
        self.in_turn(|| async {
            let mut all = self.begin().await?;
            let moment = Value::from(now());
            let row = Values::from([
                ("id", Value::from(id)),
                ("created_at", moment.clone()),
                ("updated_at", moment),
                ("city_id", Value::from(&*listing.city)),
                ("user_id", Value::from(host)),
                ("name", Value::from(&*listing.name)),
                ("description", Value::from(&*listing.description)),
                ("max_guest", Value::from(listing.max_guest)),
                ("number_rooms", Value::from(listing.number_rooms)),
                ("number_bathrooms", Value::from(listing.number_bathrooms)),
                ("price_by_night", Value::from(listing.price_by_night)),
            ]);
            insert_many(all.session(), Class::Place, &[&row]).await.map_err(|e| self.explain(e))?;
            self.offer_with(all, id, &listing.amenities).await
        })
        .await
    }

    /// Changes a place if it is this host's; false if it is not. Errors: as of [`Storage::add_listing`].
    pub async fn change_listing(&self, id: &str, host: &str, listing: &Listing) -> Result<bool, Error> {
        self.in_turn(|| async {
            let mut all = self.begin().await?;
            let change = Statement::new(
                "UPDATE places SET updated_at = ?, city_id = ?, name = ?, description = ?, max_guest = ?, \
             number_rooms = ?, number_bathrooms = ?, price_by_night = ? WHERE id = ? AND user_id = ?",
            );
            let change = change.with(&now().replacen('T', " ", 1)).with(&listing.city).with(&listing.name);
            let change = change.with(&listing.description).with(listing.max_guest).with(listing.number_rooms);
            let change =
                change.with(listing.number_bathrooms).with(listing.price_by_night).with(id).with(host);
            if all.session().execute(&change).await.map_err(|e| self.explain(e))? == 0 {
                return Ok(false);
            }
            let none = Statement::new("DELETE FROM place_amenity WHERE place_id = ?").with(id);
            all.session().execute(&none).await.map_err(|e| self.explain(e))?;
            self.offer_with(all, id, &listing.amenities).await?;
            Ok(true)
        })
        .await
    }

    /// Links the place, which has no links, and makes all of it last.
    async fn offer_with(&self, mut all: Work, id: &str, amenities: &BTreeSet<String>) -> Result<(), Error> {
        let links: Vec<_> = amenities.iter().map(|amenity| (id.to_string(), amenity.clone())).collect();
        insert_links(all.session(), &links).await.map_err(|e| self.explain(e))?;
        all.commit().await.map_err(|e| self.explain(e))
    }

    /// Deletes a host's place, unless a stay there that is not over on `today` is booked.
    pub async fn delete_listing(
        &self,
        id: &str,
        host: &str,
        today: jiff::civil::Date,
    ) -> Result<Deleted, Error> {
        self.in_turn(|| async {
            let mut all = self.begin().await?;
            if self.hold(&mut all, id).await?.is_none_or(|offer| offer.host != host) {
                return Ok(Deleted::Unknown);
            }
            let ahead = Statement::new(
                "SELECT place_id FROM booked_nights WHERE place_id = ? AND night >= ? LIMIT 1",
            );
            let ahead = all.session().fetch(&ahead.with(id).with(&today.to_string())).await;
            if !ahead.and_then(|rows| rows.map(|row| row.word(0))).map_err(|e| self.explain(e))?.is_empty() {
                return Ok(Deleted::Booked);
            }
            let Some(pictures) = self.delete_within(&mut all, Class::Place, id).await? else {
                return Ok(Deleted::Unknown);
            };
            all.commit().await.map_err(|e| self.explain(e))?;
            Ok(Deleted::Done(pictures))
        })
        .await
    }
}

fn read(row: Row<'_>) -> Result<Listing, sqlx::Error> {
    let number = |at| Ok::<_, sqlx::Error>(row.integer(at)?.unwrap_or_default());
    Ok(Listing {
        name: row.word(0)?,
        city: row.word(1)?,
        description: row.word(2)?,
        max_guest: number(3)?,
        number_rooms: number(4)?,
        number_bathrooms: number(5)?,
        price_by_night: number(6)?,
        amenities: BTreeSet::new(),
    })
}
