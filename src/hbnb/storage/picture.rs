//! Which pictures a place has, in their order. Every change holds the place, so that changes at once come one by one.

use super::engine::Work;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::now;

/// What became of a wish to add a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is the last one now.
    Done,
    /// The place has as many as it may have.
    Full,
    /// There is no such place (any more).
    Unknown,
}

/// Where a picture goes among those of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Before all others: it is the cover.
    First,
    /// Before the one that is before it.
    Earlier,
    /// After the one that is after it.
    Later,
}

impl Storage {
    /// The ids of a place's pictures; the first is the cover.
    pub async fn pictures(&self, place: &str) -> Result<Vec<String>, Error> {
        self.fetch(&in_order(place), |row| row.word(0)).await
    }

    /// Whether a place has this picture.
    pub async fn has_picture(&self, id: &str) -> Result<bool, Error> {
        let statement = Statement::new("SELECT COUNT(*) FROM pictures WHERE id = ?").with(id);
        Ok(self.fetch_one(&statement, |row| row.integer(0)).await? > Some(0))
    }

    /// Adds a picture after the others, unless the place has `most`.
    pub async fn add_picture(&self, place: &str, id: &str, most: usize) -> Result<Added, Error> {
        self.in_turn(|| async {
            let explained = |cause| self.explain(cause);
            let mut all = self.begin().await?;
            if self.hold(&mut all, place).await?.is_none() {
                return Ok(Added::Unknown);
            }
            let present = self.held(&mut all, place).await?;
            if present.len() >= most {
                return Ok(Added::Full);
            }
            // Positions have gaps where pictures were deleted.
            let after = "SELECT COALESCE(MAX(position) + 1, 0) FROM pictures WHERE place_id = ?";
            let after = all.session().fetch(&Statement::new(after).with(place)).await;
            let position = after.and_then(|rows| rows.map(|row| row.integer(0))).map_err(explained)?.pop();
            let added = Statement::new(
                "INSERT INTO pictures (id, created_at, place_id, position) VALUES (?, ?, ?, ?)",
            );
            let added = added.with(id).with(&now().replacen('T', " ", 1)).with(place);
            let added = added.with(position.flatten().unwrap_or_default());
            all.session().execute(&added).await.map_err(explained)?;
            all.commit().await.map_err(explained)?;
            Ok(Added::Done)
        })
        .await
    }

    /// Takes a picture from a place; false if it has no such.
    pub async fn remove_picture(&self, place: &str, id: &str) -> Result<bool, Error> {
        let statement = Statement::new("DELETE FROM pictures WHERE place_id = ? AND id = ?");
        Ok(self.execute(&statement.with(place).with(id)).await? == 1)
    }

    /// Moves a picture among those of its place; false if it has no such.
    pub async fn move_picture(&self, place: &str, id: &str, way: Move) -> Result<bool, Error> {
        self.in_turn(|| async {
            let explained = |cause| self.explain(cause);
            let mut all = self.begin().await?;
            self.hold(&mut all, place).await?;
            let mut ids = self.held(&mut all, place).await?;
            let Some(at) = ids.iter().position(|known| known == id) else { return Ok(false) };
            let to = match way {
                Move::First => 0,
                Move::Earlier => at.saturating_sub(1),
                Move::Later => (at + 1).min(ids.len() - 1),
            };
            let moved = ids.remove(at);
            ids.insert(to, moved);
            for (position, id) in (0_i64..).zip(&ids) {
                let put =
                    Statement::new("UPDATE pictures SET position = ? WHERE id = ?").with(position).with(id);
                all.session().execute(&put).await.map_err(explained)?;
            }
            all.commit().await.map_err(explained)?;
            Ok(true)
        })
        .await
    }

    async fn held(&self, all: &mut Work, place: &str) -> Result<Vec<String>, Error> {
        let rows = all.session().fetch(&in_order(place)).await.and_then(|rows| rows.map(|row| row.word(0)));
        rows.map_err(|e| self.explain(e))
    }
}

fn in_order(place: &str) -> Statement {
    Statement::new("SELECT id FROM pictures WHERE place_id = ? ORDER BY position, id").with(place)
}
