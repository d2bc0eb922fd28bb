//! The search: by where, when, for how many and for how much. A form and a list; no script.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Serialize;
use tera::Context;

use super::home::percent;
use super::wish::{self, Input, Said, WHEN};
use super::{Pages, error};
use crate::hbnb::booking::offer::dollars;
use crate::hbnb::booking::search::Typed;
use crate::hbnb::booking::{Field, Problem, Search, today};
use crate::hbnb::picture;
use crate::hbnb::storage::Error;
use crate::hbnb::storage::find::MOST;
use crate::hbnb::storage::home::Card;

/// Places of one page.
const PLACES: i64 = 24;
/// The name of the field that says where.
const WHERE: &str = "where";
/// What further pages of the list, and the places' own pages, are asked for.
const ASKED: [&str; 6] = [WHERE, "check_in", "check_out", "guests", "price_min", "price_max"];

/// A place of the list.
#[derive(Serialize)]
struct Found {
    card: Card,
    link: String,
    picture: String,
    price: String,
    /// For all nights; empty without dates.
    total: String,
}

/// `/search`: `where`, `check_in`, `check_out`, `guests`, `price_min`, `price_max` and `page` (from 1), all of them optional.
pub async fn page(
    State(pages): State<Pages>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let said = Said(asked.map(|Query(pairs)| pairs).unwrap_or_default());
    let typed = Typed {
        place: said.named(WHERE),
        check_in: said.text(Field::CheckIn),
        check_out: said.text(Field::CheckOut),
        guests: said.text(Field::Guests),
        lowest: said.text(Field::Lowest),
        highest: said.text(Field::Highest),
    };
    let search = Search::parse(&typed, today());
    let wrong = search.as_ref().err().cloned().unwrap_or_default();
    let mut values = Context::new();
    values.insert("fields", &inputs(&said, &wrong));
    values.insert("query", &said.query(&ASKED));
    let filled = match &search {
        Ok(search) => fill(&pages, &mut values, search, &said).await,
        Err(_) => {
            list(&mut values, &[], 0, 1);
            Ok(())
        }
    };
    values.insert("wrong", &!wrong.is_empty());
    match filled {
        Ok(()) => pages.templates.page_with(wish::status(&wrong), "search.html", &values),
        Err(cause) => error::storage(&cause),
    }
}

async fn fill(pages: &Pages, values: &mut Context, search: &Search, said: &Said) -> Result<(), Error> {
    let number = said.named("page").parse().unwrap_or(1).clamp(1, last(MOST));
    let (mut total, mut cards) = pages.storage.find(search, (number - 1) * PLACES, PLACES).await?;
    let mut number = number;
    if cards.is_empty() && total > 0 {
        // Fewer places fit than whoever wrote the address thought.
        number = last(total.min(MOST));
        (total, cards) = pages.storage.find(search, (number - 1) * PLACES, PLACES).await?;
    }
    let nights = search.stay.map(|stay| i64::from(stay.nights()));
    let query = said.query(&WHEN);
    let query = query.trim_end_matches(['?', '&']);
    let found = |card: Card| Found {
        link: format!("/places/{}{query}", percent(&card.id)),
        picture: picture::shown(&card.cover, &card.id),
        price: dollars(card.price_by_night),
        total: nights.map(|nights| dollars(card.price_by_night.saturating_mul(nights))).unwrap_or_default(),
        card,
    };
    let found: Vec<Found> = cards.into_iter().map(found).collect();
    list(values, &found, total, number);
    Ok(())
}

fn list(values: &mut Context, found: &[Found], total: i64, number: i64) {
    values.insert("found", found);
    values.insert("total", &total.min(MOST));
    values.insert("more", &(total > MOST));
    values.insert("page", &number);
    values.insert("pages", &last(total.min(MOST)));
}

/// The number of the last page.
fn last(total: i64) -> i64 {
    (total + PLACES - 1) / PLACES
}

fn inputs(said: &Said, wrong: &[Problem]) -> Vec<Input> {
    let place = Input {
        name: WHERE,
        label: "Where",
        kind: "text",
        hint: "City or state",
        value: said.named(WHERE).to_string(),
        ..Input::default()
    };
    let price = |field, label, hint| Input {
        label,
        kind: "number",
        hint,
        least: "0".into(),
        ..wish::input(field, said, wrong)
    };
    let mut inputs = vec![place];
    inputs.extend(wish::when(said, wrong, today()));
    inputs.push(price(Field::Lowest, "Price from", "$"));
    inputs.push(price(Field::Highest, "to", "$"));
    inputs
}
