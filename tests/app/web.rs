//! The pages for people, and the static files.

use super::{Site, request};
use deployer::hbnb::model::{Class, Values};
use deployer::hbnb::{Part, static_files};

#[tokio::test]
async fn the_home_page_shows_places_filters_and_the_footer() {
    let site = Site::seeded(Part::Web).await;
    let home = site.get("/").await;
    assert_eq!((home.status, home.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(home.header("content-length"), Some(&*home.body.len().to_string()));
    for (part, count) in [
        ("<article>", 164),
        ("<div class=\"title_box\">", 164),
        ("<div class=\"price_by_night\">$", 164),
        ("<div class=\"information\">", 164),
        ("<div class=\"user\">", 164),
        ("<div class=\"description\">", 164),
        ("name=\"state\"", 12),
        ("name=\"city\"", 41),
        ("name=\"amenity\"", 44),
        ("<script", 1),
        ("<script src=\"/static/scripts/hbnb.js?", 1),
        ("style=", 0),
        (" id=\"api_status\"", 1),
        ("<section class=\"filters\"", 1),
        (" loading=\"lazy\"", 158),
        (" page 1 of ", 0),
    ] {
        assert_eq!(home.body.matches(part).count(), count, "{part}");
    }
    let end = "    <footer>\n      <p>Holberton School</p>\n    </footer>\n  </body>\n</html>\n";
    assert!(home.body.ends_with(end), "{}", &home.body[home.body.len() - 200..]);
    for path in ["/0-hbnb", "/1-hbnb", "/2-hbnb"] {
        assert_eq!(site.get(path).await.body, home.body, "{path}");
        assert_eq!(site.get(&format!("{path}/")).await.body, home.body, "{path}/");
    }
}

#[tokio::test]
async fn every_file_that_the_home_page_names_is_served() {
    let site = Site::seeded(Part::Web).await;
    let home = site.get("/").await.body;
    let mut named: Vec<&str> = home.split('"').filter(|text| text.starts_with("/static/")).collect();
    named.sort_unstable();
    named.dedup();
    assert!(named.len() > 10, "{named:?}");
    for path in named {
        assert_eq!(site.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn filters_choose_places_by_state_city_and_every_amenity() {
    let site = Site::seeded(Part::All).await;
    let ids = async |path: &str| -> Vec<String> {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&site.get(path).await.body).unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_string()).collect()
    };
    let states = ids("/api/v1/states").await;
    let other = ids(&format!("/api/v1/states/{}/cities", states[1])).await;
    let amenities = ids("/api/v1/amenities").await;
    let count = async |query: String| -> String {
        let body = site.get(&format!("/?{query}")).await.body;
        body.split("<p class=\"count\">").nth(1).unwrap().split("</p>").next().unwrap().to_string()
    };
    assert_eq!(count(String::new()).await, "164 places");
    assert_eq!(count(format!("state={}", states[0])).await, "12 places");
    assert_eq!(count(format!("state={}&city={}", states[0], other[0])).await, "16 places");
    assert_eq!(count("city=unknown".into()).await, "No place fits. Try fewer filters.");
    let one = count(format!("amenity={}", amenities[0])).await;
    let two = count(format!("amenity={}&amenity={}", amenities[0], amenities[14])).await;
    let number = |text: &str| text.split(' ').next().unwrap().parse::<i32>().unwrap();
    assert!(0 < number(&two) && number(&two) < number(&one), "{one} / {two}");
    assert_eq!(count("page=7".into()).await, "164 places");
    let place = site.storage.list(Class::Place).await.unwrap().remove(0);
    for n in 0..40 {
        let more = Values::from_iter(place.clone().into_iter().chain([("id", format!("more {n}").into())]));
        site.storage.insert(Class::Place, &more).await.unwrap();
    }
    assert_eq!(count("page=2".into()).await, "204 places · page 2 of 2");
    assert_eq!(site.get("/?page=2").await.body.matches("<article>").count(), 4);
    assert_eq!(count("page=99999999999999999999&x=%FF".into()).await, "204 places · page 1 of 2");
}

#[tokio::test]
async fn what_people_wrote_is_escaped() {
    let site = Site::empty(Part::All).await;
    site.ask("POST", "/api/v1/states", r#"{"name":"<script>x</script>\"'&","id":"\"><i>"}"#).await;
    for path in ["/", "/4-hbnb", "/hbnb_filters", "/states_list", "/cities_by_states"] {
        let body = site.get(path).await.body;
        assert!(!body.contains("<script>") && !body.contains("<i>"), "{path}: {body}");
        assert!(body.contains("&lt;script&gt;x&lt;/script&gt;&quot;&#39;&amp;"), "{path}: {body}");
    }
}

#[tokio::test]
async fn the_lists_of_the_course_are_sorted_by_name() {
    let site = Site::empty(Part::All).await;
    for (id, name) in [("b", "Utah"), ("a", "Ohio")] {
        site.ask("POST", "/api/v1/states", &format!(r#"{{"id":"{id}","name":"{name}"}}"#)).await;
    }
    site.ask("POST", "/api/v1/states/b/cities", r#"{"id":"c","name":"Provo"}"#).await;
    let body = site.get("/states").await.body;
    let (head, _) = body.split_once("        <H1>").unwrap();
    let page = |inner: &str| format!("{head}{inner}    </BODY>\n</HTML>\n");
    let states = page(
        "        <H1>States</H1>\n        <UL>\n            <LI>a: <B>Ohio</B></LI>\n            <LI>b: <B>Utah</B></LI>\n        </UL>\n",
    );
    assert_eq!(site.get("/states_list").await.said(), (200, &*states));
    assert_eq!(site.get("/states/").await.said(), (200, &*states));
    let cities = page(
        "        <H1>States</H1>\n        <UL>\n            <LI>a: <B>Ohio</B></LI>\n            <LI>b: <B>Utah</B>\n                <UL>\n                    <LI>c: <B>Provo</B></LI>\n                </UL>\n            </LI>\n        </UL>\n",
    );
    assert_eq!(site.get("/cities_by_states/").await.said(), (200, &*cities));
    let one = page(
        "        <H1>State: Utah</H1>\n        <H3>Cities:</H3>\n        <UL>\n            <LI>c: <B>Provo</B></LI>\n        </UL>\n",
    );
    assert_eq!(site.get("/states/b").await.said(), (200, &*one));
    assert_eq!(site.get("/states/none").await.said(), (200, &*page("        <H1>Not found!</H1>\n")));
}

#[tokio::test]
async fn a_static_file_is_sent_once_and_then_only_confirmed() {
    let site = Site::unmigrated(Part::Web).await;
    for (path, bytes) in static_files() {
        let first = site.get(&format!("/static/{path}")).await;
        assert_eq!((first.status, first.body.as_bytes()), (200, &*bytes), "{path}");
        assert_eq!(first.header("cache-control"), Some("public, max-age=3600"));
        let etag = first.header("etag").unwrap();
        for known in [etag.to_string(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".into()] {
            let mut again = request("GET", &format!("/static/{path}"), "");
            again.headers_mut().insert("if-none-match", known.parse().unwrap());
            let answer = site.send(again).await;
            assert_eq!((answer.said(), answer.header("etag")), ((304, ""), Some(etag)), "{path} {known}");
        }
    }
    let css = site.get("/static/styles/hbnb.css").await;
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    let script = site.get("/static/scripts/hbnb.js?x").await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(site.get("/static/pictures/00.svg").await.header("content-type"), Some("image/svg+xml"));
    let icon = site.get("/static/images/icon.svg").await;
    assert_eq!(site.get("/favicon.ico").await, icon);
    for wrong in ["/static/", "/static/none", "/static/../Cargo.toml", "/static/%2e%2e/x", "/static/%FF"] {
        assert_eq!(site.get(wrong).await.status, 404, "{wrong}");
    }
}
