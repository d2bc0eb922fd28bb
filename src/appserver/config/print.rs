//! Every setting as a line: its value and, if it is not a default, where it comes from.

use std::fmt::Write as _;

use super::layer::Resolved;
use crate::appserver::settings::section::rows;
use crate::appserver::settings::table::Setting;
use crate::base::yaml::MASKED;

/// `name = value`, one setting a line, by name; behind the value its source.
pub fn settings(resolved: &Resolved) -> String {
    let mut kept: Vec<&Setting> = rows().filter(|row| !row.is_refused()).collect();
    kept.sort_by_key(|row| row.name);
    let width = kept.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in kept {
        let value = value(row, resolved);
        let source =
            resolved.sources.get(row.name).map_or_else(String::new, |source| format!("  # {source}"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:width$} = {value}{source}", row.name);
    }
    text
}

fn value(row: &Setting, resolved: &Resolved) -> String {
    let shown = row.show(&resolved.settings);
    match shown.as_str() {
        "" | "none" if !resolved.sources.contains_key(row.name) => row.told_default(),
        _ if row.is_secret => {
            let masked =
                |pair: &str| format!("{}={MASKED}", pair.split_once('=').map_or(pair, |(name, _)| name));
            resolved.settings.raw_env.iter().map(|pair| masked(pair)).collect::<Vec<_>>().join(",")
        }
        _ => shown,
    }
}
