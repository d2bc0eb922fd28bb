//! Who stays where and when.
//!
//! A booking inserts each of its nights, and a night's primary key is its place and date: two bookings of one night cannot
//! both be committed, whatever the engine and however many processes try. Cancelling deletes the nights.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use super::engine::{Row, Work};
use super::statement::Statement;
use super::{Error, Storage};
use crate::hbnb::booking::{Offer, Problem, Stay, Wanted, stay};
use crate::hbnb::model::now;

/// The state of a booking that stands.
const BOOKED: &str = "booked";
/// The state of one that was cancelled.
const CANCELLED: &str = "cancelled";
/// The most trips of one list.
const TRIPS: i64 = 200;

/// What became of a wish to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Booked {
    /// It is booked.
    Done {
        /// The booking's id.
        id: String,
        /// What it costs, in dollars.
        total: i64,
    },
    /// The guest had booked just this before, perhaps by sending the form twice.
    Already,
    /// It is not, and nothing was written.
    Refused(Problem),
    /// There is no such place, or no such guest any more.
    Unknown,
}

/// What became of a wish to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It is cancelled, perhaps since long ago; its nights are free.
    Done,
    /// It is not, because the stay has begun.
    Begun,
    /// The guest has no such booking.
    Unknown,
}

/// A booking as its guest sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trip {
    /// The booking's id.
    pub id: String,
    /// The place's id.
    pub place: String,
    /// The place's name.
    pub name: String,
    /// The name of its city.
    pub city: String,
    /// The name of its state.
    pub state: String,
    /// The day of arrival.
    pub check_in: String,
    /// The day of departure.
    pub check_out: String,
    /// How many people.
    pub guests: i64,
    /// Dollars in all.
    pub total: i64,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// The place's first picture; empty if it has none.
    pub cover: String,
}

impl Storage {
    /// What booking the place depends on; [`None`] if there is no such place.
    pub async fn offer(&self, place: &str) -> Result<Option<Offer>, Error> {
        Ok(self.fetch(&offer(place), read_offer).await?.pop())
    }

    /// Whether a night of the stay is booked by anybody.
    pub async fn is_taken(&self, place: &str, stay: Stay) -> Result<bool, Error> {
        let statement = Statement::new(
            "SELECT COUNT(*) FROM booked_nights WHERE place_id = ? AND night >= ? AND night < ?",
        );
        let statement =
            statement.with(place).with(&stay.check_in.to_string()).with(&stay.check_out.to_string());
        Ok(self.fetch_one(&statement, |row| row.integer(0)).await? > Some(0))
    }

    /// The nights from `begin` on, before `end`, that are booked.
    pub async fn nights(&self, place: &str, begin: Date, end: Date) -> Result<BTreeSet<Date>, Error> {
        let statement = Statement::new(
            "SELECT CAST(night AS CHAR) FROM booked_nights WHERE place_id = ? AND night >= ? AND night < ?",
        );
        let statement = statement.with(place).with(&begin.to_string()).with(&end.to_string());
        let nights = self.fetch(&statement, |row| row.word(0)).await?;
        Ok(nights.iter().filter_map(|night| stay::date(night)).collect())
    }

    /// Books the place for the guest (an id). Who comes at the same time as others waits for its turn; errors: those of the
    /// database, [`Error::Busy`] if the turn does not come while a client waits.
    pub async fn book(&self, place: &str, guest: &str, wanted: Wanted) -> Result<Booked, Error> {
        // A reader waits for nobody: most of a crowd is answered here.
        if self.is_taken(place, wanted.stay).await? {
            return self.taken(place, guest, wanted).await;
        }
        match self.in_turn(|| self.book_once(place, guest, wanted)).await {
            // The id is new, so it is a night that exists already.
            Err(Error::Exists) => self.taken(place, guest, wanted).await,
            Err(Error::NoParent) => Ok(Booked::Unknown),
            done => done,
        }
    }

    /// What to tell who wants nights that are booked: whoever sends the form twice has booked them.
    async fn taken(&self, place: &str, guest: &str, wanted: Wanted) -> Result<Booked, Error> {
        let own = Statement::new(
            "SELECT COUNT(*) FROM bookings WHERE user_id = ? AND check_in = ? AND check_out = ? AND place_id = ? \
             AND guests = ? AND state = ?",
        );
        let own =
            own.with(guest).with(&wanted.stay.check_in.to_string()).with(&wanted.stay.check_out.to_string());
        let own = own.with(place).with(wanted.guests).with(BOOKED);
        Ok(match self.fetch_one(&own, |row| row.integer(0)).await? {
            Some(0) | None => Booked::Refused(Problem::Taken),
            Some(_) => Booked::Already,
        })
    }

