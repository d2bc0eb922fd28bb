//! What a place offers, and what a stay there costs.

use super::problem::Problem;
use super::wanted::Wanted;

/// What booking a place depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The host's id.
    pub host: String,
    /// Dollars a night, as stored: other programs may have stored less than nothing.
    pub price: i64,
    /// How many people may stay, as stored; 0, the old default, says nothing.
    pub takes: i64,
}

impl Offer {
    /// How many people may stay; a place that says nothing takes one.
    pub fn most(&self) -> i64 {
        self.takes.max(1)
    }

    /// What it costs in all, in dollars. Errors: what is wrong with it for this place and this guest (an id, if one is
    /// known).
    pub fn total(&self, wanted: Wanted, guest: Option<&str>) -> Result<i64, Problem> {
        if guest == Some(self.host.as_str()) {
            return Err(Problem::Own);
        }
        if wanted.guests > self.most() {
            return Err(Problem::TooMany(self.most()));
        }
        let total = self.price.checked_mul(wanted.stay.nights().into());
        let total = total.filter(|total| *total >= 0).ok_or(Problem::Unpayable)?;
        match wanted.agreed {
            Some(agreed) if agreed != total => Err(Problem::OtherPrice),
            _ => Ok(total),
        }
    }
}

/// An amount for people: `$1,234`.
pub fn dollars(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::from(if amount < 0 { "-$" } else { "$" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hbnb::booking::Stay;
    use jiff::civil::date;

    fn total(price: i64, takes: i64, nights: i8, guests: i64) -> Result<i64, Problem> {
        let stay = Stay { check_in: date(2026, 12, 1), check_out: date(2026, 12, 1 + nights) };
        Offer { host: "h".into(), price, takes }.total(Wanted { stay, guests, agreed: None }, Some("g"))
    }

    #[test]
    fn a_stay_costs_its_nights_however_many_guests_come() {
        assert_eq!(total(120, 4, 3, 1), Ok(360));
        assert_eq!(total(120, 4, 3, 4), Ok(360));
        assert_eq!(total(0, 4, 3, 4), Ok(0));
        assert_eq!(total(i32::MAX.into(), 4, 30, 4), Ok(64_424_509_410));
    }

    #[test]
    fn a_price_that_cannot_be_paid_is_refused() {
        assert_eq!(total(-1, 4, 3, 1), Err(Problem::Unpayable));
        assert_eq!(total(i64::MAX, 4, 3, 1), Err(Problem::Unpayable));
    }

    #[test]
    fn a_place_takes_as_many_as_it_says_and_one_if_it_says_nothing() {
        assert_eq!(total(120, 4, 1, 5), Err(Problem::TooMany(4)));
        assert_eq!(total(120, 0, 1, 2), Err(Problem::TooMany(1)));
        assert_eq!(total(120, -3, 1, 1), Ok(120));
    }

    #[test]
    fn a_host_does_not_book_the_own_place() {
        let stay = Stay { check_in: date(2026, 12, 1), check_out: date(2026, 12, 2) };
        let offer = Offer { host: "h".into(), price: 1, takes: 1 };
        let wanted = Wanted { stay, guests: 1, agreed: None };
        assert_eq!(offer.total(wanted, Some("h")), Err(Problem::Own));
        assert_eq!(offer.total(wanted, None), Ok(1));
    }

    #[test]
    fn a_price_that_changed_since_the_guest_saw_it_is_not_charged() {
        let stay = Stay { check_in: date(2026, 12, 1), check_out: date(2026, 12, 4) };
        let offer = Offer { host: "h".into(), price: 50, takes: 1 };
        let told = |agreed| offer.total(Wanted { stay, guests: 1, agreed }, None);
        assert_eq!([told(None), told(Some(150))], [Ok(150), Ok(150)]);
        assert_eq!([told(Some(149)), told(Some(151))], [Err(Problem::OtherPrice), Err(Problem::OtherPrice)]);
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0, 7, 999, 1000, 123_456, -1_234_567].map(dollars);
        assert_eq!(shown, ["$0", "$7", "$999", "$1,000", "$123,456", "-$1,234,567"]);
    }
}
