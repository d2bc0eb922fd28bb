//! Booking as rules: dates, guests, prices, and what is wrong with a wish. Pure: the clock and the rows come as values.
//!
//! Dates are civil dates, without time zones: a night is the date on whose evening it begins. Today is today in UTC; since
//! it may still be yesterday where the guest is, a stay may begin yesterday too.

pub mod calendar;
pub mod limit;
pub mod offer;
pub mod problem;
pub mod search;
pub mod stay;
pub mod wanted;

pub use offer::Offer;
pub use problem::{Field, Problem};
pub use search::Search;
pub use stay::Stay;
pub use wanted::Wanted;

/// Today in UTC.
pub fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
