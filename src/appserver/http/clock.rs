//! The date of answers, formatted once a second.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

/// The last date that was formatted.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    second: Option<u64>,
    text: String,
}

impl Clock {
    /// The date at `now` as `Date` has it (RFC 9110, 5.6.7): `Thu, 01 Jan 1970 00:00:00 GMT`.
    pub fn date(&mut self, now: SystemTime) -> &str {
        let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if self.second != Some(second) {
            self.second = Some(second);
            let time = Timestamp::from_second(second as i64).unwrap_or(Timestamp::UNIX_EPOCH);
            self.text = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default();
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_date_changes_with_the_second() {
        let mut clock = Clock::default();
        let mut at = |millis| clock.date(UNIX_EPOCH + Duration::from_millis(millis)).to_string();
        assert_eq!(at(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(784_111_777_999), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(784_111_778_000), "Sun, 06 Nov 1994 08:49:38 GMT");
    }
}
