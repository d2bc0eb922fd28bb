//! The pages of the course at their addresses, in the whole application and in the pages' part alone.

use super::Site;
use deployer::hbnb::Part;

/// An address without a slash at its end, and a part of what it shows.
const PAGES: [(&str, &str); 24] = [
    ("/hbnb", "HBNB"),
    ("/c/is_<fun", "C is &lt;fun"),
    ("/python", "Python is cool"),
    ("/python/is_magic", "Python is magic"),
    ("/number/89", "89 is a number"),
    ("/number_template/89", "        <H1>Number: 89</H1>\n"),
    ("/number_odd_or_even/89", "        <H1>Number: 89 is odd</H1>\n"),
    ("/states_list", "            <LI>k: <B>Kansas</B></LI>\n            <LI>u: <B>Utah</B></LI>\n"),
    ("/states", "            <LI>k: <B>Kansas</B></LI>\n            <LI>u: <B>Utah</B></LI>\n"),
    ("/cities_by_states", "                    <LI>p: <B>Provo</B></LI>\n"),
    (
        "/states/u",
        "        <H1>State: Utah</H1>\n        <H3>Cities:</H3>\n        <UL>\n            <LI>p: <B>Provo</B></LI>\n",
    ),
    ("/states/k", "        <H1>State: Kansas</H1>\n"),
    ("/states/none", "        <H1>Not found!</H1>\n"),
    ("/states/%FF", "        <H1>Not found!</H1>\n"),
    ("/hbnb_filters", FILTERS),
    ("/0-hbnb", FILTERS),
    ("/1-hbnb", FILTERS),
    ("/2-hbnb", FILTERS),
    ("/2-hbnb", "<p class=\"count\">No place fits. Try fewer filters.</p>"),
    ("/3-hbnb", FILTERS),
    ("/4-hbnb", FILTERS),
    ("/100-hbnb", FILTERS),
    ("/101-hbnb", FILTERS),
    ("/101-hbnb", "<section class=\"places\" data-pictures=\"36\">"),
];

const FILTERS: &str = "<h3>States</h3>";

