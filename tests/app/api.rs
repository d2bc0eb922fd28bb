//! The REST API.

use super::{Site, request};
use deployer::hbnb::Part;

const NOT_FOUND: (u16, &str) = (404, "{\"error\":\"Not found\"}\n");
const NOT_JSON: (u16, &str) = (400, "{\"error\":\"Not a JSON\"}\n");
const MISSING_NAME: (u16, &str) = (400, "{\"error\":\"Missing name\"}\n");
/// A body that decides everything about a row.
const UTAH: &str = r#"{"name":"Utah é","id":"u","created_at":"2020-01-02T03:04:05.000006","updated_at":"2020-01-02T03:04:05.000006","zip":1,"__class__":"X"}"#;
const UTAH_SHOWN: &str = "{\"__class__\":\"State\",\"created_at\":\"2020-01-02T03:04:05.000006\",\"id\":\"u\",\"name\":\"Utah \\u00e9\",\"updated_at\":\"2020-01-02T03:04:05.000006\"}";
const PROVO: &str = r#"{"name":"Provo","id":"p","state_id":"other","created_at":"2020-01-02T03:04:05","updated_at":"2020-01-02T03:04:05"}"#;
const PROVO_SHOWN: &str = "{\"__class__\":\"City\",\"created_at\":\"2020-01-02T03:04:05.000000\",\"id\":\"p\",\"name\":\"Provo\",\"state_id\":\"u\",\"updated_at\":\"2020-01-02T03:04:05.000000\"}";

#[tokio::test]
async fn status_is_ok_and_stats_count_all_six_classes() {
    let site = Site::seeded(Part::Api).await;
    let answer = site.get("/api/v1/status").await;
    assert_eq!(answer.said(), (200, "{\"status\":\"OK\"}\n"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), Some("16"));
    let counts =
        "{\"amenities\":44,\"cities\":41,\"places\":164,\"reviews\":574,\"states\":12,\"users\":40}\n";
    assert_eq!(site.get("/api/v1/stats").await.said(), (200, counts));
    assert_eq!(site.get("/api/v1/stats/").await.said(), (200, counts));
}

