//! What a guest wants of a place.

use jiff::civil::Date;

use super::problem::Problem;
use super::stay::Stay;

/// A stay of so many guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// When.
    pub stay: Stay,
    /// How many people; at least one.
    pub guests: i64,
    /// What the guest was told that it costs, in dollars, if anything.
    pub agreed: Option<i64>,
}

impl Wanted {
    /// From what a form says. Errors: everything that is wrong with it whatever the place, at least one problem.
    pub fn parse(check_in: &str, check_out: &str, guests: &str, today: Date) -> Result<Self, Vec<Problem>> {
        match (Stay::parse(check_in, check_out, today), number(guests)) {
            (Ok(stay), Some(guests)) => Ok(Self { stay, guests, agreed: None }),
            (stay, guests) => {
                let guests = guests.is_none().then_some(Problem::NoGuests);
                Err(stay.err().into_iter().flatten().chain(guests).collect())
            }
        }
    }
}

/// A number of guests: digits, from 1; what is too large for a number is as many as one can say.
pub fn number(text: &str) -> Option<i64> {
    whole(text).filter(|number| *number > 0)
}

/// A whole number of digits alone; what is too large for one becomes the largest.
pub fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hbnb::booking::Field;

    const TODAY: Date = jiff::civil::date(2026, 11, 21);

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let wrong = Wanted::parse("2026-02-30", "", "0", TODAY);
        let dates = [Field::CheckIn, Field::CheckOut].map(Problem::NoDate);
        assert_eq!(wrong, Err(vec![dates[0], dates[1], Problem::NoGuests]));
        assert_eq!(Wanted::parse("2026-12-02", "2026-12-01", "1", TODAY), Err(vec![Problem::NoNight]));
    }

    #[test]
    fn guests_are_counted_in_digits_from_one() {
        assert_eq!(number(" 2 "), Some(2));
        assert_eq!(number("99999999999999999999"), Some(i64::MAX));
        for wrong in ["", "0", "-1", "+1", "1.5", "two", "１"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
