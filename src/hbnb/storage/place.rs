//! What the page of one place shows.

use serde::Serialize;

use super::engine::Row;
use super::home::Card;
use super::statement::Statement;
use super::{Error, Storage};

/// The most reviews of one page.
const REVIEWS: i64 = 20;

/// A place with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Whole {
    /// The place itself.
    pub card: Card,
    /// The names of what it offers, in their order.
    pub amenities: Vec<String>,
    /// The latest reviews; the card says how many there are.
    pub reviews: Vec<Said>,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// First and last name of who wrote it.
    pub author: String,
    /// The date, `2026-12-31`.
    pub date: String,
    /// What was written.
    pub text: String,
}

impl Storage {
    /// The place with this id.
    pub async fn whole(&self, id: &str) -> Result<Option<Whole>, Error> {
        let Some(card) = self.cards_of(&[id.to_string()]).await?.pop() else { return Ok(None) };
        let amenities = Statement::new(
            "SELECT a.name FROM place_amenity l JOIN amenities a ON a.id = l.amenity_id WHERE l.place_id = ? \
             ORDER BY a.name, a.id",
        );
        let reviews = Statement::new(
            "SELECT u.first_name, u.last_name, CAST(r.created_at AS CHAR), r.text FROM reviews r \
             JOIN users u ON u.id = r.user_id WHERE r.place_id = ? ORDER BY r.created_at DESC, r.id LIMIT ?",
        );
        Ok(Some(Whole {
            card,
            amenities: self.fetch(&amenities.with(id), |row| row.word(0)).await?,
            reviews: self.fetch(&reviews.with(id).with(REVIEWS), read).await?,
        }))
    }
}

fn read(row: Row<'_>) -> Result<Said, sqlx::Error> {
    let author = format!("{} {}", row.word(0)?, row.word(1)?);
    let date = row.word(2)?.chars().take(10).collect();
    Ok(Said { author: author.trim().to_string(), date, text: row.word(3)? })
}
