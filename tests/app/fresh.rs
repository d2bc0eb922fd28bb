//! No answer is older than the last write, whoever wrote.

use super::Site;
use deployer::hbnb::Part;
use deployer::hbnb::model::{Class, Values};
use serde_json::Value;

#[tokio::test]
async fn what_somebody_else_wrote_is_in_the_next_answer() {
    let site = Site::seeded(Part::All).await;
    let first =
        async |class| site.storage.list(class).await.unwrap().remove(0)["id"].as_str().unwrap().to_string();
    let (state, place) = (first(Class::State).await, first(Class::Place).await);
    for number in 0..50 {
        // Connections of its own, as another worker has them; the home page begins with this place.
        for (class, id) in [(Class::State, &state), (Class::Place, &place)] {
            let changes = Values::from([("name", Value::from(format!(" number {number}")))]);
            assert!(site.storage.update(class, id, &changes).await.unwrap());
        }
        for (method, path, body) in [
            ("GET", "/api/v1/states", ""),
            ("GET", &*format!("/api/v1/states/{state}"), ""),
            ("GET", &*format!("/api/v1/places/{place}"), ""),
            ("POST", "/api/v1/places_search", "{}"),
            ("GET", "/", ""),
        ] {
            for _ in 0..2 {
                let answer = site.ask(method, path, body).await;
                let is_there = answer.body.contains(&format!(" number {number}"));
                assert!(
                    answer.status == 200 && is_there,
                    "{method} {path} lacks number {number}: {answer:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_answer_is_the_same_whether_it_was_asked_before_or_not() {
    let site = Site::seeded(Part::All).await;
    for (method, path, body) in [
        ("GET", "/api/v1/stats", ""),
        ("GET", "/api/v1/states?page=2&per_page=3", ""),
        ("GET", "/api/v1/states/none", ""),
        ("HEAD", "/api/v1/states", ""),
        ("GET", "/api/v1/states", ""),
        ("POST", "/api/v1/places_search", "{}"),
        ("POST", "/api/v1/places_search", "{"),
        ("POST", "/api/v1/places_search", ""),
        ("POST", "/api/v1/places_search?per_page=2", "{\"states\":null}"),
        ("GET", "/?page=2", ""),
        ("HEAD", "/?page=2", ""),
    ] {
        let first = site.ask(method, path, body).await;
        assert_eq!(site.ask(method, path, body).await, first, "{method} {path} {body}");
    }
}
