//! `/api/v1/openapi.json` and `/apidocs/`.

use super::Site;
use crate::app::{get, without_database};
use deployer::hbnb::Part;
use serde_json::Value;

/// What the API says about itself.
pub struct Document(Value);

impl Document {
    pub async fn of(site: &Site) -> Self {
        let answer = site.get("/api/v1/openapi.json").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        Self(serde_json::from_str(&answer.body).unwrap())
    }

    /// Whether it tells of this status at the address, which is written without a slash at its end.
    pub fn tells(&self, method: &str, path: &str, status: u16) -> bool {
        let is_it = |known: &str| {
            let (known, asked) = (known.split('/'), path.split('/'));
            known.clone().count() == asked.clone().count()
                && known.zip(asked).all(|(known, asked)| known == asked || known.starts_with('{'))
        };
        let paths = self.0["paths"].as_object().unwrap();
        let found = paths.iter().find(|(known, _)| is_it(known));
        found.is_some_and(|(_, entry)| {
            !entry[method.to_lowercase()]["responses"][status.to_string()].is_null()
        })
    }
}

#[tokio::test]
async fn every_address_and_its_methods_are_in_the_document() {
    let site = Site::empty(Part::Api).await;
    let Document(document) = Document::of(&site).await;
    assert_eq!(document["openapi"], "3.1.0");
    let told: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, entry)| {
            let methods = ["get", "post", "put", "delete"].into_iter().filter(|m| entry.get(m).is_some());
            format!("{path} {}", methods.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let wanted = [
        "/amenities get post",
        "/amenities/{id} get put delete",
        "/cities/{id} get put delete",
        "/cities/{id}/places get post",
        "/places/{id} get put delete",
        "/places/{id}/amenities get",
        "/places/{id}/amenities/{amenity_id} post delete",
        "/places/{id}/reviews get post",
        "/places_search post",
        "/reviews/{id} get put delete",
        "/states get post",
        "/states/{id} get put delete",
        "/states/{id}/cities get post",
        "/stats get",
        "/status get",
        "/users get post",
        "/users/{id} get put delete",
    ];
    assert_eq!(told, wanted);
    let operations = document["paths"].as_object().unwrap().values();
    let operations =
        operations.flat_map(|entry| entry.as_object().unwrap().values().filter(|one| one.is_object()));
    let refuses_long = |one: &&Value| one["responses"]["414"]["description"] == "The address is too long";
    assert!(operations.clone().count() > told.len() && operations.clone().all(|one| refuses_long(&one)));
}

#[tokio::test]
async fn the_document_describes_rows_as_they_are_taken_and_shown() {
    let site = Site::empty(Part::Api).await;
    let Document(document) = Document::of(&site).await;
    let schemas = &document["components"]["schemas"];
    let names = |name: &str| {
        schemas[name]["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("User"), "__class__ created_at email first_name id last_name updated_at");
    assert_eq!(names("NewUser"), "created_at email first_name id last_name password updated_at");
    assert_eq!(names("ChangedUser"), "first_name last_name password");
    assert_eq!(names("ChangedReview"), "text");
    assert_eq!(schemas["NewPlace"]["required"], serde_json::json!(["user_id", "name"]));
    let open = "Nobody is asked who he is";
    assert!(document["info"]["description"].as_str().unwrap().contains(open));
    let left_out = "A password of somebody who signed up at the site is left out";
    assert!(document["paths"]["/users/{id}"]["put"]["description"].as_str().unwrap().starts_with(left_out));
    let page = site.get("/apidocs/").await.body;
    assert!(page.contains(open) && page.matches(left_out).count() == 1, "{page}");
}

#[tokio::test]
async fn every_schema_that_is_named_is_there_and_no_operation_has_the_name_of_another() {
    let site = Site::empty(Part::Api).await;
    let Document(document) = Document::of(&site).await;
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
    let mut ids: Vec<&str> =
        text.split("\"operationId\":\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), count), (36, 36));
}

#[tokio::test]
async fn people_read_the_same_on_a_page_without_a_script() {
    let site = Site::empty(Part::Api).await;
    let router = without_database(Part::Api).await;
    for path in ["/apidocs", "/apidocs/"] {
        let page = site.get(path).await;
        assert_eq!(get(&router, path).await.said(), page.said());
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
        assert!(!page.body.contains("<script") && !page.body.contains("http"), "{}", page.body);
        for wanted in ["<code>/api/v1/places_search</code>", "id=\"NewPlace\"", "/apidocs/style.css"] {
            assert!(page.body.contains(wanted), "{wanted} is not in {}", page.body);
        }
    }
    let style = site.get("/apidocs/style.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
}
