//! The page of one place: what it is, what guests say, and what a stay there costs.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Serialize;
use tera::Context;

use super::home::{lines, percent};
use super::visitor::Visitor;
use super::wish::{self, Input, Said, WHEN};
use super::{Pages, error, local};
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
    /// Dollars, as the form that books says them.
    agreed: i64,
    total: String,
}

/// A review as it is shown.
#[derive(Serialize)]
struct Review {
    author: String,
    date: String,
    lines: Vec<String>,
}

/// `/places/ID`; with `check_in`, `check_out` and `guests`, also what that stay costs, or what is wrong with it. Who is logged
/// in can book it then.
pub async fn page(
    State(pages): State<Pages>,
    id: Result<Path<String>, PathRejection>,
    visitor: Visitor,
    asked: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let said = Said(asked.map(|Query(pairs)| pairs).unwrap_or_default());
    let Ok(Path(id)) = id else { return error::not_found() };
    answered(&pages, &visitor, &id, &said, None).await
}

/// The page after a booking that was refused.
pub async fn refused(
    pages: &Pages,
    visitor: &Visitor,
    id: &str,
    said: &Said,
    wrong: Vec<Problem>,
) -> Response {
    answered(pages, visitor, id, said, Some(wrong)).await
}

async fn answered(
    pages: &Pages,
    visitor: &Visitor,
    id: &str,
    said: &Said,
    wrong: Option<Vec<Problem>>,
) -> Response {
    let guest = visitor.person.as_ref().map(|person| person.id.as_str());
    let found = async {
        let Some(whole) = pages.storage.whole(id).await? else { return Ok(None) };
        let Some(offer) = pages.storage.offer(id).await? else { return Ok(None) };
        let chosen = match wrong {
            Some(wrong) => Err(wrong),
            None => chosen(pages, id, &offer, guest, said).await?,
        };
        Ok::<_, Error>(Some((whole, offer, chosen)))
    };
    let (whole, offer, chosen) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return error::not_found(),
        Err(cause) => return error::storage(&cause),
    };
    let wrong = chosen.as_ref().err().cloned().unwrap_or_default();
    let mut values = facts(whole, &offer);
    values.insert("fields", &inputs(said, &wrong, &offer));
    values.insert("chosen", &chosen.ok().flatten());
    let refused = wrong.iter().find(|problem| problem.field() == Field::Whole);
    values.insert("refused", &refused.map(Problem::to_string).unwrap_or_default());
    let back = format!("/places/{}{}", percent(id), said.query(&WHEN).trim_end_matches(['?', '&']));
    values.insert("log_in", &local::with_next("/log-in", Some(&back)));
    values.insert("own", &(guest == Some(offer.host.as_str())));
    values.insert("token", &guest.map(|_| visitor.token()).unwrap_or_default());
    let page = pages.templates.page_with(wish::status(&wrong), "place.html", &values);
    match guest {
        Some(_) => visitor.answer(page),
        None => page,
    }
}

/// Nothing, if no date was said.
async fn chosen(
    pages: &Pages,
    id: &str,
    offer: &Offer,
    guest: Option<&str>,
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
    let total = match offer.total(wanted, guest) {
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
        agreed: total,
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
