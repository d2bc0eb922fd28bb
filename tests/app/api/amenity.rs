//! `/amenities`.

use super::{A, NOT_FOUND, NOT_JSON, holds_in_the_world, touched};

#[tokio::test]
async fn an_amenity_is_created_listed_shown_changed_and_deleted() {
    let changed = touched(A).replace("Wifi", "Pool");
    let new = r#"{"__class__":"Amenity","created_at":"NOW","id":"NEW","name":"Oven","updated_at":"NOW"}"#;
    holds_in_the_world(&[
        ("GET", "/amenities", "", 200, &format!("[{A}]")),
        ("GET", "/amenities/a", "", 200, A),
        ("PUT", "/amenities/a", r#"{"name":"Pool","id":"x"}"#, 200, &changed),
        ("DELETE", "/amenities/a", "", 200, "{}"),
        ("GET", "/amenities", "", 200, "[]"),
        ("POST", "/amenities", r#"{"name":"Oven"}"#, 201, new),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_an_amenity_is_told_in_order() {
    holds_in_the_world(&[
        ("POST", "/amenities", "[]", 400, NOT_JSON),
        ("POST", "/amenities", "{}", 400, r#"{"error":"Missing name"}"#),
        ("GET", "/amenities/none", "", 404, NOT_FOUND),
        ("PUT", "/amenities/none", "[]", 404, NOT_FOUND),
        ("PUT", "/amenities/a", "[]", 400, NOT_JSON),
        ("DELETE", "/amenities/none", "", 404, NOT_FOUND),
    ])
    .await;
}
