//! The API's description for programs: <https://spec.openapis.org/oas/v3.1.0>.

use serde_json::{Map, Value, json};

use super::action::Action;
use super::page::{MAX_PER_PAGE, PER_PAGE};
use super::schema::{self, named};
use crate::hbnb::model::Class;

const ABOUT: &str = "Every address answers with and without a slash at its end. Bodies are JSON objects, whatever their \
    content type says; unknown keys are ignored. Nobody is asked who he is: whoever reaches this API may read, change and \
    delete every row.";
/// What a client might not expect of a changed user.
const OWN_PASSWORD: &str = "A password of somebody who signed up at the site is left out: it is changed there, by whoever \
    knows the present one.";

/// The document of the addresses in `table`.
pub fn document(table: &[(&str, &[Action])]) -> Value {
    let mut paths = Map::new();
    for (path, actions) in table {
        let mut entry: Map<_, _> =
            actions.iter().map(|action| (action.word().to_string(), operation(*action))).collect();
        let names: Vec<Value> = names_in(path).map(named_in_path).collect();
        if !names.is_empty() {
            entry.insert("parameters".into(), names.into());
        }
        paths.insert(path.to_string(), entry.into());
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "HBNB", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {"schemas": schema::all()},
    })
}

/// The names in braces of a path.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn named_in_path(name: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}})
}

fn operation(action: Action) -> Value {
    let refusals = refusals(action).iter().map(|code| refusal(*code));
    let answers = successes(action).into_iter().chain(refusals).chain([too_long()]);
    let answers: Map<String, Value> = answers.map(|(code, answer)| (code.to_string(), answer)).collect();
    let mut operation = json!({"operationId": id(action), "summary": summary(action), "responses": answers});
    if let Some(schema) = body(action) {
        operation["requestBody"] = json!({"required": true, "content": json_content(named(&schema))});
    }
    if action == Action::Change(Class::User) {
        operation["description"] = OWN_PASSWORD.into();
    }
    if is_paged(action) {
        let page = json!({"type": "integer", "minimum": 1, "maximum": u32::MAX, "default": 1});
        let size = json!({"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": PER_PAGE});
        operation["parameters"] = json!([
            {"name": "page", "in": "query", "description": "Only this page of the list", "schema": page},
            {"name": "per_page", "in": "query", "description": "Only a page of so many", "schema": size},
        ]);
    }
    operation
}

fn id(action: Action) -> String {
    summary(action).to_lowercase().replace([' ', ','], "_").replace("__", "_")
}

fn summary(action: Action) -> String {
    match action {
        Action::Status => "Tell that the server answers".into(),
        Action::Stats => "Count the rows of each class".into(),
        Action::List(class) => format!("List {}", class.table()),
        Action::Create(class) => format!("Create {}", class.name()),
        Action::Show(class) => format!("Show {}", class.name()),
        Action::Change(class) => format!("Change {}", class.name()),
        Action::Delete(class) => format!("Delete {}, and all that belongs to it", class.name()),
        Action::ListOf(parent, class) => format!("List {} of {}", class.table(), parent.name()),
        Action::CreateIn(parent, class) => format!("Create {} in {}", class.name(), parent.name()),
        Action::Amenities => "List amenities of Place".into(),
        Action::Link => "Link Amenity to Place".into(),
        Action::Unlink => "Unlink Amenity from Place".into(),
        Action::Search => "Search places: those of any named state or city, with every named amenity".into(),
    }
}

/// The schema of the body that is read.
fn body(action: Action) -> Option<String> {
    match action {
        Action::Create(class) | Action::CreateIn(_, class) => Some(schema::created_name(class)),
        Action::Change(class) => Some(schema::changed_name(class)),
        Action::Search => Some("Wish".into()),
        _ => None,
    }
}

fn is_paged(action: Action) -> bool {
    matches!(action, Action::List(_) | Action::ListOf(..) | Action::Amenities | Action::Search)
}

fn successes(action: Action) -> Vec<(u16, Value)> {
    let amenity = || named(Class::Amenity.name());
    let list = |class: Class| json!({"type": "array", "items": named(class.name())});
    match action {
        Action::Status => vec![success(200, "It does", named("Status"))],
        Action::Stats => vec![success(200, "The counts", named("Stats"))],
        Action::List(class) | Action::ListOf(_, class) => {
            vec![paged(success(200, "The list, oldest first", list(class)))]
        }
        Action::Search => vec![paged(success(200, "The places, oldest first", list(Class::Place)))],
        Action::Create(class) | Action::CreateIn(_, class) => {
            vec![success(201, "What was created", named(class.name()))]
        }
        Action::Show(class) => vec![success(200, "What there is", named(class.name()))],
        Action::Change(class) => vec![success(200, "What it is now", named(class.name()))],
        Action::Delete(_) | Action::Unlink => vec![success(200, "It is done", named("Nothing"))],
        Action::Amenities => vec![paged(success(200, "The list, oldest first", list(Class::Amenity)))],
        Action::Link => vec![
            success(200, "It was linked already", amenity()),
            success(201, "It is linked from now on", amenity()),
        ],
    }
}

fn success(code: u16, said: &str, schema: Value) -> (u16, Value) {
    (code, json!({"description": said, "content": json_content(schema)}))
}

fn paged((code, mut answer): (u16, Value)) -> (u16, Value) {
    let said = "Of a page: the first, previous, next and last";
    answer["headers"] = json!({"Link": {"description": said, "schema": {"type": "string"}}});
    (code, answer)
}

fn refusals(action: Action) -> &'static [u16] {
    match action {
        Action::Status => &[],
        Action::Stats => &[503],
        Action::List(_) => &[400, 503],
        Action::Create(_) => &[400, 409, 413, 503],
        Action::Show(_) | Action::Delete(_) => &[404, 503],
        Action::Change(_) => &[400, 404, 413, 503],
        Action::ListOf(..) | Action::Amenities => &[400, 404, 503],
        Action::CreateIn(..) => &[400, 404, 409, 413, 503],
        Action::Link | Action::Unlink => &[404, 503],
        Action::Search => &[400, 413, 503],
    }
}

fn refusal(code: u16) -> (u16, Value) {
    let said = match code {
        400 => "Not a JSON object, something is missing, or something does not fit",
        404 => "What the address or the body names does not exist",
        409 => "There is one of this id already",
        413 => "The body is too large",
        _ => "The database is not available, or too many passwords wait to be hashed",
    };
    (code, json!({"description": said, "content": json_content(named("Error"))}))
}

/// What the server before the application answers to any address, not in JSON.
fn too_long() -> (u16, Value) {
    (414, json!({"description": "The address is too long"}))
}

fn json_content(schema: Value) -> Value {
    json!({"application/json": {"schema": schema}})
}
