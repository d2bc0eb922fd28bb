//! What binds the browser on every page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::{Site, request};
use deployer::hbnb::Part;

#[tokio::test]
async fn every_page_comes_with_the_headers_that_bind_the_browser() {
    let site = Site::seeded(Part::All).await;
    let missing = Site::unmigrated(Part::All).await;
    let mut answers = Vec::new();
    for path in [
        "/",
        "/101-hbnb",
        "/hbnb_filters",
        "/states",
        "/states/x",
        "/c/x",
        "/python",
        "/number_template/5",
        "/nothing",
    ] {
        answers.push(site.get(path).await);
    }
    answers.push(site.send(request("POST", "/", "")).await);
    answers.push(missing.get("/").await);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 200, 404, 405, 503]);
    let style = answers[8].body.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let known = BASE64_STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{known}'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    for answer in answers {
        for (name, value) in [
            ("content-security-policy", &*policy),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_static_file_is_for_any_page_and_stays_in_caches() {
    let site = Site::unmigrated(Part::Web).await;
    let script = site.get("/static/scripts/hbnb.js").await;
    assert_eq!(script.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(script.header("content-security-policy"), None);
    assert_eq!(site.get("/api/v1/status").await.header("content-security-policy"), None);
}
