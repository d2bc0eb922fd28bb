//! The page of one place: what it is, what guests say, and what a stay there costs.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tera::Context;

use super::home::{lines, percent};
use super::wish::{self, Input, Said};
use super::{Pages, error};
use crate::hbnb::booking::offer::dollars;
use crate::hbnb::booking::stay::{self, shown};
use crate::hbnb::booking::{Field, Offer, Problem, Wanted, today};
use crate::hbnb::picture;
use crate::hbnb::storage::Error;
use crate::hbnb::storage::place::Whole;

/// What is chosen, and what it costs.
#[derive(Serialize)]
struct Chosen {
    check_in: String,
    check_out: String,
    guests: i64,
    nights: i32,
    from: String,
    to: String,
    total: String,
}

/// A review as it is shown.
#[derive(Serialize)]
struct Review {
    author: String,
    date: String,
    lines: Vec<String>,
}

/// `/places/ID`; with `check_in`, `check_out` and `guests`, also what that stay costs, or what is wrong with it.
pub async fn page(
    State(pages): State<Pages>,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let said = Said(asked.map(|Query(pairs)| pairs).unwrap_or_default());
    let Ok(Path(id)) = id else { return error::not_found() };
    shown_with(&pages, &id, &said, None).await
}

/// The page of the place, with what was said in the form and what is wrong with it.
pub(super) async fn shown_with(pages: &Pages, id: &str, said: &Said, refused: Option<Problem>) -> Response {
    let found = async {
        let Some(whole) = pages.storage.whole(id).await? else { return Ok(None) };
        Ok::<_, Error>(pages.storage.offer(id).await?.map(|offer| (whole, offer)))
    };
    let (whole, offer) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return error::not_found(),
        Err(cause) => return error::storage(&cause),
    };
    let chosen = match refused {
        Some(problem) => Err(vec![problem]),
        None => match chosen(pages, id, &offer, said).await {
            Ok(chosen) => chosen,
            Err(cause) => return error::storage(&cause),
        },
    };
    let wrong = chosen.as_ref().err().cloned().unwrap_or_default();
    let mut values = facts(whole, &offer);
    values.insert("fields", &inputs(said, &wrong, &offer));
    values.insert("chosen", &chosen.ok().flatten());
    let whole = wrong.iter().find(|problem| problem.field() == Field::Whole);
    values.insert("refused", &whole.map(Problem::to_string).unwrap_or_default());
    (wish::status(&wrong), pages.templates.page("place.html", &values)).into_response()
}

/// Nothing, if no date was said.
async fn chosen(
    pages: &Pages,
    id: &str,
    offer: &Offer,
    said: &Said,
) -> Result<Result<Option<Chosen>, Vec<Problem>>, Error> {
    let [check_in, check_out] = [Field::CheckIn, Field::CheckOut].map(|field| said.text(field));
    if check_in.is_empty() && check_out.is_empty() {
        return Ok(Ok(None));
    }
    let wanted = match Wanted::parse(check_in, check_out, said.text(Field::Guests), today()) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let total = match offer.total(wanted, None) {
        Ok(total) => total,
        Err(problem) => return Ok(Err(vec![problem])),
    };
    if pages.storage.is_taken(id, wanted.stay).await? {
        return Ok(Err(vec![Problem::Taken]));
    }
    Ok(Ok(Some(Chosen {
        check_in: wanted.stay.check_in.to_string(),
        check_out: wanted.stay.check_out.to_string(),
        guests: wanted.guests,
        nights: wanted.stay.nights(),
        from: shown(wanted.stay.check_in),
        to: shown(wanted.stay.check_out),
        total: dollars(total),
    })))
}

fn facts(whole: Whole, offer: &Offer) -> Context {
    let mut values = Context::new();
    let reviews = whole.reviews.into_iter().map(|said| Review {
        author: said.author,
        date: stay::date(&said.date).map(shown).unwrap_or_default(),
        lines: lines(&said.text),
    });
    values.insert("reviews", &reviews.collect::<Vec<_>>());
    values.insert("amenities", &whole.amenities);
    values.insert("lines", &lines(&whole.card.description));
    values.insert("picture", &picture::of(&whole.card.id));
    values.insert("link", &format!("/places/{}", percent(&whole.card.id)));
    values.insert("price", &dollars(whole.card.price_by_night));
    values.insert("takes", &offer.most());
    values.insert("place", &whole.card);
    values
}

fn inputs(said: &Said, wrong: &[Problem], offer: &Offer) -> Vec<Input> {
    let mut inputs = wish::when(said, wrong, today());
    for input in &mut inputs {
        if input.name == Field::Guests.name() {
            input.most = offer.most().to_string();
            if input.value.is_empty() && input.wrong.is_empty() {
                input.value = "1".into();
            }
        }
    }
    inputs
}
