//! The API's description for people: a page at `/apidocs/`, made of the document for programs.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Html;
use axum::routing::get;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use tera::{Context, Tera};

use super::action::Action;
use crate::hbnb::error::Error;

const NAME: &str = "apidocs.html";
const PAGE: &str = include_str!("../../../templates/hbnb/apidocs.html");
const STYLE: &str = include_str!("../../../templates/hbnb/apidocs.css");
/// Nothing but our own style sheet.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'";

/// What can be done at an address.
#[derive(Serialize)]
struct Entry {
    method: String,
    path: String,
    summary: String,
    about: String,
    body: String,
    pages: bool,
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Answer {
    code: String,
    said: String,
}

/// What a body holds.
#[derive(Serialize)]
struct Object {
    name: String,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    kind: String,
    limits: String,
    required: bool,
}

/// The page and its style sheet. Errors: [`Error::Template`], a bug of ours.
pub fn router<S: Clone + Send + Sync + 'static>(
    table: &[(&str, &[Action])],
    document: &Value,
) -> Result<Router<S>, Error> {
    let page = Bytes::from(page(table, document)?);
    let page = get(async move || ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page)));
    let style =
        async || ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE);
    Ok(Router::new()
        .route("/apidocs", page.clone())
        .route("/apidocs/", page)
        .route("/apidocs/style.css", get(style)))
}

fn page(table: &[(&str, &[Action])], document: &Value) -> Result<String, Error> {
    let mut tera = Tera::new();
    tera.add_raw_template(NAME, PAGE).map_err(Error::Template)?;
    let mut values = Context::new();
    values.insert("about", &text(&document["info"]["description"]));
    values.insert("entries", &entries(table, document));
    values.insert("objects", &objects(document));
    tera.render(NAME, &values).map_err(Error::Template)
}

fn entries(table: &[(&str, &[Action])], document: &Value) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (path, actions) in table {
        for action in *actions {
            let operation = &document["paths"][path][action.word()];
            let answers = operation["responses"].as_object().into_iter().flatten();
            let answer = |(code, answer): (&String, &Value)| Answer {
                code: code.clone(),
                said: text(&answer["description"]),
            };
            entries.push(Entry {
                method: action.word().to_uppercase(),
                path: format!("/api/v1{path}"),
                summary: text(&operation["summary"]),
                about: text(&operation["description"]),
                body: reference(&operation["requestBody"]["content"]["application/json"]["schema"]),
                pages: operation["parameters"].is_array(),
                answers: answers.map(answer).collect(),
            });
        }
    }
    entries
}

fn objects(document: &Value) -> Vec<Object> {
    let all = document["components"]["schemas"].as_object().into_iter().flatten();
    let object = |(name, schema): (&String, &Value)| {
        let fields = schema["properties"].as_object().into_iter().flatten();
        let required = |name: &str| schema["required"].as_array().is_some_and(|r| r.contains(&name.into()));
        let field = |(name, schema): (&String, &Value)| Field {
            name: name.clone(),
            kind: kind(schema),
            limits: limits(schema),
            required: required(name),
        };
        Object { name: name.clone(), fields: fields.map(field).collect() }
    };
    all.map(object).collect()
}

fn kind(schema: &Value) -> String {
    match &schema["type"] {
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(" or "),
        Value::Null => schema["const"].to_string(),
        one => text(one),
    }
}

fn limits(schema: &Value) -> String {
    let words = [
        ("maxLength", "at most", " characters"),
        ("maxItems", "at most", " of them"),
        ("minimum", "from", ""),
        ("maximum", "to", ""),
        ("format", "a", ""),
    ];
    let said = words.into_iter().filter(|(key, ..)| !schema[key].is_null());
    said.map(|(key, before, after)| format!("{before} {}{after}", text(&schema[key])))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The last part of a reference.
fn reference(schema: &Value) -> String {
    text(&schema["$ref"]).rsplit('/').next().unwrap_or_default().to_string()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
