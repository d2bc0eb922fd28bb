//! Who may read the answers from another origin.

use super::{Site, request};
use deployer::hbnb::Part;

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
