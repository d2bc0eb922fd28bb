//! `/places_search`.

use super::{A, NOT_JSON, P, Site, WORLD, hold, holds_in_the_world, ids, request};
use deployer::hbnb::Part;

/// Bodies, and the ids of the places that fit, in a world of two states; see [`site`].
const WISHES: [(&str, &[&str]); 17] = [
    ("{}", &["p", "q", "t"]),
    (r#"{"states":[],"cities":[],"amenities":[]}"#, &["p", "q", "t"]),
    (r#"{"states":null,"other":1}"#, &["p", "q", "t"]),
    (r#"{"states":["s"]}"#, &["p", "q"]),
    (r#"{"states":["s","s"],"cities":["c"]}"#, &["p", "q"]),
    (r#"{"cities":["c"]}"#, &["p"]),
    (r#"{"cities":["c","e"]}"#, &["p", "t"]),
    (r#"{"states":["z"],"cities":["c"]}"#, &["p", "t"]),
    (r#"{"amenities":["a"]}"#, &["p", "t"]),
    (r#"{"amenities":["a","b"]}"#, &["t"]),
    (r#"{"amenities":["a","a"]}"#, &["p", "t"]),
    (r#"{"states":["s"],"amenities":["a"]}"#, &["p"]),
    (r#"{"states":["s"],"amenities":["a","b"]}"#, &[]),
    (r#"{"states":["none"]}"#, &[]),
    (r#"{"cities":["none"],"states":["s"]}"#, &["p", "q"]),
    (r#"{"amenities":["none"]}"#, &[]),
    (r#"{"amenities":["a","none"]}"#, &[]),
];

/// State s: city c with place p (a), city d with place q (nothing). State z: city e with place t (a, b).
async fn site() -> Site {
    let site = Site::empty(Part::Api).await;
    hold(&site, "", &WORLD).await;
    for (path, body) in [
        ("/states", r#"{"id":"z","name":"Z"}"#),
        ("/states/s/cities", r#"{"id":"d","name":"D"}"#),
        ("/states/z/cities", r#"{"id":"e","name":"E"}"#),
        ("/cities/d/places", r#"{"id":"q","name":"Q","user_id":"u"}"#),
        ("/cities/e/places", r#"{"id":"t","name":"T","user_id":"u"}"#),
        ("/amenities", r#"{"id":"b","name":"B"}"#),
        ("/places/p/amenities/a", ""),
        ("/places/t/amenities/a", ""),
        ("/places/t/amenities/b", ""),
    ] {
        let answer = site.ask("POST", &format!("/api/v1{path}"), body).await;
        assert_eq!(answer.status, 201, "{path} {answer:?}");
    }
    site
}

#[tokio::test]
async fn states_and_cities_are_a_union_and_amenities_must_all_be_there() {
    let site = site().await;
    for (body, wanted) in WISHES {
        for path in ["/api/v1/places_search", "/api/v1/places_search/"] {
            let answer = site.ask("POST", path, body).await;
            assert_eq!(
                (answer.status, ids(&answer)),
                (200, wanted.iter().map(|id| id.to_string()).collect()),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn a_found_place_is_shown_as_everywhere_and_a_wrong_wish_is_refused() {
    let invalid = |name| format!(r#"{{"error":"Invalid {name}"}}"#);
    holds_in_the_world(&[
        ("POST", "/places/p/amenities/a", "", 201, A),
        ("POST", "/places_search", r#"{"amenities":["a"]}"#, 200, &format!("[{P}]")),
        ("POST", "/places_search", "", 400, NOT_JSON),
        ("POST", "/places_search", "nonsense", 400, NOT_JSON),
        ("POST", "/places_search", "[]", 400, NOT_JSON),
        ("POST", "/places_search", r#"{"states":"s"}"#, 400, &invalid("states")),
        ("POST", "/places_search", r#"{"cities":[1]}"#, 400, &invalid("cities")),
        ("POST", "/places_search", r#"{"amenities":[null]}"#, 400, &invalid("amenities")),
        ("POST", "/places_search", r#"{"amenities":{}}"#, 400, &invalid("amenities")),
    ])
    .await;
}

#[tokio::test]
async fn no_body_at_all_wishes_nothing_if_it_says_it_is_json() {
    let site = site().await;
    let mut asked = request("POST", "/api/v1/places_search/", "");
    asked.headers_mut().insert("content-type", "application/json; charset=utf-8".parse().unwrap());
    assert_eq!(ids(&site.send(asked).await), ["p", "q", "t"]);
    let mut asked = request("POST", "/api/v1/places_search/", "");
    asked.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(site.send(asked).await.said(), (400, &*format!("{NOT_JSON}\n")));
}

#[tokio::test]
async fn more_ids_than_anybody_has_are_refused() {
    let site = Site::empty(Part::Api).await;
    let many = |count| format!(r#"{{"states":[{}]}}"#, vec!["\"x\""; count].join(","));
    assert_eq!(site.ask("POST", "/api/v1/places_search", &many(1000)).await.said(), (200, "[]\n"));
    let refused = site.ask("POST", "/api/v1/places_search", &many(1001)).await;
    assert_eq!(refused.said(), (400, "{\"error\":\"Invalid states\"}\n"));
}