#[tokio::test]
async fn a_state_is_created_listed_shown_changed_and_deleted_with_either_slash() {
    for slash in ["", "/"] {
        let site = Site::empty(Part::Api).await;
        let (all, one) = (format!("/api/v1/states{slash}"), format!("/api/v1/states/u{slash}"));
        assert_eq!(site.get(&all).await.said(), (200, "[]\n"));
        let created = site.ask("POST", &all, UTAH).await;
        assert_eq!(created.said(), (201, &*format!("{UTAH_SHOWN}\n")));
        assert_eq!(created.header("content-type"), Some("application/json"));
        assert_eq!(site.get(&all).await.said(), (200, &*format!("[{UTAH_SHOWN}]\n")));
        assert_eq!(site.get(&one).await.said(), (200, &*format!("{UTAH_SHOWN}\n")));

        let changed =
            site.ask("PUT", &one, r#"{"name":"Deseret","id":"x","created_at":"1999-01-01T00:00:00"}"#).await;
        let updated = changed.body.split("\"updated_at\":\"").nth(1).unwrap().trim_end_matches("\"}\n");
        let wanted = UTAH_SHOWN
            .replace("Utah \\u00e9", "Deseret")
            .replace("\"updated_at\":\"2020-01-02T03:04:05.000006", &format!("\"updated_at\":\"{updated}"));
        assert_eq!(changed.said(), (200, &*format!("{wanted}\n")));
        assert!(updated.len() == 26 && updated > "2026", "{updated}");
        assert_eq!(site.get(&one).await.body, changed.body);

        assert_eq!(site.ask("DELETE", &one, "").await.said(), (200, "{}\n"));
        assert_eq!(site.get(&one).await.said(), NOT_FOUND);
        assert_eq!(site.ask("DELETE", &one, "").await.said(), NOT_FOUND);
    }
}

#[tokio::test]
async fn an_amenity_has_the_same_life_as_a_state() {
    let site = Site::empty(Part::Api).await;
    let shown = UTAH_SHOWN.replace("State", "Amenity");
    assert_eq!(site.ask("POST", "/api/v1/amenities", UTAH).await.said(), (201, &*format!("{shown}\n")));
    assert_eq!(site.get("/api/v1/amenities/").await.said(), (200, &*format!("[{shown}]\n")));
    assert_eq!(site.ask("PUT", "/api/v1/amenities/u", "{}").await.status, 200);
    assert_eq!(site.ask("DELETE", "/api/v1/amenities/u/", "").await.said(), (200, "{}\n"));
}

#[tokio::test]
async fn a_city_belongs_to_the_state_of_the_address_and_goes_with_it() {
    let site = Site::empty(Part::Api).await;
    site.ask("POST", "/api/v1/states", UTAH).await;
    let created = site.ask("POST", "/api/v1/states/u/cities", PROVO).await;
    assert_eq!(created.said(), (201, &*format!("{PROVO_SHOWN}\n")));
    assert_eq!(site.get("/api/v1/states/u/cities/").await.said(), (200, &*format!("[{PROVO_SHOWN}]\n")));
    let moved = site.ask("PUT", "/api/v1/cities/p", r#"{"state_id":"other"}"#).await;
    assert!(moved.status == 200 && moved.body.contains("\"state_id\":\"u\""), "{moved:?}");
    assert_eq!(site.ask("DELETE", "/api/v1/states/u", "").await.said(), (200, "{}\n"));
    assert_eq!(site.get("/api/v1/cities/p").await.said(), NOT_FOUND);
    assert_eq!(site.get("/api/v1/states/u/cities").await.said(), NOT_FOUND);
}

#[tokio::test]
async fn a_parent_is_looked_for_first_then_the_body_then_the_name() {
    let site = Site::empty(Part::Api).await;
    site.ask("POST", "/api/v1/states", UTAH).await;
    for path in ["/api/v1/states", "/api/v1/amenities", "/api/v1/states/u/cities"] {
        for body in ["", "nonsense", "[]", "\"name\"", "null", "{\"name\":\"x\"", "{'name':'x'}"] {
            assert_eq!(site.ask("POST", path, body).await.said(), NOT_JSON, "{path} {body}");
        }
        assert_eq!(site.ask("POST", path, "{}").await.said(), MISSING_NAME, "{path}");
        assert_eq!(site.ask("POST", path, "{\"Name\":\"x\"}").await.said(), MISSING_NAME, "{path}");
    }
    assert_eq!(site.ask("POST", "/api/v1/states/none/cities", "nonsense").await.said(), NOT_FOUND);
    assert_eq!(site.ask("PUT", "/api/v1/states/none", "nonsense").await.said(), NOT_FOUND);
    assert_eq!(site.ask("PUT", "/api/v1/states/u", "nonsense").await.said(), NOT_JSON);
}

#[tokio::test]
async fn what_does_not_fit_a_row_is_refused_and_never_an_error_of_ours() {
    let site = Site::empty(Part::Api).await;
    site.ask("POST", "/api/v1/states", UTAH).await;
    let exists = (409, "{\"error\":\"Already exists\"}\n");
    assert_eq!(site.ask("POST", "/api/v1/states", UTAH).await.said(), exists);
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(129));
    let invalid = (400, "{\"error\":\"Invalid name\"}\n");
    assert_eq!(site.ask("POST", "/api/v1/states", &long).await.said(), invalid);
    assert_eq!(site.ask("PUT", "/api/v1/states/u", "{\"name\":null}").await.said(), invalid);
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(site.ask("POST", "/api/v1/states", &huge).await.said(), (413, "{\"error\":\"Too large\"}\n"));
    for id in ["%FF", "%00", "x'--", "..%2f.."] {
        assert_eq!(site.get(&format!("/api/v1/states/{id}")).await.said(), NOT_FOUND, "{id}");
    }
}

#[tokio::test]
async fn users_places_and_reviews_can_be_read_and_no_password_is_shown() {
    let site = Site::seeded(Part::Api).await;
    let users = site.get("/api/v1/users").await;
    assert_eq!(users.status, 200);
    assert!(!users.body.contains("password"));
    let list =
        |answer: super::Answer| -> Vec<serde_json::Value> { serde_json::from_str(&answer.body).unwrap() };
    assert_eq!(list(users).len(), 40);
    let state = list(site.get("/api/v1/states").await)[0]["id"].as_str().unwrap().to_string();
    let city = list(site.get(&format!("/api/v1/states/{state}/cities")).await)[0].clone();
    let places = list(site.get(&format!("/api/v1/cities/{}/places", city["id"].as_str().unwrap())).await);
    assert_eq!(places.len(), 4);
    assert_eq!(
        places[0].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(),
        [
            "__class__",
            "city_id",
            "created_at",
            "description",
            "id",
            "latitude",
            "longitude",
            "max_guest",
            "name",
            "number_bathrooms",
            "number_rooms",
            "price_by_night",
            "updated_at",
            "user_id"
        ]
    );
    let place = places[0]["id"].as_str().unwrap();
    let reviews = list(site.get(&format!("/api/v1/places/{place}/reviews/")).await);
    assert_eq!((reviews.len(), reviews[0]["place_id"].as_str()), (2, Some(place)));
    let one = site.get(&format!("/api/v1/reviews/{}", reviews[0]["id"].as_str().unwrap())).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&one.body).unwrap(), reviews[0]);
    assert_eq!(site.get("/api/v1/places/none/reviews").await.said(), NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_address_is_not_found_and_a_wrong_method_names_the_right_ones() {
    let site = Site::empty(Part::All).await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/nop", "/api/v2/states", "/api/v1/states//"] {
        let answer = site.get(path).await;
        assert_eq!(answer.said(), NOT_FOUND, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("0.0.0.0"), "{path}");
    }
    for (method, path, allow) in [
        ("POST", "/api/v1/status", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/v1/states", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/api/v1/states/x/", "GET, HEAD, PUT, DELETE, OPTIONS"),
    ] {
        let answer = site.ask(method, path, "").await;
        assert_eq!(answer.said(), (405, "{\"error\":\"Method not allowed\"}\n"), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    let head = site.ask("HEAD", "/api/v1/status", "").await;
    assert_eq!((head.said(), head.header("content-length")), ((200, ""), Some("16")));
}

#[tokio::test]
async fn another_origin_is_echoed_and_a_preflight_is_answered() {
    let site = Site::empty(Part::Api).await;
    let plain = site.get("/api/v1/status").await;
    assert_eq!(plain.header("access-control-allow-origin"), Some("0.0.0.0"));
    let mut asked = request("GET", "/api/v1/status", "");
    asked.headers_mut().insert("origin", "http://front.example".parse().unwrap());
    let answer = site.send(asked).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://front.example"));
    assert_eq!(answer.header("vary"), Some("Origin"));

    let mut asked = request("OPTIONS", "/api/v1/states/x", "");
    for (name, value) in [
        ("origin", "http://front.example"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type"),
    ] {
        asked.headers_mut().insert(name, value.parse().unwrap());
    }
    let answer = site.send(asked).await;
    assert_eq!(answer.said(), (200, ""));
    for (name, value) in [
        ("access-control-allow-origin", "http://front.example"),
        ("access-control-allow-methods", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("access-control-allow-headers", "content-type"),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(answer.header("content-type"), None);
}
