//! `/status` and `/stats`, and addresses and methods that there are not.

use super::{Site, holds, holds_in_the_world};
use deployer::hbnb::Part;

#[tokio::test]
async fn status_is_ok_and_stats_count_all_six_classes() {
    let none = r#"{"amenities":0,"cities":0,"places":0,"reviews":0,"states":0,"users":0}"#;
    let one = none.replace('0', "1");
    holds(&[("GET", "/status", "", 200, r#"{"status":"OK"}"#), ("GET", "/stats", "", 200, none)]).await;
    holds_in_the_world(&[("GET", "/stats", "", 200, &one)]).await;
}

#[tokio::test]
async fn an_unknown_address_is_not_found() {
    let site = Site::empty(Part::All).await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nop",
        "/api/v2/states",
        "/api/v1/places",
        "/api/v1/cities",
        "/api/v1/reviews/",
        "/api/v1/places/p/amenities/a/b",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = site.ask(method, path, "").await;
            assert_eq!(answer.said(), (404, "{\"error\":\"Not found\"}\n"), "{method} {path}");
            assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("0.0.0.0"), "{path}");
        }
    }
    assert_eq!(site.get("/api/v1/states//").await.said(), (404, "{\"error\":\"Not found\"}\n"));
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let site = Site::empty(Part::All).await;
    let all = "GET, HEAD, PUT, DELETE, OPTIONS";
    for (path, wrong, allow) in [
        ("/status", "POST", "GET, HEAD, OPTIONS"),
        ("/stats", "DELETE", "GET, HEAD, OPTIONS"),
        ("/states", "PUT", "GET, HEAD, POST, OPTIONS"),
        ("/users", "DELETE", "GET, HEAD, POST, OPTIONS"),
        ("/states/x", "PATCH", all),
        ("/places/x", "POST", all),
        ("/states/x/cities", "DELETE", "GET, HEAD, POST, OPTIONS"),
        ("/places/x/amenities", "POST", "GET, HEAD, OPTIONS"),
        ("/places/x/amenities/y", "GET", "POST, DELETE, OPTIONS"),
        ("/places_search", "GET", "POST, OPTIONS"),
        ("/openapi.json", "POST", "GET, HEAD, OPTIONS"),
    ] {
        for slash in ["", "/"] {
            let answer = site.ask(wrong, &format!("/api/v1{path}{slash}"), "").await;
            assert_eq!(answer.said(), (405, "{\"error\":\"Method not allowed\"}\n"), "{wrong} {path}");
            assert_eq!(answer.header("allow"), Some(allow), "{wrong} {path}");
        }
    }
}

#[tokio::test]
async fn head_is_answered_as_get_without_its_body() {
    let site = Site::empty(Part::Api).await;
    let head = site.ask("HEAD", "/api/v1/status", "").await;
    assert_eq!((head.said(), head.header("content-length")), ((200, ""), Some("16")));
}
