//! Reviews by guests who have stayed.

use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::engine::Session;
use super::object::insert_many;
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::model::{Class, Values, now};

impl Storage {
    /// Whether the guest may review the place on `today`: a stay there is over, and the guest has not said anything yet.
    pub async fn may_review(&self, place: &str, guest: &str, today: Date) -> Result<bool, Error> {
        Ok(self.fetch_one(&entitled(place, guest, today), |row| row.integer(0)).await? > Some(0))
    }

    /// Adds a review, if the guest may write one; says whether it did. Who sends two at once adds one.
    pub async fn review(&self, place: &str, guest: &str, text: &str, today: Date) -> Result<bool, Error> {
        self.in_turn(|| async {
            let explained = |cause| self.explain(cause);
            let mut all = self.begin().await?;
            self.hold(&mut all, place).await?;
            if !may(all.session(), &entitled(place, guest, today)).await.map_err(explained)? {
                return Ok(false);
            }
            let moment = Value::from(now());
            let row = Values::from([
                ("id", Value::from(Uuid::new_v4().to_string())),
                ("created_at", moment.clone()),
                ("updated_at", moment),
                ("place_id", Value::from(place)),
                ("user_id", Value::from(guest)),
                ("text", Value::from(text)),
            ]);
            insert_many(all.session(), Class::Review, &[&row]).await.map_err(explained)?;
            all.commit().await.map_err(explained)?;
            Ok(true)
        })
        .await
    }
}

async fn may(session: Session<'_>, entitled: &Statement) -> Result<bool, sqlx::Error> {
    Ok(session.fetch(entitled).await?.map(|row| row.integer(0))?.first() > Some(&Some(0)))
}

/// Counts the stays that entitle to a review.
fn entitled(place: &str, guest: &str, today: Date) -> Statement {
    let statement = Statement::new(
        "SELECT COUNT(*) FROM bookings WHERE place_id = ? AND user_id = ? AND state = 'booked' AND check_out <= ? \
         AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.place_id = bookings.place_id AND r.user_id = bookings.user_id)",
    );
    statement.with(place).with(guest).with(&today.to_string())
}
