//! The REST API, as rows: what is asked, and what must be answered, on every engine, with and without a slash at the end.

mod amenity;
mod bad_input;
mod city;
mod cors;
mod document;
mod page;
mod place;
mod place_amenity;
mod review;
mod search;
mod state;
mod status;
mod user;

use super::{Answer, Site, request};
use deployer::hbnb::Part;
use document::Document;

/// Method, address below `/api/v1`, body; status and body of the answer, without the newline at its end.
type Row<'a> = (&'a str, &'a str, &'a str, u16, &'a str);

/// No server takes a longer line unless it is told to.
const LONGEST_LINE: usize = 4094;
const NOT_FOUND: &str = r#"{"error":"Not found"}"#;
const NOT_JSON: &str = r#"{"error":"Not a JSON"}"#;

/// One row of each class, each belonging to the one before: s, c, u, p, a, r. Place and amenity are not linked.
const WORLD: [Row; 6] = [
    (
        "POST",
        "/states",
        r#"{"name":"Utah","id":"s","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02T03:04:05"}"#,
        201,
        S,
    ),
    (
        "POST",
        "/states/s/cities",
        r#"{"name":"Provo","id":"c","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02T03:04:05"}"#,
        201,
        C,
    ),
    (
        "POST",
        "/users",
        r#"{"email":"e","password":"w","id":"u","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02T03:04:05"}"#,
        201,
        U,
    ),
    (
        "POST",
        "/cities/c/places",
        r#"{"name":"Nest","user_id":"u","id":"p","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02T03:04:05"}"#,
        201,
        P,
    ),
    (
        "POST",
        "/amenities",
        r#"{"name":"Wifi","id":"a","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02T03:04:05"}"#,
        201,
        A,
    ),
    (
        "POST",
        "/places/p/reviews",
        r#"{"text":"Fine","user_id":"u","id":"r","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02T03:04:05"}"#,
        201,
        R,
    ),
];
const S: &str = r#"{"__class__":"State","created_at":"2020-01-02T03:04:05.000000","id":"s","name":"Utah","updated_at":"2020-01-02T03:04:05.000000"}"#;
const C: &str = r#"{"__class__":"City","created_at":"2020-01-02T03:04:05.000000","id":"c","name":"Provo","state_id":"s","updated_at":"2020-01-02T03:04:05.000000"}"#;
const U: &str = r#"{"__class__":"User","created_at":"2020-01-02T03:04:05.000000","email":"e","first_name":null,"id":"u","last_name":null,"updated_at":"2020-01-02T03:04:05.000000"}"#;
const P: &str = r#"{"__class__":"Place","city_id":"c","created_at":"2020-01-02T03:04:05.000000","description":null,"id":"p","latitude":null,"longitude":null,"max_guest":0,"name":"Nest","number_bathrooms":0,"number_rooms":0,"price_by_night":0,"updated_at":"2020-01-02T03:04:05.000000","user_id":"u"}"#;
const A: &str = r#"{"__class__":"Amenity","created_at":"2020-01-02T03:04:05.000000","id":"a","name":"Wifi","updated_at":"2020-01-02T03:04:05.000000"}"#;
const R: &str = r#"{"__class__":"Review","created_at":"2020-01-02T03:04:05.000000","id":"r","place_id":"p","text":"Fine","updated_at":"2020-01-02T03:04:05.000000","user_id":"u"}"#;

/// The rows hold one after the other, over an empty database of either engine, with either form of every address.
async fn holds(rows: &[Row<'_>]) {
    for slash in ["", "/"] {
        let site = Site::empty(Part::Api).await;
        hold(&site, slash, rows).await;
    }
}

/// As [`holds`], but [`WORLD`] is there already.
async fn holds_in_the_world(rows: &[Row<'_>]) {
    holds(&[&WORLD[..], rows].concat()).await;
}

async fn hold(site: &Site, slash: &str, rows: &[Row<'_>]) {
    let document = Document::of(site).await;
    for (method, path, body, status, wanted) in rows {
        let (path, query) =
            path.split_once('?').map_or((*path, String::new()), |(p, q)| (p, format!("?{q}")));
        let answer = site.ask(method, &format!("/api/v1{path}{slash}{query}"), body).await;
        let row = format!("{method} {path}{slash}{query} {}", body.chars().take(200).collect::<String>());
        if is_refused_before(&answer, path, *status) {
            continue;
        }
        assert_eq!((answer.status, settled(&answer.body)), (*status, format!("{wanted}\n")), "{row}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{row}");
        assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()), "{row}");
        assert!(document.tells(method, path, *status), "{row}: {status} is not in the document");
    }
    eprintln!("rows asked: {}", rows.len());
}

/// What the application never sees, because a server before it refuses it in words of its own: an address that is longer than
/// lines may be; and through Nginx an address with a NUL, and a body that the application would find too large anyway.
fn is_refused_before(answer: &Answer, path: &str, status: u16) -> bool {
    let is_of_nginx = answer.is_of_nginx() && answer.header("content-type") == Some("text/html");
    match answer.status {
        400 => is_of_nginx && path.contains("%00"),
        413 => is_of_nginx && status == 413,
        414 => path.len() > LONGEST_LINE,
        _ => false,
    }
}

/// The text with `NOW` for each moment that is not of the year 2020, and `NEW` for each id that was made by chance.
fn settled(body: &str) -> String {
    let parts = body.split('"').map(|part| match part.len() {
        26 if part.as_bytes()[10] == b'T' && !part.starts_with("2020-") => "NOW",
        36 if part.matches('-').count() == 4 => "NEW",
        _ => part,
    });
    parts.collect::<Vec<_>>().join("\"")
}

/// A row of [`WORLD`] after a change, as [`settled`] shows it.
fn touched(row: &str) -> String {
    row.replace(r#""updated_at":"2020-01-02T03:04:05.000000""#, r#""updated_at":"NOW""#)
}

/// A list of JSON objects, by their ids.
fn ids(answer: &Answer) -> Vec<String> {
    let rows: Vec<serde_json::Value> = serde_json::from_str(&answer.body).unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_string()).collect()
}
