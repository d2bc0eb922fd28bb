//! What a server of MySQL or MariaDB expects to find, so that what is rare is looked for first.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::mysql::MySqlRow;

use super::engine::{Pool, Row};
use super::statement::Statement;
use super::{Error, Storage};

/// In which order amenities are best looked for in a place, and how.
pub(super) struct Order {
    /// The amenities; the rarest first if that is known.
    pub amenities: Vec<String>,
    /// Words behind `place_amenity`: the index in which the places of one amenity lie side by side. The primary key, which
    /// the server prefers, holds them a whole page apart from each other.
    pub index: String,
}

impl Storage {
    /// Rarity is what the server would estimate if it were asked for each amenity's places, which takes it no more than a few
    /// looks into the index. SQLite does not say such things, nor does a server whose answer is written otherwise: then
    /// the order is the given one.
    pub(super) async fn rarest_first(&self, amenities: BTreeSet<String>) -> Result<Order, Error> {
        let mut question = Statement::default();
        let mut word = "EXPLAIN ";
        for amenity in &amenities {
            question.push(word).push("SELECT 1 FROM place_amenity WHERE amenity_id = ").value(amenity);
            word = " UNION ALL ";
        }
        let told = match self.pool {
            Pool::MySql(_) if !amenities.is_empty() => {
                self.fetch(&question, |row| Ok(estimate(&row))).await?
            }
            _ => Vec::new(),
        };
        let told: Option<Vec<_>> = told.into_iter().take(amenities.len()).collect();
        let Some(told) = told.filter(|told| told.len() == amenities.len()) else {
            return Ok(Order { amenities: amenities.into_iter().collect(), index: String::new() });
        };
        let index = told.first().map(|(_, index)| index.replace('`', "``")).unwrap_or_default();
        let mut all: Vec<_> = told.into_iter().map(|(rows, _)| rows).zip(amenities).collect();
        all.sort();
        let amenities = all.into_iter().map(|(_, amenity)| amenity).collect();
        Ok(Order { amenities, index: format!(" FORCE INDEX (`{index}`)") })
    }
}

/// How many rows a line of the answer speaks of, and by which index they would be found.
fn estimate(row: &Row<'_>) -> Option<(u64, String)> {
    let Row::MySql(row) = row else { return None };
    Some((rows(row)?, row.try_get("key").ok()?))
}

/// MySQL says the number as one, MariaDB as text.
fn rows(row: &MySqlRow) -> Option<u64> {
    let signed = || u64::try_from(row.try_get::<i64, _>("rows").ok()?).ok();
    let text = || row.try_get::<String, _>("rows").ok()?.parse().ok();
    row.try_get("rows").ok().or_else(signed).or_else(text)
}