async fn with_rows(part: Part) -> Site {
    let site = Site::empty(Part::All).await;
    for (path, body) in [
        ("states", r#"{"id":"u","name":"Utah"}"#),
        ("states", r#"{"id":"k","name":"Kansas"}"#),
        ("states/u/cities", r#"{"id":"p","name":"Provo"}"#),
    ] {
        assert_eq!(site.ask("POST", &format!("/api/v1/{path}"), body).await.status, 201);
    }
    site.serving(part).await
}

#[tokio::test]
async fn every_page_of_the_course_answers_with_and_without_a_slash() {
    for part in [Part::All, Part::Web] {
        let site = with_rows(part).await;
        for (path, shown) in PAGES {
            for slash in ["", "/"] {
                let page = site.get(&format!("{}{slash}", path.replace('<', "%3C"))).await;
                assert_eq!(page.status, 200, "{part} {path}{slash}");
                assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
                assert!(page.body.contains(shown), "{part} {path}{slash}: {}", page.body);
            }
        }
        for path in
            ["/number/x", "/number_template/x", "/number_odd_or_even/x", "/number_odd_or_even/-5", "/5-hbnb"]
        {
            for slash in ["", "/"] {
                assert_eq!(site.get(&format!("{path}{slash}")).await.status, 404, "{part} {path}{slash}");
            }
        }
    }
}

#[tokio::test]
async fn the_page_that_a_script_fills_has_the_structure_that_scripts_look_for() {
    let site = Site::seeded(Part::Web).await;
    for path in ["/3-hbnb", "/4-hbnb", "/100-hbnb", "/101-hbnb"] {
        let page = site.get(path).await.body;
        let mut rest = page.as_str();
        for part in [
            "<header>",
            "<img src=\"/static/images/logo.svg\"",
            "<div id=\"api_status\"",
            "</header>",
            "<form class=\"search\" method=\"get\" action=\"/\">",
            "<section class=\"filters\"",
            "<div class=\"locations\">",
            "<h3>States</h3>",
            "<h4 data-none=\"Anywhere\"></h4>",
            "<ul class=\"popover\">",
            "<h2><label><input type=\"checkbox\" name=\"state\"",
            "data-name=\"Arizona\"> Arizona</label></h2>",
            "<ul>",
            "<li><label><input type=\"checkbox\" name=\"city\"",
            "data-name=\"Flagstaff\"> Flagstaff</label></li>",
            "<div class=\"amenities\">",
            "<h3>Amenities</h3>",
            "<h4 data-none=\"Whatever comes\"></h4>",
            "<ul class=\"popover\">",
            "<li><label><input type=\"checkbox\" name=\"amenity\"",
            "data-name=\"Air conditioning\"> Air conditioning</label></li>",
            "<button type=\"submit\">Search</button>",
            "</section>",
            "<section class=\"places\"",
            "</section>",
            "<footer>",
            "Holberton School",
        ] {
            rest = rest.split_once(part).unwrap_or_else(|| panic!("{path}: no {part} in {rest}")).1;
        }
        assert_eq!(page.matches(" data-id=\"").count(), 12 + 41 + 44, "{path}");
        assert_eq!(page.matches("<article").count(), 0, "{path}");
    }
}

#[tokio::test]
async fn the_pages_part_answers_what_its_scripts_ask() {
    let site = Site::seeded(Part::Web).await;
    assert_eq!(site.get("/api/v1/status/").await.said(), (200, "{\"status\":\"OK\"}\n"));
    let places = site.ask("POST", "/api/v1/places_search/", "{}").await;
    let places: Vec<serde_json::Value> = serde_json::from_str(&places.body).unwrap();
    assert_eq!(places.len(), 164);
    let first = places[0]["id"].as_str().unwrap();
    let reviews = site.get(&format!("/api/v1/places/{first}/reviews")).await;
    let reviews: Vec<serde_json::Value> = serde_json::from_str(&reviews.body).unwrap();
    assert!(!reviews.is_empty(), "the first place has no review");
    for review in reviews {
        let author = site.get(&format!("/api/v1/users/{}", review["user_id"].as_str().unwrap())).await;
        assert_eq!(author.status, 200, "{}", author.body);
        assert!(author.body.contains("\"first_name\":\""), "{}", author.body);
    }
}

#[tokio::test]
async fn names_and_nouns_are_singular_only_for_one() {
    let site = Site::empty(Part::All).await;
    for (path, body) in [
        ("states", r#"{"id":"u","name":"Utah"}"#),
        ("states/u/cities", r#"{"id":"p","name":"Provo"}"#),
        ("users", r#"{"id":"m","email":"e","password":"p","last_name":"<M>"}"#),
        (
            "cities/p/places",
            r#"{"id":"a","user_id":"m","name":"A & B","max_guest":1,"number_rooms":0,"number_bathrooms":2,"price_by_night":9,"description":"one<BR />two <b>three</b>"}"#,
        ),
    ] {
        assert_eq!(site.ask("POST", &format!("/api/v1/{path}"), body).await.status, 201, "{path}");
    }
    let home = site.get("/").await.body;
    let article = home.split_once("<article>").unwrap().1.split_once("</article>").unwrap().0;
    for part in [
        "<h2><a href=\"/places/a\">A &amp; B</a></h2>",
        "<div class=\"price_by_night\">$9</div>",
        "<p class=\"location\">Provo, Utah</p>",
        "<div class=\"max_guest\">1 Guest</div>",
        "<div class=\"number_rooms\">0 Bedrooms</div>",
        "<div class=\"number_bathrooms\">2 Bathrooms</div>",
        "<div class=\"user\"><b>Owner:</b> &lt;M&gt;</div>",
        "<div class=\"description\">one<br>two &lt;b&gt;three&lt;/b&gt;</div>",
        "<h2>No review yet</h2>",
    ] {
        assert!(article.contains(part), "no {part} in {article}");
    }
}
