//! The page of one place: what it is, what guests say, which nights are free, and what a stay there costs.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tera::Context;

use super::home::{lines, percent};
use super::visitor::Visitor;
use super::wish::{self, Input, Said, WHEN};
use super::{Pages, error, local};
use crate::hbnb::booking::calendar::Span;
use crate::hbnb::booking::offer::dollars;
use crate::hbnb::booking::stay::{self, shown};
use crate::hbnb::booking::{Field, Offer, Problem, Wanted, today};
use crate::hbnb::photo::{Size, address};
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

/// A review that somebody typed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Typed {
    /// What was typed.
    pub text: String,
    /// What is wrong with it, or nothing.
    pub wrong: String,
}

/// What was sent to the page.
#[derive(Default)]
struct Sent {
    said: Said,
    /// What is wrong with the booking, if one was sent.
    wrong: Option<Vec<Problem>>,
    review: Typed,
}

/// The longest review, in characters: the column's width.
pub const LONGEST: usize = 1024;
/// The name of the month that the calendar begins with, in addresses.
const MONTH: &str = "month";
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
    answered(&pages, &visitor, &id, Sent { said, ..Sent::default() }).await
}

/// The page after a booking that was refused.
pub async fn refused(
    pages: &Pages,
    visitor: &Visitor,
    id: &str,
    said: Said,
    wrong: Vec<Problem>,
) -> Response {
    answered(pages, visitor, id, Sent { said, wrong: Some(wrong), ..Sent::default() }).await
}

/// The page after a review that says too little or too much.
pub async fn unsaid(pages: &Pages, visitor: &Visitor, id: &str, review: Typed) -> Response {
    answered(pages, visitor, id, Sent { review, ..Sent::default() }).await
}

async fn answered(pages: &Pages, visitor: &Visitor, id: &str, sent: Sent) -> Response {
    let Sent { said, wrong, review } = sent;
    let said = &said;
    let guest = visitor.person.as_ref().map(|person| person.id.as_str());
    let found = async {
        let Some(whole) = pages.storage.whole(id).await? else { return Ok(None) };
        let Some(offer) = pages.storage.offer(id).await? else { return Ok(None) };
        let chosen = match wrong {
            Some(wrong) => Err(wrong),
            None => chosen(pages, id, &offer, guest, said).await?,
        };
        let more = more(pages, id, guest, said).await?;
        Ok::<_, Error>(Some((whole, offer, chosen, more)))
    };
    let (whole, offer, chosen, more) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return error::not_found(),
        Err(cause) => return error::storage(&cause),
    };
    let wrong = chosen.as_ref().err().cloned().unwrap_or_default();
    let mut values = facts(whole, &offer);
    values.extend(more);
    let status =
        if review.wrong.is_empty() { wish::status(&wrong) } else { StatusCode::UNPROCESSABLE_ENTITY };
    values.insert("typed", &review);
    values.insert("longest", &LONGEST);
    values.insert("reviewed", &(said.named("done") == "reviewed"));
    values.insert("fields", &inputs(said, &wrong, &offer));
    values.insert("chosen", &chosen.ok().flatten());
    let refused = wrong.iter().find(|problem| problem.field() == Field::Whole);
    values.insert("refused", &refused.map(Problem::to_string).unwrap_or_default());
    let back = format!("/places/{}{}", percent(id), said.query(&WHEN).trim_end_matches(['?', '&']));
    values.insert("log_in", &local::with_next("/log-in", Some(&back)));
    values.insert("edit", &format!("/listings/{}", percent(id)));
    values.insert("own", &(guest == Some(offer.host.as_str())));
    values.insert("token", &guest.map(|_| visitor.token()).unwrap_or_default());
    let page = pages.templates.page_with(status, "place.html", &values);
    match guest {
        Some(_) => visitor.answer(page),
        None => page,
    }
}

/// What the page shows beside the place: its pictures, which nights are free, and whether the visitor may review it.
async fn more(pages: &Pages, id: &str, guest: Option<&str>, said: &Said) -> Result<Context, Error> {
    let today = today();
    let span = Span::of(said.named(MONTH), today);
    let booked = pages.storage.nights(id, span.begin(), span.end()).await?;
    let may_review = match guest {
        Some(guest) => pages.storage.may_review(id, guest, today).await?,
        None => false,
    };
    let pictures = pages.storage.pictures(id).await?;
    let link = |month: Option<String>| {
        let to = |month| format!("/places/{}{}{MONTH}={month}#calendar", percent(id), said.query(&WHEN));
        month.map(to).unwrap_or_default()
    };
    let mut values = Context::new();
    values.insert("months", &span.months(&booked, today));
    values.insert("before", &link(span.before()));
    values.insert("after", &link(span.after()));
    values.insert("may_review", &may_review);
    let large = pictures.iter().map(|picture| address(picture, Size::Large));
    values.insert("pictures", &large.collect::<Vec<_>>());
    let small = pictures.iter().map(|picture| address(picture, Size::Small));
    values.insert("small", &small.collect::<Vec<_>>());
    Ok(values)
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
