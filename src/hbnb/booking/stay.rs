//! From when to when.

use jiff::ToSpan;
use jiff::civil::Date;

use super::limit::{DAYS_BEHIND, MAX_DAYS_AHEAD, MAX_NIGHTS};
use super::problem::{Field, Problem};

/// Nights from a day of arrival to a day of departure, of which there is at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The day of arrival; its night is the first.
    pub check_in: Date,
    /// The day of departure; its night is not booked.
    pub check_out: Date,
}

impl Stay {
    /// From what a form says. Errors: a date that does not exist, both if both do not; otherwise the first rule that the stay
    /// breaks on `today`.
    pub fn parse(check_in: &str, check_out: &str, today: Date) -> Result<Self, Vec<Problem>> {
        match (date(check_in), date(check_out)) {
            (Some(check_in), Some(check_out)) => Self::new(check_in, check_out, today).map_err(|p| vec![p]),
            (begin, end) => {
                let begin = begin.is_none().then_some(Problem::NoDate(Field::CheckIn));
                let end = end.is_none().then_some(Problem::NoDate(Field::CheckOut));
                Err(begin.into_iter().chain(end).collect())
            }
        }
    }

    fn new(check_in: Date, check_out: Date, today: Date) -> Result<Self, Problem> {
        let ahead = days(today, check_in);
        let stay = Self { check_in, check_out };
        match stay.nights() {
            _ if ahead < -DAYS_BEHIND => Err(Problem::Past),
            _ if ahead > MAX_DAYS_AHEAD => Err(Problem::TooFar),
            ..=0 => Err(Problem::NoNight),
            // Nobody could cancel it any more.
            _ if check_out <= today => Err(Problem::Over),
            1..=MAX_NIGHTS => Ok(stay),
            _ => Err(Problem::TooLong),
        }
    }

    /// How many nights.
    pub fn nights(self) -> i32 {
        days(self.check_in, self.check_out)
    }

    /// The date of each night.
    pub fn dates(self) -> impl Iterator<Item = Date> {
        self.check_in.series(1.day()).take_while(move |date| *date < self.check_out)
    }
}

/// How many days `to` is after `from`.
fn days(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

/// A date as browsers send it, `2026-12-31`; [`None`] for any other spelling and for days that do not exist.
pub fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let spelled = text.bytes().enumerate().all(|(at, b)| match at {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    });
    if text.len() == 10 && spelled { text.parse().ok() } else { None }
}

/// As people read it: `Thu 31 Dec 2026`.
pub fn shown(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 21);

    fn parsed(check_in: &str, check_out: &str) -> Result<i32, Vec<Problem>> {
        Stay::parse(check_in, check_out, TODAY).map(Stay::nights)
    }

    #[test]
    fn a_stay_counts_its_nights_across_months_and_leap_days() {
        assert_eq!(parsed("2026-11-21", "2026-11-22"), Ok(1));
        assert_eq!(parsed("2026-12-30", "2027-01-02"), Ok(3));
        let leap = Stay::parse("2028-02-28", "2028-03-01", jiff::civil::date(2028, 1, 1)).unwrap();
        let dates: Vec<String> = leap.dates().map(|date| date.to_string()).collect();
        assert_eq!(dates, ["2028-02-28", "2028-02-29"]);
    }

    #[test]
    fn a_stay_begins_between_yesterday_and_a_year_ahead() {
        assert_eq!(parsed("2026-11-19", "2026-11-22"), Err(vec![Problem::Past]));
        assert_eq!(parsed("2026-11-20", "2026-11-22"), Ok(2));
        assert_eq!(parsed("2026-11-20", "2026-11-21"), Err(vec![Problem::Over]));
        assert_eq!(parsed("2027-11-21", "2027-11-22"), Ok(1));
        assert_eq!(parsed("2027-11-22", "2027-11-23"), Err(vec![Problem::TooFar]));
        assert_eq!(parsed("0000-01-01", "9999-12-31"), Err(vec![Problem::Past]));
        assert_eq!(parsed("9999-12-31", "0000-01-01"), Err(vec![Problem::TooFar]));
    }

    #[test]
    fn a_stay_has_one_to_ninety_nights() {
        assert_eq!(parsed("2026-12-01", "2026-12-01"), Err(vec![Problem::NoNight]));
        assert_eq!(parsed("2026-12-02", "2026-12-01"), Err(vec![Problem::NoNight]));
        assert_eq!(parsed("2026-12-01", "2027-03-01"), Ok(90));
        assert_eq!(parsed("2026-12-01", "2027-03-02"), Err(vec![Problem::TooLong]));
        assert_eq!(parsed("2026-12-01", "9999-12-31"), Err(vec![Problem::TooLong]));
    }

    #[test]
    fn a_date_that_does_not_exist_is_said_beside_its_field() {
        let [begin, end] = [Field::CheckIn, Field::CheckOut].map(Problem::NoDate);
        assert_eq!(parsed("", "2026-12-01"), Err(vec![begin]));
        assert_eq!(parsed("2026-12-01", "2027-02-29"), Err(vec![end]));
        for wrong in
            ["2026-13-01", "20261201", "2026-12-1", "+026-12-01", "2026-12-01T00", "1", "١٢٣٤-١٢-١٢", "\0"]
        {
            assert_eq!(parsed(wrong, wrong), Err(vec![begin, end]), "{wrong}");
        }
    }

    #[test]
    fn a_date_is_shown_with_its_weekday() {
        assert_eq!(shown(TODAY), "Sat 21 Nov 2026");
    }
}
