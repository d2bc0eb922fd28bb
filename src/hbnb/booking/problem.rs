//! What is wrong with a wish, and beside which field it is said.

use std::fmt;

use super::limit::{MAX_DAYS_AHEAD, MAX_NIGHTS};

/// A field of the forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The day of arrival.
    CheckIn,
    /// The day of departure.
    CheckOut,
    /// How many people.
    Guests,
    /// The least price of a night.
    Lowest,
    /// The highest price of a night.
    Highest,
    /// None of them: the booking as a whole.
    Whole,
}

impl Field {
    /// Its name in forms and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Field::CheckIn => "check_in",
            Field::CheckOut => "check_out",
            Field::Guests => "guests",
            Field::Lowest => "price_min",
            Field::Highest => "price_max",
            Field::Whole => "booking",
        }
    }
}

/// Why a wish cannot be fulfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The field holds no date that exists.
    NoDate(Field),
    /// The stay begins in the past.
    Past,
    /// The stay ends today or before.
    Over,
    /// The stay begins too far ahead.
    TooFar,
    /// The stay does not end after it begins.
    NoNight,
    /// The stay has too many nights.
    TooLong,
    /// The field holds no number of guests.
    NoGuests,
    /// More guests than the place takes, which is this many.
    TooMany(i64),
    /// The field holds no price.
    NoPrice(Field),
    /// The highest price is below the lowest.
    EmptyRange,
    /// The place is the guest's own.
    Own,
    /// The place's price is not one that can be paid.
    Unpayable,
    /// The price is another one than the guest was told.
    OtherPrice,
    /// Somebody else has booked one of the nights.
    Taken,
    /// The stay to be cancelled has begun.
    Begun,
}

impl Problem {
    /// Beside which field it is said.
    pub const fn field(self) -> Field {
        match self {
            Problem::NoDate(field) | Problem::NoPrice(field) => field,
            Problem::Past | Problem::TooFar => Field::CheckIn,
            Problem::Over | Problem::NoNight | Problem::TooLong => Field::CheckOut,
            Problem::NoGuests | Problem::TooMany(_) => Field::Guests,
            Problem::EmptyRange => Field::Highest,
            Problem::Own | Problem::Unpayable | Problem::OtherPrice | Problem::Taken | Problem::Begun => {
                Field::Whole
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NoDate(_) => f.write_str("Choose a date, such as 2026-12-31."),
            Problem::Past => f.write_str("This day is over. Choose today or later."),
            Problem::Over => f.write_str("Choose a day after today."),
            Problem::TooFar => write!(f, "Choose a day within the next {MAX_DAYS_AHEAD} days."),
            Problem::NoNight => f.write_str("Choose a day after your arrival."),
            Problem::TooLong => write!(f, "A stay has at most {MAX_NIGHTS} nights."),
            Problem::NoGuests => f.write_str("Say how many guests come: 1 or more."),
            Problem::TooMany(1) => f.write_str("This place takes one guest."),
            Problem::TooMany(most) => write!(f, "This place takes at most {most} guests."),
            Problem::NoPrice(_) => f.write_str("Say a price in whole dollars, or nothing."),
            Problem::EmptyRange => f.write_str("This is less than the lowest price."),
            Problem::Own => f.write_str("This place is your own; you need no booking to stay there."),
            Problem::Unpayable => {
                f.write_str("This place has no valid price. Its host must correct it first.")
            }
            Problem::OtherPrice => f.write_str("The price has changed. Look at it again before you book."),
            Problem::Taken => {
                f.write_str("Somebody has booked at least one of these nights. Choose other dates.")
            }
            Problem::Begun => f.write_str("A stay that has begun cannot be cancelled."),
        }
    }
}