    async fn book_once(&self, place: &str, guest: &str, wanted: Wanted) -> Result<Booked, Error> {
        let explained = |cause| self.explain(cause);
        let mut all = self.begin().await?;
        let Some(offer) = self.hold(&mut all, place).await? else { return Ok(Booked::Unknown) };
        let total = match offer.total(wanted, Some(guest)) {
            Ok(total) => total,
            Err(problem) => return Ok(Booked::Refused(problem)),
        };
        let id = Uuid::new_v4().to_string();
        let booking = Statement::new(
            "INSERT INTO bookings (id, created_at, place_id, user_id, check_in, check_out, guests, total_price, state) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        );
        let booking = booking.with(&id).with(&now().replacen('T', " ", 1)).with(place).with(guest);
        let booking =
            booking.with(&wanted.stay.check_in.to_string()).with(&wanted.stay.check_out.to_string());
        let booking = booking.with(wanted.guests).with(total).with(BOOKED);
        all.session().execute(&booking).await.map_err(explained)?;
        let mut nights = Statement::new("INSERT INTO booked_nights (place_id, night, booking_id) VALUES ");
        for (at, night) in wanted.stay.dates().enumerate() {
            nights.push(if at == 0 { "" } else { ", " }).list([place, &night.to_string(), &id]);
        }
        all.session().execute(&nights).await.map_err(explained)?;
        all.commit().await.map_err(explained)?;
        Ok(Booked::Done { id, total })
    }

    /// What the place offers; nobody else books there, or changes it, before the transaction ends.
    pub(super) async fn hold(&self, all: &mut Work, place: &str) -> Result<Option<Offer>, Error> {
        let mut statement = offer(place);
        // A writer of SQLite is alone already.
        if matches!(all, Work::MySql(_)) {
            statement.push(" FOR UPDATE");
        }
        let rows = all.session().fetch(&statement).await.and_then(|rows| rows.map(read_offer));
        Ok(rows.map_err(|e| self.explain(e))?.pop())
    }

    /// Cancels a guest's booking whose stay has not begun on `today`, and frees its nights.
    pub async fn cancel(&self, booking: &str, guest: &str, today: Date) -> Result<Cancelled, Error> {
        let found = Statement::new(
            "SELECT place_id, CAST(check_in AS CHAR), state FROM bookings WHERE id = ? AND user_id = ?",
        );
        let read = |row: Row<'_>| Ok((row.word(0)?, row.word(1)?, row.word(2)?));
        let found = self.fetch(&found.with(booking).with(guest), read).await?.pop();
        let Some((place, check_in, state)) = found else { return Ok(Cancelled::Unknown) };
        if state == CANCELLED {
            return Ok(Cancelled::Done);
        }
        if stay::date(&check_in).is_none_or(|begin| begin < today) {
            return Ok(Cancelled::Begun);
        }
        self.in_turn(|| self.cancel_once(booking, &place)).await
    }

    async fn cancel_once(&self, booking: &str, place: &str) -> Result<Cancelled, Error> {
        let mut all = self.begin().await?;
        self.hold(&mut all, place).await?;
        for words in [
            "DELETE FROM booked_nights WHERE booking_id = ?",
            "UPDATE bookings SET state = 'cancelled' WHERE id = ?",
        ] {
            let statement = Statement::new(words).with(booking);
            all.session().execute(&statement).await.map_err(|e| self.explain(e))?;
        }
        all.commit().await.map_err(|e| self.explain(e))?;
        Ok(Cancelled::Done)
    }

    /// The guest's bookings, latest stay first; at most 200.
    pub async fn trips(&self, guest: &str) -> Result<Vec<Trip>, Error> {
        let statement = Statement::new(
            "SELECT b.id, p.id, p.name, c.name, s.name, CAST(b.check_in AS CHAR), CAST(b.check_out AS CHAR), \
             b.guests, b.total_price, b.state, \
             (SELECT f.id FROM pictures f WHERE f.place_id = p.id ORDER BY f.position, f.id LIMIT 1) FROM bookings b JOIN places p ON p.id = b.place_id \
             JOIN cities c ON c.id = p.city_id JOIN states s ON s.id = c.state_id \
             WHERE b.user_id = ? ORDER BY b.check_in DESC, b.id LIMIT ?",
        );
        self.fetch(&statement.with(guest).with(TRIPS), read_trip).await
    }
}

fn offer(place: &str) -> Statement {
    Statement::new("SELECT user_id, price_by_night, max_guest FROM places WHERE id = ?").with(place)
}

fn read_offer(row: Row<'_>) -> Result<Offer, sqlx::Error> {
    let number = |at| Ok::<_, sqlx::Error>(row.integer(at)?.unwrap_or_default());
    Ok(Offer { host: row.word(0)?, price: number(1)?, takes: number(2)? })
}

fn read_trip(row: Row<'_>) -> Result<Trip, sqlx::Error> {
    Ok(Trip {
        id: row.word(0)?,
        place: row.word(1)?,
        name: row.word(2)?,
        city: row.word(3)?,
        state: row.word(4)?,
        check_in: row.word(5)?,
        check_out: row.word(6)?,
        guests: row.integer(7)?.unwrap_or_default(),
        total: row.integer(8)?.unwrap_or_default(),
        cancelled: row.word(9)? == CANCELLED,
        cover: row.word(10)?,
    })
}
