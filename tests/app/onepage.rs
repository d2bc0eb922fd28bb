//! The one-page application.

use super::{get, request, send, without_database};
use deployer::hbnb::Part;

#[tokio::test]
async fn onepage_says_hello_in_eleven_bytes_and_needs_no_database() {
    let router = without_database(Part::OnePage).await;
    for path in ["/airbnb-onepage/", "/airbnb-onepage", "/"] {
        let answer = get(&router, path).await;
        assert_eq!(answer.said(), (200, "Hello HBNB!"), "{path}");
        assert_eq!(answer.header("content-length"), Some("11"), "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
    }
    assert_eq!(get(&router, "/hbnb").await.said(), (200, "HBNB"));
    assert_eq!(get(&router, "/hbnb/").await.said(), (200, "HBNB"));
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let router = without_database(Part::OnePage).await;
    let head = send(&router, request("HEAD", "/airbnb-onepage/", "")).await;
    let get = get(&router, "/airbnb-onepage/").await;
    assert_eq!((head.status, head.headers), (get.status, get.headers));
    assert_eq!(head.body, "");
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_a_page_that_says_so() {
    let router = without_database(Part::OnePage).await;
    let answer = get(&router, "/nothing").await;
    assert_eq!((answer.status, answer.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(answer.body.contains("<h1>There is no such page</h1>"), "{}", answer.body);
    let answer = send(&router, request("POST", "/airbnb-onepage/", "")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")));
    assert!(answer.body.contains("<h1>That cannot be done here</h1>"), "{}", answer.body);
}

#[test]
fn a_part_has_a_name_and_an_unknown_one_lists_the_known() {
    for part in Part::KNOWN {
        assert_eq!(Part::parse(part.name()).unwrap(), part);
    }
    assert_eq!(
        Part::parse("@hbnb/wbe").unwrap_err().to_string(),
        "unknown part `@hbnb/wbe`; known are: @hbnb, @hbnb/onepage, @hbnb/dynamic, @hbnb/api, @hbnb/web"
    );
}
