//! What is answered while the database is not there.

use super::Site;
use deployer::hbnb::Part;

#[tokio::test]
async fn without_a_database_the_api_and_the_pages_say_so_until_it_is_there() {
    let site = Site::unmigrated(Part::All).await;
    let answer = site.get("/api/v1/states").await;
    assert_eq!(answer.said(), (503, "{\"error\":\"Database not available\"}\n"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("retry-after"), Some("5"));
    let answer = site.get("/").await;
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!((answer.status, answer.header("content-type")), (503, Some("text/html; charset=utf-8")));
    assert!(answer.body.contains("<p>The database is not available at the moment.</p>"), "{}", answer.body);
    assert!(!answer.body.contains("hbnb.db"), "{}", answer.body);
    assert_eq!(site.get("/api/v1/status").await.said(), (200, "{\"status\":\"OK\"}\n"));
    assert_eq!(site.get("/airbnb-onepage/").await.said(), (200, "Hello HBNB!"));

    site.storage.migrate().await.unwrap();
    assert_eq!(site.get("/api/v1/states").await.said(), (200, "[]\n"));
    assert_eq!(site.get("/").await.status, 200);
}

#[tokio::test]
async fn a_database_without_tables_is_not_available_either() {
    let site = Site::bare(Part::Api).await;
    assert_eq!(
        site.storage.pending().await.unwrap(),
        ["0001_tables", "0002_accounts", "0003_bookings", "0004_pictures", "0005_covering"]
    );
    for path in ["states", "stats", "states/x", "states/x/cities"] {
        let answer = site.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.said(), (503, "{\"error\":\"Database not available\"}\n"), "{path}");
    }
    let answer = site.ask("POST", "/api/v1/states", "{\"name\":\"Utah\"}").await;
    assert_eq!(answer.said(), (503, "{\"error\":\"Database not available\"}\n"));
}
