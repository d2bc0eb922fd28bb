//! How much, how long and how often clients may ask.

use serde::Deserialize;

use crate::base::diagnostic::Diagnostic;
use crate::base::yaml::{Node, Spanned, Value};

/// A day: what takes longer is better not done while somebody waits for it.
const LONGEST: u32 = 86_400;
/// More requests than Nginx counts.
const MOST: u32 = 100_000;

/// Seconds that nginx waits for an app, where the site says so: 1 to 86400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Until it takes the connection.
    pub connect: Option<u32>,
    /// Between two pieces of the request.
    pub send: Option<u32>,
    /// Between two pieces of the answer.
    pub read: Option<u32>,
}

/// How often one address may ask the apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// As nginx writes it: `10r/s`, `30r/m`.
    pub rate: String,
    /// How many more at once are let through.
    pub burst: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedTimeouts {
    connect: Option<Spanned<u32>>,
    send: Option<Spanned<u32>>,
    read: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedRate {
    rate: Spanned<String>,
    burst: Option<Spanned<u32>>,
}

/// Checks a size as nginx writes it: `512k`, `20m`, `1g`; mistakes are added to `said`.
pub fn body_size(size: Spanned<String>, said: &mut Vec<Diagnostic>) -> Option<String> {
    let digits = size.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G']);
    let is_size =
        digits.len() + 1 == size.len() && digits.parse::<u32>().is_ok_and(|n| (1..=1 << 20).contains(&n));
    if !is_size {
        said.push(
            Diagnostic::error(format!("`{}` is no size of a body", size.escape_debug()))
                .at(&size.span)
                .label("a number and its unit: 512k, 20m, 1g")
                .fix("write `body_size: 20m`"),
        );
    }
    is_size.then_some(size.value)
}

/// Reads `timeouts`.
pub fn timeouts(node: &Node, said: &mut Vec<Diagnostic>) -> Timeouts {
    let typed: TypedTimeouts = match node.decode() {
        Ok(typed) => typed,
        Err(error) => {
            said.push(error);
            return Timeouts::default();
        }
    };
    let mut seconds = |typed: Option<Spanned<u32>>| {
        let typed = typed?;
        if !(1..=LONGEST).contains(&typed.value) {
            let error = Diagnostic::error(format!("{} seconds are out of range", typed.value));
            said.push(error.at(&typed.span).label(format!("1 to {LONGEST}")));
        }
        Some(typed.value)
    };
    Timeouts { connect: seconds(typed.connect), send: seconds(typed.send), read: seconds(typed.read) }
}

/// Reads `rate_limit`: a rate, or a map of `rate` and `burst`.
pub fn rate(node: &Node, said: &mut Vec<Diagnostic>) -> Option<RateLimit> {
    let typed = match node.value {
        Value::Map(_) => node.decode(),
        _ => node.decode().map(|rate| TypedRate { rate, burst: None }),
    };
    let TypedRate { rate, burst } = typed.map_err(|e| said.push(e)).ok()?;
    let (count, unit) = rate.split_once('/').unwrap_or((rate.as_str(), ""));
    let number = count.trim_end_matches('r').parse().ok().filter(|n| (1..=MOST).contains(n));
    let (Some(number), "s" | "m") = (number, unit) else {
        said.push(
            Diagnostic::error(format!("`{}` is no rate", rate.escape_debug()))
                .at(&rate.span)
                .label("requests in a second or a minute: 10/s, 30/m")
                .fix("write `rate_limit: 10/s`"),
        );
        return None;
    };
    if let Some(wrong) = burst.as_ref().filter(|burst| burst.value > MOST) {
        let error = Diagnostic::error(format!("a burst of {} is out of range", wrong.value));
        said.push(error.at(&wrong.span).label(format!("0 to {MOST}")));
    }
    // A page asks for more than one thing at once.
    Some(RateLimit {
        rate: format!("{number}r/{unit}"),
        burst: burst.map_or(2 * number, |burst| burst.value),
    })
}
