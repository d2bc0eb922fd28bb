//! Headers of every answer.

use super::super::word;
use crate::base::diagnostic::Diagnostic;
use crate::base::quote;
use crate::base::yaml::{Entries, Spanned};

/// Headers that nginx or the template sets itself.
const RESERVED: [(&str, &str); 9] = [
    ("strict-transport-security", "`tls: { hsts: … }` sets it, over https alone"),
    ("x-served-by", "every answer carries it already, with the host's name"),
    ("retry-after", "`maintenance` sets it"),
    ("content-type", "it depends on the answer"),
    ("content-encoding", "it depends on the answer"),
    ("content-length", "nginx counts it"),
    ("transfer-encoding", "nginx decides it"),
    ("connection", "nginx decides it"),
    ("date", "nginx sets it"),
];

/// Checks names and values; mistakes are added to `said`.
pub fn read(typed: Entries<Spanned<String>>, said: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    for (at, (name, value)) in typed.0.iter().enumerate() {
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            said.push(
                Diagnostic::error(format!("`{}` cannot be the name of a header", name.value.escape_debug()))
                    .at(&name.span)
                    .label("letters, digits, `-` and `_`"),
            );
        }
        if let Some((_, why)) = RESERVED.iter().find(|(reserved, _)| *reserved == lower) {
            let message = format!("the header `{}` is not yours to set", name.value);
            said.push(Diagnostic::error(message).at(&name.span).label(*why).fix("take it away"));
        }
        if let Some((first, _)) = typed.0[..at].iter().find(|(n, _)| n.eq_ignore_ascii_case(&lower)) {
            said.push(word::twice("the header", name, first));
        }
        word::quotable(&format!("the value of the header `{}`", name.value), value, quote::nginx, said);
    }
    typed.0.into_iter().map(|(name, value)| (name.value, value.value)).collect()
}
