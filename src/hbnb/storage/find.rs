//! Places that a guest looks for: by where, when, for how many and for how much.

use super::engine::Row;
use super::home::Card;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::booking::Search;

/// The most places that one search lists; who finds more asks more precisely.
pub const MOST: i64 = 1000;
/// So many cities are looked in at most; statements of SQLite have room for 32,766 values.
const CITIES: usize = 30_000;

impl Storage {
    /// How many places fit, at most one more than [`MOST`], and at most `count` of them after the first `skipped`, cheapest
    /// first. Time grows with the places of the cities that are meant, or without any with those in the range of prices, up
    /// to [`MOST`] of those that fit.
    pub async fn find(&self, search: &Search, skipped: i64, count: i64) -> Result<(i64, Vec<Card>), Error> {
        let wanted = self.condition(search).await?;
        let Some((words, order)) = wanted else { return Ok((0, Vec::new())) };
        let mut all = Statement::new("SELECT COUNT(*) FROM (SELECT 1 FROM places");
        all.add(&words).push(" LIMIT ").value(MOST + 1).push(") AS found");
        let total = self.fetch_one(&all, |row| Ok(row.integer(0)?.unwrap_or_default())).await?;
        let mut some = Statement::new("SELECT places.id FROM places");
        some.add(&words).push(order).push(" LIMIT ").value(count).push(" OFFSET ").value(skipped);
        let ids = self.fetch(&some, |row| row.word(0)).await?;
        Ok((total, self.cards_of(&ids).await?))
    }

    /// `WHERE` and `ORDER BY`; [`None`] if no city is meant.
    async fn condition(&self, search: &Search) -> Result<Option<(Statement, &'static str)>, Error> {
        let mut words = Statement::new(" WHERE places.max_guest >= ");
        // A place that says nothing takes one.
        words.value(search.guests.filter(|guests| *guests > 1).unwrap_or(i64::from(i32::MIN)));
        // What cannot be paid cannot be booked.
        words.push(" AND places.price_by_night >= ").value(search.lowest.unwrap_or_default());
        if let Some(highest) = search.highest {
            words.push(" AND places.price_by_night <= ").value(highest);
        }
        let mut order = " ORDER BY places.price_by_night, places.max_guest, places.id";
        if !search.words.is_empty() {
            let cities = self.meant(search).await?;
            if cities.is_empty() {
                return Ok(None);
            }
            words.push(" AND places.city_id IN ").list(&cities);
            // Sorting the places of a few cities is less than walking along the prices of all: the sum keeps the engines
            // from doing so.
            order = " ORDER BY places.price_by_night + 0, places.max_guest, places.id";
        }
        if let Some(stay) = search.stay {
            words.push(
                " AND NOT EXISTS (SELECT 1 FROM booked_nights n WHERE n.place_id = places.id AND n.night >= ",
            );
            words
                .value(&stay.check_in.to_string())
                .push(" AND n.night < ")
                .value(&stay.check_out.to_string());
            words.push(")");
        }
        Ok(Some((words, order)))
    }

    /// The cities that are meant. There are few beside places, and databases differ in what they take for the same letter.
    async fn meant(&self, search: &Search) -> Result<Vec<String>, Error> {
        let statement =
            Statement::new("SELECT c.id, c.name, s.name FROM cities c JOIN states s ON s.id = c.state_id");
        let read = |row: Row<'_>| {
            let meant = search.means(row.text(1)?.unwrap_or_default(), row.text(2)?.unwrap_or_default());
            meant.then(|| row.word(0)).transpose()
        };
        let found = self.fetch(&statement, read).await?;
        Ok(found.into_iter().flatten().take(CITIES).collect())
    }
}
