//! Which nights of two months are free.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::limit::{DAYS_BEHIND, MAX_DAYS_AHEAD};
use super::stay::date;

/// Months that are shown side by side.
const MONTHS: i32 = 2;

/// A month as a table: weeks from Monday to Sunday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Month {
    /// `December 2026`.
    pub title: String,
    /// Seven days each; those of other months are empty.
    pub weeks: Vec<[Day; 7]>,
}

/// A night of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day of the month, or 0.
    pub number: i8,
    /// What the night is.
    pub night: Night,
}

/// Whether a night can be booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Night {
    /// It belongs to another month.
    #[default]
    None,
    /// Nobody has booked it.
    Free,
    /// Somebody has.
    Booked,
    /// It is over.
    Over,
}

/// The first days of some months that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    first: Date,
    earliest: Date,
    latest: Date,
}

impl Span {
    /// From the month that is asked for as `2026-12`, or the nearest one in which a stay can begin; from the present one if that
    /// is no month.
    pub fn of(asked: &str, today: Date) -> Self {
        let earliest = today.first_of_month();
        let latest = (today + MAX_DAYS_AHEAD.days()).first_of_month() - (MONTHS - 1).months();
        let asked = date(&format!("{asked}-01")).unwrap_or(earliest);
        Self { first: asked.clamp(earliest, latest), earliest, latest }
    }

    /// The first day that is shown.
    pub fn begin(self) -> Date {
        self.first
    }

    /// The day after the last one.
    pub fn end(self) -> Date {
        self.first + MONTHS.months()
    }

    /// What to ask for to see the months before, if there are any.
    pub fn before(self) -> Option<String> {
        (self.first > self.earliest).then(|| name((self.first - MONTHS.months()).max(self.earliest)))
    }

    /// The same for the months after.
    pub fn after(self) -> Option<String> {
        (self.first < self.latest).then(|| name((self.first + MONTHS.months()).min(self.latest)))
    }

    /// The months, with the nights that are booked.
    pub fn months(self, booked: &BTreeSet<Date>, today: Date) -> Vec<Month> {
        (0..MONTHS).map(|at| month(self.first + at.months(), booked, today)).collect()
    }
}

fn name(month: Date) -> String {
    month.strftime("%Y-%m").to_string()
}

fn month(first: Date, booked: &BTreeSet<Date>, today: Date) -> Month {
    let mut weeks = Vec::new();
    let mut week = [Day::default(); 7];
    for day in first.series(1.day()).take_while(|day| day.month() == first.month()) {
        let at = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
        let night = match () {
            () if day < today - DAYS_BEHIND.days() => Night::Over,
            () if booked.contains(&day) => Night::Booked,
            () => Night::Free,
        };
        week[at] = Day { number: day.day(), night };
        if at == 6 || day == first.last_of_month() {
            weeks.push(std::mem::take(&mut week));
        }
    }
    Month { title: first.strftime("%B %Y").to_string(), weeks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 21);

    #[test]
    fn every_night_of_a_month_is_over_booked_or_free() {
        let booked = BTreeSet::from([date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 30)]);
        let months = Span::of("2026-11", TODAY).months(&booked, TODAY);
        let titles: Vec<&str> = months.iter().map(|month| month.title.as_str()).collect();
        assert_eq!(titles, ["November 2026", "December 2026"]);
        let shown = |month: &Month| -> Vec<String> {
            let letter = |day: &Day| match day.night {
                Night::None => '.',
                Night::Free => 'f',
                Night::Booked => 'b',
                Night::Over => 'o',
            };
            month.weeks.iter().map(|week| week.iter().map(letter).collect()).collect()
        };
        assert_eq!(shown(&months[0]), ["......o", "ooooooo", "ooooooo", "oooobff", "fffffff", "b......"]);
        assert_eq!(shown(&months[1]), [".ffffff", "fffffff", "fffffff", "fffffff", "ffff..."]);
        assert_eq!(months[0].weeks[3][4], Day { number: 20, night: Night::Booked });
    }

    #[test]
    fn one_leafs_through_the_months_in_which_a_stay_can_begin() {
        let leaf = |asked: &str| {
            let span = Span::of(asked, TODAY);
            (name(span.begin()), span.end().to_string(), span.before(), span.after())
        };
        let first = ("2026-11".into(), "2027-01-01".into(), None, Some("2027-01".into()));
        let last = ("2027-10".into(), "2027-12-01".into(), Some("2027-08".into()), None);
        for now in ["", "2026-11", "2026-10", "0000-01", "2026-13", "2027-1", "x", "\0"] {
            assert_eq!(leaf(now), first, "{now}");
        }
        for late in ["2027-10", "2027-11", "9999-12"] {
            assert_eq!(leaf(late), last, "{late}");
        }
        let both = (Some("2026-11".to_string()), Some("2027-02".to_string()));
        assert_eq!((leaf("2026-12").2, leaf("2026-12").3), both);
        assert_eq!(leaf("2027-09").3, Some("2027-10".into()));
    }
}
