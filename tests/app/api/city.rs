//! `/states/ID/cities` and `/cities`.

use super::{C, NOT_FOUND, NOT_JSON, holds_in_the_world, touched};

#[tokio::test]
async fn a_city_belongs_to_the_state_of_the_address_and_goes_with_it() {
    let changed = touched(C).replace("Provo", "Orem");
    let new = r#"{"__class__":"City","created_at":"NOW","id":"NEW","name":"Lehi","state_id":"s","updated_at":"NOW"}"#;
    holds_in_the_world(&[
        ("GET", "/states/s/cities", "", 200, &format!("[{C}]")),
        ("GET", "/cities/c", "", 200, C),
        ("PUT", "/cities/c", r#"{"name":"Orem","state_id":"other","id":"x"}"#, 200, &changed),
        ("POST", "/states/s/cities", r#"{"name":"Lehi","state_id":"other"}"#, 201, new),
        ("GET", "/states/s/cities", "", 200, &format!("[{changed},{new}]")),
        ("DELETE", "/cities/c", "", 200, "{}"),
        ("GET", "/cities/c", "", 404, NOT_FOUND),
        ("GET", "/states/s/cities", "", 200, &format!("[{new}]")),
        ("DELETE", "/states/s", "", 200, "{}"),
        ("GET", "/states/s/cities", "", 404, NOT_FOUND),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_city_is_told_in_order() {
    holds_in_the_world(&[
        ("GET", "/states/none/cities", "", 404, NOT_FOUND),
        ("POST", "/states/none/cities", "nonsense", 404, NOT_FOUND),
        ("POST", "/states/s/cities", "nonsense", 400, NOT_JSON),
        ("POST", "/states/s/cities", "{}", 400, r#"{"error":"Missing name"}"#),
        ("GET", "/cities/none", "", 404, NOT_FOUND),
        ("PUT", "/cities/none", "nonsense", 404, NOT_FOUND),
        ("PUT", "/cities/c", "nonsense", 400, NOT_JSON),
        ("DELETE", "/cities/none", "", 404, NOT_FOUND),
    ])
    .await;
}
