//! `?page=` and `?per_page=`.

use super::{Site, hold, ids, request};
use deployer::hbnb::Part;

#[tokio::test]
async fn a_list_comes_by_pages_for_those_who_ask_and_links_lead_through_it() {
    let site = Site::seeded(Part::Api).await;
    let whole = site.get("/api/v1/users").await;
    assert_eq!((ids(&whole).len(), whole.header("link")), (40, None));

    let second = site.get("/api/v1/users/?page=2&per_page=15").await;
    assert_eq!(ids(&second), ids(&whole)[15..30]);
    let link = |page: u32, name: &str| format!("</api/v1/users/?page={page}&per_page=15>; rel=\"{name}\"");
    let links = [link(1, "first"), link(1, "prev"), link(3, "next"), link(3, "last")].join(", ");
    assert_eq!(second.header("link"), Some(&*links));
    assert_eq!(second.header("access-control-expose-headers"), Some("link"));

    let third = site.get("/api/v1/users?page=3&per_page=15").await;
    assert_eq!(ids(&third), ids(&whole)[30..]);
    assert_eq!(site.get("/api/v1/users?page=4&per_page=15").await.said(), (200, "[]\n"));
    assert_eq!(ids(&site.get("/api/v1/users?page=1").await), ids(&whole)[..30]);
    assert_eq!(ids(&site.get("/api/v1/users?per_page=1").await), ids(&whole)[..1]);
}

#[tokio::test]
async fn every_kind_of_list_comes_by_pages() {
    let site = Site::seeded(Part::Api).await;
    let places = site.ask("POST", "/api/v1/places_search", "{}").await;
    let asked = request("POST", "/api/v1/places_search?page=2&per_page=100", "{}");
    let page = site.send(asked).await;
    assert_eq!(ids(&page), ids(&places)[100..]);
    assert!(page.header("link").unwrap().ends_with("?page=2&per_page=100>; rel=\"last\""), "{page:?}");

    let place = ids(&places)[0].clone();
    for list in [format!("/api/v1/places/{place}/amenities"), format!("/api/v1/places/{place}/reviews")] {
        let whole = ids(&site.get(&list).await);
        let page = site.get(&format!("{list}?page=2&per_page=1")).await;
        assert_eq!(ids(&page), whole[1..2], "{list}");
        assert!(page.header("link").is_some(), "{list}");
    }
}

#[tokio::test]
async fn a_page_that_is_no_number_is_refused_after_what_does_not_exist() {
    let site = Site::empty(Part::Api).await;
    let page = r#"{"error":"Invalid page"}"#;
    let size = r#"{"error":"Invalid per_page"}"#;
    let not_found = r#"{"error":"Not found"}"#;
    for slash in ["", "/"] {
        hold(
            &site,
            slash,
            &[
                ("GET", "/states?page=0", "", 400, page),
                ("GET", "/states?page=-1", "", 400, page),
                ("GET", "/states?page=x", "", 400, page),
                ("GET", "/states?page=99999999999999999999", "", 400, page),
                ("GET", "/states?page=4294967295&per_page=1000", "", 200, "[]"),
                ("GET", "/states?per_page=1001", "", 400, size),
                ("GET", "/states?per_page=", "", 400, size),
                ("GET", "/states?other=x", "", 200, "[]"),
                ("GET", "/states/none/cities?page=0", "", 404, not_found),
                ("POST", "/places_search?page=0", "nonsense", 400, r#"{"error":"Not a JSON"}"#),
                ("POST", "/places_search?page=0", "{}", 400, page),
            ],
        )
        .await;
    }
}
