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

/// What the server expects of one amenity.
struct Estimate {
    /// How many places offer it.
    places: u64,
    /// The index that finds one of them without a look at the others, if it is not the primary key.
    index: Option<String>,
}

impl Storage {
    /// Rarity is what the server would estimate if it were asked for each amenity's places, which takes it no more than a few
    /// looks into the index. SQLite does not say such things, nor does a server whose answer is written otherwise: then
    /// the order is the given one, and the index is left to the engine.
    pub(super) async fn rarest_first(&self, amenities: BTreeSet<String>) -> Result<Order, Error> {
        let told = self.estimates(&amenities).await?;
        let Some(told) = told.filter(|told| told.len() == amenities.len()) else {
            return Ok(Order { amenities: amenities.into_iter().collect(), index: String::new() });
        };
        let mut all: Vec<_> = told.into_iter().zip(amenities).collect();
        all.sort_by_key(|(estimate, _)| estimate.places);
        let index = all.first().and_then(|(rarest, _)| rarest.index.as_deref());
        let index =
            index.map_or_else(String::new, |name| format!(" FORCE INDEX (`{}`)", name.replace('`', "``")));
        Ok(Order { amenities: all.into_iter().map(|(_, amenity)| amenity).collect(), index })
    }

    /// One an amenity, in their order; none if the server says nothing that is understood.
    async fn estimates(&self, amenities: &BTreeSet<String>) -> Result<Option<Vec<Estimate>>, Error> {
        if amenities.is_empty() || matches!(self.pool, Pool::Sqlite(_)) {
            return Ok(None);
        }
        let mut question = Statement::default();
        let mut word = "EXPLAIN ";
        for amenity in amenities {
            // Every id is greater than nothing: asked so, an index shows whether it is in the order of the places, too.
            question.push(word).push("SELECT 1 FROM place_amenity WHERE amenity_id = ").value(amenity);
            question.push(" AND place_id > ''");
            word = " UNION ALL ";
        }
        match self.fetch(&question, |row| Ok(estimate(&row))).await {
            Ok(lines) => Ok(lines.into_iter().take(amenities.len()).collect()),
            Err(Error::Failed(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// <https://mariadb.com/kb/en/explain/>, <https://dev.mysql.com/doc/refman/8.4/en/explain-output.html>
fn estimate(row: &Row<'_>) -> Option<Estimate> {
    let Row::MySql(row) = row else { return None };
    let text = |name| row.try_get::<String, _>(name).ok();
    let index =
        text("key").filter(|key| key != "PRIMARY" && text("type").is_some_and(|kind| kind == "range"));
    Some(Estimate { places: rows(row)?, index })
}

/// MySQL says the number as one, MariaDB as text.
fn rows(row: &MySqlRow) -> Option<u64> {
    let signed = || u64::try_from(row.try_get::<i64, _>("rows").ok()?).ok();
    let text = || row.try_get::<String, _>("rows").ok()?.parse().ok();
    row.try_get("rows").ok().or_else(signed).or_else(text)
}
