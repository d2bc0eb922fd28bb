//! How much is allowed.

/// The most nights of a stay.
pub const MAX_NIGHTS: i32 = 90;
/// A stay begins at most so many days after today.
pub const MAX_DAYS_AHEAD: i32 = 365;
/// A stay may begin so many days before today in UTC: where the guest is, that may be today.
pub const DAYS_BEHIND: i32 = 1;
