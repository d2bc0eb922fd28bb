//! The home page: filters and places. It works without a script: the filters are a form.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::uri::{PathAndQuery, Uri};
use axum::response::Response;
use serde::Serialize;
use tera::Context;

use super::{Pages, error};
use crate::hbnb::picture;
use crate::hbnb::storage::Error;
use crate::hbnb::storage::home::Card;
use crate::hbnb::storage::search::Wish;

/// Places of one page; the course's page had all of them, and its data has fewer than this.
const PLACES: i64 = 200;

/// What the address asks for: `state`, `city`, `amenity` (ids, repeatable) and `page` (from 1); anything else is ignored.
type Asked = Query<Vec<(String, String)>>;

/// A place with what is only there to be seen.
#[derive(Serialize)]
struct Shown {
    #[serde(rename = "place")]
    card: Card,
    link: String,
    lines: Vec<String>,
    picture: String,
}

/// `/` and `/2-hbnb`, with the first steps that led there.
pub async fn page(
    State(pages): State<Pages>,
    address: Uri,
    asked: Result<Asked, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(pairs)| pairs).unwrap_or_default();
    let fresh = async || Ok(pages.templates.page("home.html", &values(&pages, &asked).await?));
    let address = address.path_and_query().map_or("", PathAndQuery::as_str);
    match pages.kept.answer(&[address.as_bytes()], fresh).await {
        Ok(page) => page,
        Err(cause) => error::storage(&cause),
    }
}

/// `/hbnb_filters`: the filters alone; searching leads to the home page.
pub async fn filters(State(pages): State<Pages>) -> Response {
    unfilled(&pages, "hbnb_filters.html").await
}

/// `/4-hbnb` and its neighbours: the page without its places, which a script asks the API for. Without the script, searching
/// leads to the home page.
pub async fn live(State(pages): State<Pages>) -> Response {
    unfilled(&pages, "live.html").await
}

async fn unfilled(pages: &Pages, template: &str) -> Response {
    let mut values = match choices(pages, &Wish::default()).await {
        Ok(values) => values,
        Err(cause) => return error::storage(&cause),
    };
    values.insert("action", "/");
    values.insert("pictures", &picture::COUNT);
    pages.templates.page(template, &values)
}

async fn values(pages: &Pages, asked: &[(String, String)]) -> Result<Context, Error> {
    let wish = wished(asked);
    let mut values = choices(pages, &wish).await?;
    let total = pages.storage.fitting(&wish).await?;
    let last = (total + PLACES - 1) / PLACES;
    let number = asked.iter().rev().find(|(name, _)| name == "page").and_then(|(_, n)| n.parse().ok());
    let number: i64 = number.unwrap_or(1).clamp(1, last.max(1));
    let cards = pages.storage.cards(&wish, (number - 1) * PLACES, PLACES).await?;
    values.insert("places", &cards.into_iter().map(shown).collect::<Vec<_>>());
    values.insert("total", &total);
    values.insert("page", &number);
    values.insert("pages", &last);
    values.insert("query", &query(&wish));
    values.insert("action", "");
    Ok(values)
}

async fn choices(pages: &Pages, wish: &Wish) -> Result<Context, Error> {
    let states = pages.storage.states().await?;
    let amenities = pages.storage.amenities().await?;
    let chosen_places = states
        .iter()
        .flat_map(|state| {
            let whole = wish.states.contains(&state.id).then_some(&state.name);
            let cities = state.cities.iter().filter(|city| wish.cities.contains(&city.id)).map(|c| &c.name);
            whole.into_iter().chain(cities)
        })
        .cloned()
        .collect::<Vec<_>>();
    let chosen_amenities: Vec<_> =
        amenities.iter().filter(|a| wish.amenities.contains(&a.id)).map(|a| a.name.clone()).collect();
    let mut values = Context::new();
    values.insert("states", &states);
    values.insert("amenities", &amenities);
    values.insert("wish_states", &wish.states);
    values.insert("wish_cities", &wish.cities);
    values.insert("wish_amenities", &wish.amenities);
    values.insert("chosen_places", &chosen_places.join(", "));
    values.insert("chosen_amenities", &chosen_amenities.join(", "));
    Ok(values)
}

fn wished(asked: &[(String, String)]) -> Wish {
    let all = |name: &str| asked.iter().filter(|(n, _)| n == name).map(|(_, id)| id.clone()).collect();
    Wish { states: all("state"), cities: all("city"), amenities: all("amenity") }
}

/// The wish as the beginning of an address's query, for links to further pages.
fn query(wish: &Wish) -> String {
    let ids = [("state", &wish.states), ("city", &wish.cities), ("amenity", &wish.amenities)];
    let mut text = String::from("?");
    for (name, id) in ids.iter().flat_map(|(name, ids)| ids.iter().map(move |id| (name, id))) {
        text.push_str(&format!("{name}={}&", percent(id)));
    }
    text
}

/// A text as part of an address.
pub(super) fn percent(id: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    id.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn shown(card: Card) -> Shown {
    Shown {
        link: format!("/places/{}", percent(&card.id)),
        lines: lines(&card.description),
        picture: picture::shown(&card.cover, &card.id),
        card,
    }
}

/// The description's lines: `<BR />` breaks them, however it is spelled; other markup is text.
pub(super) fn lines(description: &str) -> Vec<String> {
    let mut text = String::with_capacity(description.len());
    let mut rest = description;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        text.push_str(before);
        rest = match after_break(tag) {
            Some(after) => {
                text.push('\n');
                after
            }
            None => {
                text.push('<');
                &tag[1..]
            }
        };
    }
    text.push_str(rest);
    text.lines().map(str::to_string).collect()
}

/// What follows the `<br>` that `tag` begins with, if it does.
fn after_break(tag: &str) -> Option<&str> {
    let (name, rest) = tag.split_at_checked(3)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('/').unwrap_or(rest).trim_start();
    rest.strip_prefix('>').filter(|_| name.eq_ignore_ascii_case("<br"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_has_many_spellings_and_nothing_else_is_one() {
        let text = "a<BR />b<br>c<Br/>d<br  / >e<b>f</b><brr>g<br\nh";
        assert_eq!(lines(text), ["a", "b", "c", "d", "e<b>f</b><brr>g<br", "h"]);
        assert_eq!(lines("<<BR />é<"), ["<", "é<"]);
    }
}
