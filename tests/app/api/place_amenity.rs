//! `/places/ID/amenities`.

use super::{A, NOT_FOUND, P, holds_in_the_world};

#[tokio::test]
async fn a_place_offers_an_amenity_from_its_linking_to_its_unlinking() {
    holds_in_the_world(&[
        ("GET", "/places/p/amenities", "", 200, "[]"),
        ("POST", "/places/p/amenities/a", "", 201, A),
        ("POST", "/places/p/amenities/a", "nonsense", 200, A),
        ("GET", "/places/p/amenities", "", 200, &format!("[{A}]")),
        ("GET", "/places/p", "", 200, P),
        ("DELETE", "/places/p/amenities/a", "", 200, "{}"),
        ("DELETE", "/places/p/amenities/a", "", 404, NOT_FOUND),
        ("GET", "/places/p/amenities", "", 200, "[]"),
        ("GET", "/amenities/a", "", 200, A),
    ])
    .await;
}

#[tokio::test]
async fn an_amenity_goes_with_its_links_and_a_place_too() {
    holds_in_the_world(&[
        ("POST", "/places/p/amenities/a", "", 201, A),
        ("DELETE", "/amenities/a", "", 200, "{}"),
        ("GET", "/places/p/amenities", "", 200, "[]"),
    ])
    .await;
    holds_in_the_world(&[
        ("POST", "/places/p/amenities/a", "", 201, A),
        ("DELETE", "/places/p", "", 200, "{}"),
        ("GET", "/places/p/amenities", "", 404, NOT_FOUND),
        ("GET", "/amenities/a", "", 200, A),
    ])
    .await;
}

#[tokio::test]
async fn only_what_exists_can_be_linked_and_only_what_is_linked_unlinked() {
    holds_in_the_world(&[
        ("GET", "/places/none/amenities", "", 404, NOT_FOUND),
        ("POST", "/places/none/amenities/a", "", 404, NOT_FOUND),
        ("POST", "/places/p/amenities/none", "", 404, NOT_FOUND),
        ("DELETE", "/places/none/amenities/a", "", 404, NOT_FOUND),
        ("DELETE", "/places/p/amenities/none", "", 404, NOT_FOUND),
        ("DELETE", "/places/p/amenities/a", "", 404, NOT_FOUND),
        ("GET", "/places/p/amenities", "", 200, "[]"),
    ])
    .await;
}
