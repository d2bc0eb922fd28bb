//! A list by pages, for those who ask: `?page=` and `?per_page=`, with links to the others.
//!
//! Links: <https://www.rfc-editor.org/rfc/rfc8288>.

use axum::extract::Query;
use axum::http::{HeaderValue, Uri};

use crate::hbnb::model::Refusal;
use crate::hbnb::storage::object;

/// Rows of a page when the client does not say.
pub const PER_PAGE: u32 = 30;
/// The most rows of a page.
pub const MAX_PER_PAGE: u32 = 1000;

/// One page of a list, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    number: u32,
    size: u32,
}

impl Page {
    /// The page that the address names; none if it names neither a page nor a size.
    pub fn asked(uri: &Uri) -> Result<Option<Self>, Refusal> {
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else { return Ok(None) };
        let mut page = Page { number: 1, size: PER_PAGE };
        let mut is_asked = false;
        for (name, value) in pairs {
            let (place, most, name) = match name.as_str() {
                "page" => (&mut page.number, u32::MAX, "page"),
                "per_page" => (&mut page.size, MAX_PER_PAGE, "per_page"),
                _ => continue,
            };
            let number = value.parse().ok().filter(|number| (1..=most).contains(number));
            *place = number.ok_or(Refusal::Invalid(name))?;
            is_asked = true;
        }
        Ok(is_asked.then_some(page))
    }

    /// Which rows of the list it has.
    pub fn rows(self) -> object::Page {
        let (number, size) = (i64::from(self.number), i64::from(self.size));
        object::Page { skipped: (number - 1) * size, count: size }
    }

    /// `Link` of this page of a list of `total` rows at `path`; none if the path cannot stand in a header.
    pub fn links(self, path: &str, total: i64) -> Option<HeaderValue> {
        let (number, size) = (i64::from(self.number), i64::from(self.size));
        let last = ((total + size - 1) / size).max(1);
        let before = (number > 1).then(|| (number - 1).min(last));
        let after = (number < last).then_some(number + 1);
        let all = [("first", Some(1)), ("prev", before), ("next", after), ("last", Some(last))];
        let links = all.into_iter().filter_map(|(name, page)| {
            Some(format!("<{path}?page={}&per_page={size}>; rel=\"{name}\"", page?))
        });
        HeaderValue::from_str(&links.collect::<Vec<_>>().join(", ")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Option<Page>, Refusal> {
        Page::asked(&format!("/states{query}").parse().unwrap())
    }

    #[test]
    fn a_page_is_only_what_was_asked_for() {
        let page = |number, size| Ok(Some(Page { number, size }));
        assert_eq!(asked(""), Ok(None));
        assert_eq!(asked("?other=1&%FF"), Ok(None));
        assert_eq!(asked("?page=3"), page(3, PER_PAGE));
        assert_eq!(asked("?per_page=7"), page(1, 7));
        assert_eq!(asked("?page=4294967295&per_page=1000"), page(u32::MAX, MAX_PER_PAGE));
        for wrong in ["", "0", "-1", "1.5", "x", "4294967296", "%00"] {
            assert_eq!(asked(&format!("?page={wrong}")), Err(Refusal::Invalid("page")), "{wrong}");
        }
        assert_eq!(asked("?per_page=1001"), Err(Refusal::Invalid("per_page")));
    }

    #[test]
    fn links_lead_to_the_pages_around_and_never_beyond_the_last() {
        let links = |number, total| {
            let page = Page { number, size: 10 };
            page.links("/s", total).unwrap().to_str().unwrap().replace("&per_page=10", "")
        };
        let first = "</s?page=1>; rel=\"first\"";
        let middle = "</s?page=1>; rel=\"prev\", </s?page=3>; rel=\"next\", </s?page=3>; rel=\"last\"";
        assert_eq!(links(2, 21), format!("{first}, {middle}"));
        assert_eq!(links(1, 0), format!("{first}, </s?page=1>; rel=\"last\""));
        assert_eq!(links(9, 21), format!("{first}, </s?page=3>; rel=\"prev\", </s?page=3>; rel=\"last\""));
    }
}
