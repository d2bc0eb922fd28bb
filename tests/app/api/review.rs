//! `/places/ID/reviews` and `/reviews`.

use super::{NOT_FOUND, NOT_JSON, R, holds_in_the_world, touched};

const NEW: &str = r#"{"__class__":"Review","created_at":"NOW","id":"NEW","place_id":"p","text":"Bad","updated_at":"NOW","user_id":"u"}"#;

#[tokio::test]
async fn a_review_belongs_to_the_place_of_the_address() {
    let changed = touched(R).replace("Fine", "Good");
    let said = r#"{"text":"Good","user_id":"x","place_id":"x","id":"x"}"#;
    holds_in_the_world(&[
        ("GET", "/places/p/reviews", "", 200, &format!("[{R}]")),
        ("GET", "/reviews/r", "", 200, R),
        ("PUT", "/reviews/r", said, 200, &changed),
        ("POST", "/places/p/reviews", r#"{"text":"Bad","user_id":"u","place_id":"x"}"#, 201, NEW),
        ("GET", "/places/p/reviews", "", 200, &format!("[{changed},{NEW}]")),
        ("DELETE", "/reviews/r", "", 200, "{}"),
        ("GET", "/reviews/r", "", 404, NOT_FOUND),
        ("GET", "/places/p/reviews", "", 200, &format!("[{NEW}]")),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_review_is_told_in_order() {
    let missing = |name| format!(r#"{{"error":"Missing {name}"}}"#);
    let reviews = "/places/p/reviews";
    holds_in_the_world(&[
        ("GET", "/places/none/reviews", "", 404, NOT_FOUND),
        ("POST", "/places/none/reviews", "nonsense", 404, NOT_FOUND),
        ("POST", reviews, "nonsense", 400, NOT_JSON),
        ("POST", reviews, r#"{"text":"x"}"#, 400, &missing("user_id")),
        ("POST", reviews, r#"{"user_id":"none"}"#, 404, NOT_FOUND),
        ("POST", reviews, r#"{"user_id":"u"}"#, 400, &missing("text")),
        ("GET", "/reviews/none", "", 404, NOT_FOUND),
        ("PUT", "/reviews/none", "nonsense", 404, NOT_FOUND),
        ("PUT", "/reviews/r", "nonsense", 400, NOT_JSON),
        ("DELETE", "/reviews/none", "", 404, NOT_FOUND),
        ("GET", reviews, "", 200, &format!("[{R}]")),
    ])
    .await;
}
