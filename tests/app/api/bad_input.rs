//! What no client should say: refused as the client's fault, with nothing written.

use super::{A, C, NOT_FOUND, NOT_JSON, P, R, Row, S, Site, U, WORLD, hold, holds_in_the_world};
use axum::body::Body;
use axum::http::Request;
use deployer::hbnb::Part;

const TOO_LARGE: &str = r#"{"error":"Too large"}"#;
/// Every address that takes a row, and every one that changes one.
const WRITERS: [(&str, &str); 12] = [
    ("POST", "/states"),
    ("POST", "/amenities"),
    ("POST", "/users"),
    ("POST", "/states/s/cities"),
    ("POST", "/cities/c/places"),
    ("POST", "/places/p/reviews"),
    ("PUT", "/states/s"),
    ("PUT", "/cities/c"),
    ("PUT", "/users/u"),
    ("PUT", "/places/p"),
    ("PUT", "/amenities/a"),
    ("PUT", "/reviews/r"),
];
/// There is what [`WORLD`] made, as it was made, and nothing else.
const UNTOUCHED: [Row; 7] = [
    ("GET", "/states/s", "", 200, S),
    ("GET", "/cities/c", "", 200, C),
    ("GET", "/users/u", "", 200, U),
    ("GET", "/places/p", "", 200, P),
    ("GET", "/amenities/a", "", 200, A),
    ("GET", "/reviews/r", "", 200, R),
    ("GET", "/stats", "", 200, r#"{"amenities":1,"cities":1,"places":1,"reviews":1,"states":1,"users":1}"#),
];

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_everywhere() {
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    let bodies = [
        "",
        " ",
        "null",
        "true",
        "5",
        "\"name\"",
        "[]",
        "[{\"name\":\"x\"}]",
        "{\"name\":\"x\"",
        "{\"name\":\"x\"}}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"\\udc00\\ud800\"}",
        "{\"name\":NaN}",
        "{\"name\":1e999}",
        "{\"name\":\"a\nb\"}",
        "\u{feff}{}",
        &deep,
    ];
    let rows: Vec<_> = WRITERS
        .iter()
        .flat_map(|(method, path)| bodies.iter().map(|body| (*method, *path, *body, 400, NOT_JSON)))
        .chain(UNTOUCHED)
        .collect();
    holds_in_the_world(&rows).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_no_json() {
    let site = Site::empty(Part::Api).await;
    for bytes in [&b"{\"name\":\"\xff\"}"[..], b"{\"name\":\"\xed\xa0\x80\"}", b"\x00", b"\xff\xfe{\x00}\x00"]
    {
        let asked = Request::post("/api/v1/states").body(Body::from(bytes.to_vec())).unwrap();
        assert_eq!(site.send(asked).await.said(), (400, &*format!("{NOT_JSON}\n")), "{bytes:?}");
    }
    assert_eq!(site.get("/api/v1/states").await.said(), (200, "[]\n"));
}

#[tokio::test]
async fn a_body_of_many_megabytes_is_too_large() {
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(10 << 20));
    let rows: Vec<_> =
        WRITERS.iter().map(|(method, path)| (*method, *path, huge.as_str(), 413, TOO_LARGE)).collect();
    let search = ("POST", "/places_search", huge.as_str(), 413, TOO_LARGE);
    let site = Site::empty(Part::Api).await;
    hold(&site, "", &WORLD).await;
    hold(&site, "", &[&rows[..], &[search], &UNTOUCHED].concat()).await;
}

#[tokio::test]
async fn a_value_that_does_not_fit_its_column_is_refused_and_nothing_is_written() {
    let long = format!("\"{}\"", "x".repeat(129));
    let longer = format!("\"{}\"", "é".repeat(1025));
    let longest_id = format!("\"{}\"", "x".repeat(61));
    let cases = [
        ("name", "5"),
        ("name", "true"),
        ("name", "[]"),
        ("name", "{}"),
        ("name", "\"a\\u0000\""),
        ("name", &long),
        ("description", "5"),
        ("description", &longer),
        ("number_rooms", "\"2\""),
        ("number_rooms", "-1"),
        ("number_bathrooms", "1.5"),
        ("max_guest", "null"),
        ("price_by_night", "2147483648"),
        ("price_by_night", "1e300"),
        ("price_by_night", "-99999999999999999999999999"),
        ("latitude", "\"1\""),
        ("latitude", "1e39"),
        ("longitude", "[]"),
    ];
    let once = [
        ("id", "5"),
        ("id", "\"\""),
        ("id", "null"),
        ("id", longest_id.as_str()),
        ("created_at", "5"),
        ("created_at", "\"yesterday\""),
        ("created_at", "\"2023-02-29T00:00:00.000000\""),
        ("updated_at", "\"2023-01-01T25:00:00\""),
        ("updated_at", "\"0000-01-01T00:00:00\""),
    ];
    let site = Site::empty(Part::Api).await;
    hold(&site, "", &WORLD).await;
    for (column, value) in cases.iter().chain(&once) {
        let invalid = format!("{{\"error\":\"Invalid {column}\"}}");
        let body = format!("{{\"user_id\":\"u\",\"name\":\"x\",\"{column}\":{value}}}");
        hold(&site, "", &[("POST", "/cities/c/places", &body, 400, &invalid)]).await;
    }
    for (column, value) in cases {
        let invalid = format!("{{\"error\":\"Invalid {column}\"}}");
        let body = format!("{{\"name\":\"y\",\"{column}\":{value}}}");
        hold(&site, "", &[("PUT", "/places/p", &body, 400, &invalid)]).await;
    }
    hold(&site, "", &[("GET", "/cities/c/places", "", 200, &format!("[{P}]"))]).await;
}

#[tokio::test]
async fn a_user_is_refused_as_any_row() {
    let invalid = |name| format!(r#"{{"error":"Invalid {name}"}}"#);
    let long = format!(r#"{{"email":"{}","password":"w"}}"#, "x".repeat(129));
    holds_in_the_world(&[
        ("POST", "/users", &long, 400, &invalid("email")),
        ("POST", "/users", r#"{"email":5,"password":"w"}"#, 400, &invalid("email")),
        ("POST", "/users", r#"{"email":"e","password":5}"#, 400, &invalid("password")),
        ("POST", "/users", r#"{"email":"e","password":"w","last_name":[]}"#, 400, &invalid("last_name")),
        ("PUT", "/users/u", r#"{"password":null}"#, 400, &invalid("password")),
        ("GET", "/users", "", 200, &format!("[{U}]")),
    ])
    .await;
}

#[tokio::test]
async fn an_id_that_nobody_has_is_not_found_whatever_it_looks_like() {
    let long = "x".repeat(5000);
    let ids = [
        "%FF",
        "%00",
        "s%00",
        "S",
        "s%20",
        "x'--",
        "'%20OR%201=1",
        "%22",
        "..%2f..",
        "%2e%2e",
        "-1",
        "99999999999999999999",
        "%F0%9F%98%80",
        "%25",
        "%5c",
        &long,
    ];
    let paths: Vec<String> = ids
        .iter()
        .flat_map(|id| {
            ["states", "cities", "users", "places", "amenities", "reviews"].map(|c| format!("/{c}/{id}"))
        })
        .collect();
    let rows: Vec<_> = paths
        .iter()
        .flat_map(|path| {
            [("GET", ""), ("PUT", "{}"), ("DELETE", "")].map(|(m, b)| (m, path.as_str(), b, 404, NOT_FOUND))
        })
        .collect();
    holds_in_the_world(&rows).await;
    holds_in_the_world(&[
        ("POST", "/places/p/amenities/%00", "", 404, NOT_FOUND),
        ("POST", "/places/%FF/amenities/a", "", 404, NOT_FOUND),
        ("POST", "/states/%27/cities", "{}", 404, NOT_FOUND),
        ("GET", "/states", "", 200, &format!("[{S}]")),
    ])
    .await;
}

#[tokio::test]
async fn an_id_may_be_any_text_and_is_found_by_it() {
    let site = Site::empty(Part::Api).await;
    for (id, path) in
        [("a/b", "a%2Fb"), ("'; --", "%27;%20--"), ("é😀", "%C3%A9%F0%9F%98%80"), ("A", "A"), ("a", "a")]
    {
        let body = serde_json::json!({"id": id, "name": "x"}).to_string();
        assert_eq!(site.ask("POST", "/api/v1/states", &body).await.status, 201, "{id}");
        let shown = site.get(&format!("/api/v1/states/{path}")).await;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown.body).unwrap()["id"], id);
        assert_eq!(site.ask("DELETE", &format!("/api/v1/states/{path}/"), "").await.status, 200, "{id}");
    }
}
