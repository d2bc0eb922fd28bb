//! `/states`.

use super::{NOT_FOUND, NOT_JSON, S, holds, holds_in_the_world, touched};

const MISSING: &str = r#"{"error":"Missing name"}"#;
const NEW: &str =
    r#"{"__class__":"State","created_at":"NOW","id":"NEW","name":"Utah \u00e9","updated_at":"NOW"}"#;

#[tokio::test]
async fn a_state_is_created_listed_shown_changed_and_deleted() {
    let changed = touched(S).replace("Utah", "Deseret");
    let named = r#"{"name":"Deseret","id":"x","created_at":"1999-01-01T00:00:00","updated_at":"x","zip":1}"#;
    holds(&[("GET", "/states", "", 200, "[]")]).await;
    holds_in_the_world(&[
        ("GET", "/states", "", 200, &format!("[{S}]")),
        ("GET", "/states/s", "", 200, S),
        ("PUT", "/states/s", named, 200, &changed),
        ("GET", "/states/s", "", 200, &changed),
        ("PUT", "/states/s", "{}", 200, &changed),
        ("DELETE", "/states/s", "", 200, "{}"),
        ("GET", "/states/s", "", 404, NOT_FOUND),
        ("DELETE", "/states/s", "", 404, NOT_FOUND),
        ("GET", "/states", "", 200, "[]"),
        ("POST", "/states", r#"{"name":"Utah é","__class__":"X","zip":1}"#, 201, NEW),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_state_is_told_in_order() {
    holds_in_the_world(&[
        ("POST", "/states", "", 400, NOT_JSON),
        ("POST", "/states", "nonsense", 400, NOT_JSON),
        ("POST", "/states", "{'name':'x'}", 400, NOT_JSON),
        ("POST", "/states", "{}", 400, MISSING),
        ("POST", "/states", r#"{"Name":"x"}"#, 400, MISSING),
        ("POST", "/states", r#"{"name":null}"#, 400, MISSING),
        ("POST", "/states", r#"{"name":"x","id":"s"}"#, 409, r#"{"error":"Already exists"}"#),
        ("GET", "/states/none", "", 404, NOT_FOUND),
        ("PUT", "/states/none", "nonsense", 404, NOT_FOUND),
        ("PUT", "/states/s", "nonsense", 400, NOT_JSON),
        ("PUT", "/states/s", "", 400, NOT_JSON),
        ("DELETE", "/states/none", "", 404, NOT_FOUND),
        ("GET", "/states", "", 200, &format!("[{S}]")),
    ])
    .await;
}
