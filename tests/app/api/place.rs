//! `/cities/ID/places` and `/places`.

use super::{NOT_FOUND, NOT_JSON, P, holds_in_the_world, touched};

const FULL: &str = r#"{"name":"Loft","user_id":"u","city_id":"x","description":"a\nb","number_rooms":1,"number_bathrooms":2,"max_guest":3,"price_by_night":4,"latitude":-37.5,"longitude":122}"#;
const NEW: &str = r#"{"__class__":"Place","city_id":"c","created_at":"NOW","description":"a\nb","id":"NEW","latitude":-37.5,"longitude":122.0,"max_guest":3,"name":"Loft","number_bathrooms":2,"number_rooms":1,"price_by_night":4,"updated_at":"NOW","user_id":"u"}"#;

#[tokio::test]
async fn a_place_belongs_to_the_city_of_the_address_and_goes_with_it() {
    let changed = touched(P).replace("Nest", "Cave").replace(r#""max_guest":0"#, r#""max_guest":7"#);
    let said = r#"{"name":"Cave","max_guest":7,"user_id":"x","city_id":"x","id":"x","created_at":"x"}"#;
    holds_in_the_world(&[
        ("GET", "/cities/c/places", "", 200, &format!("[{P}]")),
        ("GET", "/places/p", "", 200, P),
        ("PUT", "/places/p", said, 200, &changed),
        ("POST", "/cities/c/places", FULL, 201, NEW),
        ("GET", "/cities/c/places", "", 200, &format!("[{changed},{NEW}]")),
        ("DELETE", "/places/p", "", 200, "{}"),
        ("GET", "/places/p", "", 404, NOT_FOUND),
        ("GET", "/reviews/r", "", 404, NOT_FOUND),
        ("DELETE", "/cities/c", "", 200, "{}"),
        ("GET", "/cities/c/places", "", 404, NOT_FOUND),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_place_is_told_in_order() {
    let missing = |name| format!(r#"{{"error":"Missing {name}"}}"#);
    let places = "/cities/c/places";
    holds_in_the_world(&[
        ("GET", "/cities/none/places", "", 404, NOT_FOUND),
        ("POST", "/cities/none/places", "nonsense", 404, NOT_FOUND),
        ("POST", places, "nonsense", 400, NOT_JSON),
        ("POST", places, r#"{"name":"x"}"#, 400, &missing("user_id")),
        ("POST", places, r#"{"user_id":null}"#, 400, &missing("user_id")),
        ("POST", places, r#"{"user_id":"none"}"#, 404, NOT_FOUND),
        ("POST", places, r#"{"user_id":5,"name":"x"}"#, 404, NOT_FOUND),
        ("POST", places, r#"{"user_id":"u"}"#, 400, &missing("name")),
        ("GET", "/places/none", "", 404, NOT_FOUND),
        ("PUT", "/places/none", "nonsense", 404, NOT_FOUND),
        ("PUT", "/places/p", "nonsense", 400, NOT_JSON),
        ("DELETE", "/places/none", "", 404, NOT_FOUND),
        ("GET", places, "", 200, &format!("[{P}]")),
    ])
    .await;
}
