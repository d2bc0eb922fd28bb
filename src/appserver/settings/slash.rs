//! Paths whose two forms, with and without the final slash, do not mean the same.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, texts};

/// The words before the path.
const REDIRECT: &str = "redirect";
const EXACT: &str = "exact";

/// A path with one form that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slash {
    /// The form that counts, decoded; never `/`.
    pub path: String,
    /// Whether the other form is answered with the way to this one, and not with 404.
    pub redirects: bool,
}

impl Slash {
    /// The form that does not count.
    pub fn other(&self) -> String {
        self.path.strip_suffix('/').map_or_else(|| format!("{}/", self.path), str::to_string)
    }

    /// Reads `redirect:/PATH` or `exact:/PATH`.
    fn parse(typed: &str) -> Option<Self> {
        let (word, path) = typed.split_once(':')?;
        let segments = path.strip_prefix('/')?.strip_suffix('/').unwrap_or(&path[1..]);
        let fits = segments.split('/').all(|segment| !["", ".", ".."].contains(&segment))
            && !path.contains(['?', '#', '%']);
        let is_known = [REDIRECT, EXACT].contains(&word);
        (is_known && fits).then(|| Self { path: path.to_string(), redirects: word == REDIRECT })
    }
}

impl Value for Vec<Slash> {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let wanted = "`redirect:/shop/` or `exact:/shop/`: nothing encoded, and not `/` alone";
        let read = texts(given)?.iter().map(|typed| Slash::parse(typed)).collect();
        let Some(read) = read else { return Misfit::wanted(wanted) };
        *self = read;
        Ok(())
    }

    fn show(&self) -> String {
        let word = |slash: &Slash| if slash.redirects { REDIRECT } else { EXACT };
        let shown: Vec<String> = self.iter().map(|slash| format!("{}:{}", word(slash), slash.path)).collect();
        shown.join(",")
    }
}
