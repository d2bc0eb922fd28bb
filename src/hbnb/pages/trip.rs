//! Trips: a guest books a place, sees what is booked, and cancels.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use serde::Serialize;
use tera::Context;

use super::done::Done;
use super::filled::Filled;
use super::home::percent;
use super::visitor::{Visitor, first_log_in, see};
use super::wish::{Said, WHEN};
use super::{Pages, error, place};
use crate::hbnb::booking::offer::dollars;
use crate::hbnb::booking::stay::{date, shown};
use crate::hbnb::booking::wanted::whole;
use crate::hbnb::booking::{Problem, Wanted, today};
use crate::hbnb::picture;
use crate::hbnb::storage::booking::{Booked, Cancelled, Trip};

/// The name of the field with the price that the guest saw.
const TOTAL: &str = "total";

/// A trip as it is shown.
#[derive(Serialize)]
struct Shown {
    trip: Trip,
    link: String,
    picture: String,
    from: String,
    to: String,
    total: String,
    /// Where the form that cancels it is sent; empty if it cannot be cancelled any more.
    cancel: String,
}

/// `POST /places/ID/bookings`: books the stay for who is logged in, and shows the trips.
pub async fn book(
    State(pages): State<Pages>,
    id: Result<Path<String>, PathRejection>,
    filled: Filled,
) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    let said = Said(WHEN.iter().map(|name| (name.to_string(), filled.text(name).to_string())).collect());
    let Some(person) = &filled.visitor.person else {
        return first_log_in(&format!("/places/{}{}", percent(&id), said.query(&WHEN)));
    };
    let [check_in, check_out, guests] = WHEN.map(|name| said.named(name));
    let said_total = filled.word(TOTAL);
    let agreed = whole(said_total);
    let wrong = match Wanted::parse(check_in, check_out, guests, today()) {
        Err(wrong) => wrong,
        // Whatever the guest was told, it was another price than any.
        Ok(_) if agreed.is_none() && !said_total.is_empty() => vec![Problem::OtherPrice],
        Ok(wanted) => {
            let wanted = Wanted { agreed, ..wanted };
            match pages.storage.book(&id, &person.id, wanted).await {
                Ok(Booked::Done { .. }) => return see("/trips?done=booked"),
                Ok(Booked::Already) => return see("/trips?done=again"),
                Ok(Booked::Refused(problem)) => vec![problem],
                Ok(Booked::Unknown) => return error::not_found(),
                Err(cause) => return error::storage(&cause),
            }
        }
    };
    place::refused(&pages, &filled.visitor, &id, said, wrong).await
}

/// `/trips`: what who is logged in has booked.
pub async fn page(State(pages): State<Pages>, visitor: Visitor, done: Done) -> Response {
    let notice = match done.word() {
        "booked" => "Your stay is booked. Have a good trip!",
        "again" => "Your stay is booked. It was sent twice, and you pay once.",
        "cancelled" => "Your stay is cancelled. You pay nothing.",
        _ => "",
    };
    listed(&pages, &visitor, notice, None).await
}

/// `POST /trips/ID/cancel`: cancels a stay that has not begun.
pub async fn cancel(
    State(pages): State<Pages>,
    id: Result<Path<String>, PathRejection>,
    filled: Filled,
) -> Response {
    let Ok(Path(id)) = id else { return error::not_found() };
    let Some(person) = &filled.visitor.person else { return first_log_in("/trips") };
    match pages.storage.cancel(&id, &person.id, today()).await {
        Ok(Cancelled::Done) => see("/trips?done=cancelled"),
        Ok(Cancelled::Begun) => listed(&pages, &filled.visitor, "", Some(Problem::Begun)).await,
        Ok(Cancelled::Unknown) => error::not_found(),
        Err(cause) => error::storage(&cause),
    }
}

async fn listed(pages: &Pages, visitor: &Visitor, notice: &str, wrong: Option<Problem>) -> Response {
    let Some(person) = &visitor.person else { return first_log_in("/trips") };
    let trips = match pages.storage.trips(&person.id).await {
        Ok(trips) => trips,
        Err(cause) => return error::storage(&cause),
    };
    let today = today();
    let (gone, mut ahead): (Vec<Trip>, Vec<Trip>) = trips
        .into_iter()
        .partition(|trip| trip.cancelled || date(&trip.check_out).is_none_or(|end| end < today));
    // The next one first.
    ahead.reverse();
    let all = |trips: Vec<Trip>| trips.into_iter().map(|trip| as_shown(trip, today)).collect::<Vec<_>>();
    let mut values = Context::new();
    values.insert("ahead", &all(ahead));
    values.insert("gone", &all(gone));
    values.insert("token", &visitor.token());
    values.insert("notice", notice);
    values.insert("refused", &wrong.map(|problem| problem.to_string()).unwrap_or_default());
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visitor.answer(pages.templates.page_with(status, "trips.html", &values))
}

fn as_shown(trip: Trip, today: Date) -> Shown {
    let [begin, end] = [&trip.check_in, &trip.check_out].map(|text| date(text));
    let open = !trip.cancelled && begin.is_some_and(|begin| begin >= today);
    Shown {
        link: format!("/places/{}", percent(&trip.place)),
        picture: picture::shown(&trip.cover, &trip.place),
        from: begin.map(shown).unwrap_or_default(),
        to: end.map(shown).unwrap_or_default(),
        total: dollars(trip.total),
        cancel: if open { format!("/trips/{}/cancel", percent(&trip.id)) } else { String::new() },
        trip,
    }
}
