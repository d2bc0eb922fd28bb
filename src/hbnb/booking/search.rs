//! What a guest looks for, before there is a place.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::problem::{Field, Problem};
use super::stay::Stay;
use super::wanted::{number, whole};

/// A wish for places; what is [`None`] or empty does not matter to the guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Parts of the names of city and state, folded; all of them must be there.
    pub words: Vec<String>,
    /// Every night must be free.
    pub stay: Option<Stay>,
    /// So many people must fit in.
    pub guests: Option<i64>,
    /// Dollars a night, at least.
    pub lowest: Option<i64>,
    /// Dollars a night, at most.
    pub highest: Option<i64>,
}

/// What the search's form holds, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed<'t> {
    /// Where.
    pub place: &'t str,
    /// The day of arrival.
    pub check_in: &'t str,
    /// The day of departure.
    pub check_out: &'t str,
    /// How many people.
    pub guests: &'t str,
    /// The least price of a night.
    pub lowest: &'t str,
    /// The highest price of a night.
    pub highest: &'t str,
}

impl Search {
    /// From what a form says; empty fields do not matter, but a stay needs both dates. Errors: everything that is wrong.
    pub fn parse(typed: &Typed<'_>, today: Date) -> Result<Self, Vec<Problem>> {
        let mut wrong = Vec::new();
        let mut said = |text: &str, read: fn(&str) -> Option<i64>, problem| {
            let number = read(text);
            if number.is_none() && !text.trim().is_empty() {
                wrong.push(problem);
            }
            number
        };
        let guests = said(typed.guests, number, Problem::NoGuests);
        let lowest = said(typed.lowest, whole, Problem::NoPrice(Field::Lowest));
        let highest = said(typed.highest, whole, Problem::NoPrice(Field::Highest));
        if highest.zip(lowest).is_some_and(|(highest, lowest)| highest < lowest) {
            wrong.push(Problem::EmptyRange);
        }
        let undated = typed.check_in.trim().is_empty() && typed.check_out.trim().is_empty();
        let stay = if undated { None } else { Some(Stay::parse(typed.check_in, typed.check_out, today)) };
        match stay.transpose() {
            Ok(stay) if wrong.is_empty() => {
                Ok(Self { words: words(typed.place), stay, guests, lowest, highest })
            }
            Ok(_) => Err(wrong),
            Err(dates) => Err(dates.into_iter().chain(wrong).collect()),
        }
    }

    /// Whether a city of this name, in a state of this name, is meant.
    pub fn means(&self, city: &str, state: &str) -> bool {
        let names = folded(&format!("{city} {state}"));
        self.words.iter().all(|word| names.contains(word))
    }
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
    parts.map(folded).collect()
}

/// Without case and accents: `São` and `SAO` are the same.
fn folded(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 21);

    fn means(text: &str, city: &str, state: &str) -> bool {
        Search::parse(&Typed { place: text, ..Typed::default() }, TODAY).unwrap().means(city, state)
    }

    #[test]
    fn a_place_is_found_by_parts_of_its_names_without_case_and_accents() {
        for text in ["", "san fr", "FRANCISCO", "fran, cali", "california san", "sán"] {
            assert!(means(text, "San Francisco", "California"), "{text}");
        }
        assert!(means("sao", "São Paulo", "São Paulo") && means("SÃO", "Sao Paulo", "x"));
        for text in ["reno", "san reno", "%", "_"] {
            assert!(!means(text, "San Francisco", "California"), "{text}");
        }
    }

    #[test]
    fn an_empty_form_looks_for_everything() {
        assert_eq!(Search::parse(&Typed::default(), TODAY), Ok(Search::default()));
        let blank = Typed { place: "  ", check_in: " ", guests: " ", ..Typed::default() };
        assert_eq!(Search::parse(&blank, TODAY), Ok(Search::default()));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let typed = Typed {
            place: "reno",
            check_in: "2026-12-01",
            guests: "-1",
            lowest: "9",
            highest: "8",
            ..Typed::default()
        };
        let wrong = vec![Problem::NoDate(Field::CheckOut), Problem::NoGuests, Problem::EmptyRange];
        assert_eq!(Search::parse(&typed, TODAY), Err(wrong));
        let typed = Typed { lowest: "1.5", highest: "$2", ..Typed::default() };
        let wrong = [Field::Lowest, Field::Highest].map(Problem::NoPrice).to_vec();
        assert_eq!(Search::parse(&typed, TODAY), Err(wrong));
    }
}
