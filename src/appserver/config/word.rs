//! What a name that is not known may have meant.

use crate::appserver::settings::hook::HOOKS;
use crate::appserver::settings::section::rows;
use crate::base::diagnostic::did_you_mean;

/// The setting or the hook that a name probably meant: capitals do not matter, and it may be the option's (`pid`).
pub fn meant(typed: &str) -> Option<&'static str> {
    let option = typed.to_ascii_lowercase().replace('_', "-");
    if let Some(row) = rows().find(|row| row.long.contains(&option.as_str())) {
        return Some(row.name);
    }
    let known = rows().map(|row| row.name).chain(HOOKS.iter().map(|hook| hook.name));
    did_you_mean(&typed.to_ascii_lowercase(), known)
}

/// The hook that a function was probably meant to be.
pub fn meant_hook(typed: &str) -> Option<&'static str> {
    did_you_mean(&typed.to_ascii_lowercase(), HOOKS.iter().map(|hook| hook.name))
}
