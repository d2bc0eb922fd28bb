//! Places that a guest looks for: by where, when, for how many and for how much.

use super::engine::Row;
use super::home::Card;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::booking::Search;

/// The most places that one search lists; who finds more asks more precisely.
pub const MOST: i64 = 1000;
/// So many cities are looked in at once; statements of SQLite have room for 32,766 values.
const CITIES: usize = 10_000;

impl Storage {
    /// How many places fit, at most one more than [`MOST`], and at most `count` of them after the first `skipped`, cheapest
    /// first. Time grows with the places of the cities that are meant, or without any with those in the range of prices, up
    /// to [`MOST`] of those that fit.
    pub async fn find(&self, search: &Search, skipped: i64, count: i64) -> Result<(i64, Vec<Card>), Error> {
        let meant = if search.words.is_empty() { None } else { Some(self.meant(search).await?) };
        let parts: Vec<Option<&[String]>> = match &meant {
            Some(cities) => cities.chunks(CITIES).map(Some).collect(),
            None => vec![None],
        };
        let (mut total, mut found) = (0, Vec::new());
        for cities in parts {
            let words = condition(search, cities);
            let mut all = Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM places");
            all.add(&words).push(" LIMIT ").value(MOST + 1).push(") AS found");
            total += self.fetch_one(&all, |row| Ok(row.integer(0)?.unwrap_or_default())).await?;
            let mut some =
                Statement::new("SELECT places.price_by_night, places.max_guest, places.id FROM places");
            some.add(&words).push(order(cities)).push(" LIMIT ").value(skipped + count);
            let read = |row: Row<'_>| Ok((row.integer(0)?, row.integer(1)?, row.word(2)?));
            found.extend(self.fetch(&some, read).await?);
        }
        // Each part is in order, and the parts are the same for every page; among equals it stays so.
        found.sort_by_key(|(price, guests, _)| (*price, *guests));
        let [skipped, count] = [skipped, count].map(|number| usize::try_from(number).unwrap_or_default());
        let ids: Vec<String> = found.into_iter().skip(skipped).take(count).map(|(.., id)| id).collect();
        Ok((total.min(MOST + 1), self.cards_of(&ids).await?))
    }

    /// The cities that are meant, by id. There are few beside places, and databases differ in what they take for the same letter.
    async fn meant(&self, search: &Search) -> Result<Vec<String>, Error> {
        let statement =
            Statement::new("SELECT c.id, c.name, s.name FROM cities c JOIN states s ON s.id = c.state_id");
        let read = |row: Row<'_>| {
            let meant = search.means(row.text(1)?.unwrap_or_default(), row.text(2)?.unwrap_or_default());
            meant.then(|| row.word(0)).transpose()
        };
        let found = self.fetch(&statement, read).await?;
        let mut meant: Vec<String> = found.into_iter().flatten().collect();
        meant.sort();
        Ok(meant)
    }
}

/// `WHERE`, in these cities or anywhere.
fn condition(search: &Search, cities: Option<&[String]>) -> Statement {
    let mut words = Statement::new(" WHERE places.max_guest >= ");
    // A place that says nothing takes one.
    words.value(search.guests.filter(|guests| *guests > 1).unwrap_or(i64::from(i32::MIN)));
    // What cannot be paid cannot be booked.
    words.push(" AND places.price_by_night >= ").value(search.lowest.unwrap_or_default());
    if let Some(highest) = search.highest {
        words.push(" AND places.price_by_night <= ").value(highest);
    }
    if let Some(cities) = cities {
        words.push(" AND places.city_id IN ").list(cities);
    }
    if let Some(stay) = search.stay {
        let (from, to) = (stay.check_in.to_string(), stay.check_out.to_string());
        words.push(" AND NOT EXISTS (SELECT 1 FROM booked_nights n WHERE n.place_id = places.id");
        words.push(" AND n.night >= ").value(&from).push(" AND n.night < ").value(&to).push(")");
    }
    words
}

/// Cheapest first. Sorting the places of a few cities is less than walking along the prices of all: the sum keeps the engines
/// from doing so.
fn order(cities: Option<&[String]>) -> &'static str {
    match cities {
        Some(_) => " ORDER BY places.price_by_night + 0, places.max_guest, places.id",
        None => " ORDER BY places.price_by_night, places.max_guest, places.id",
    }
}
