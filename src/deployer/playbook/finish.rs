//! What only the desk knows, put into a task's values before they are read: a template's text, programs, the init system.

use crate::agent::facts::Facts;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;
use crate::base::template::{Templates, Values};
use crate::base::yaml::{Node, Spanned, Value};
use crate::resource::app::release::Payload;

use crate::deployer::payload;

/// What a task is compiled with.
pub struct TaskContext<'a> {
    /// All templates.
    pub templates: &'a Templates,
    /// What they can name on this host.
    pub values: Values,
    /// What is true of this host.
    pub facts: &'a Facts,
    /// The programs a release can be made of.
    pub programs: &'a [Payload],
}

/// Turns what only the desk knows into finished values: a template into its text, programs into digests, the
/// host's init system.
///
/// # Errors
/// A template that cannot be rendered, a program that is not known: with the place.
pub fn finish(
    kind: &str,
    entries: &mut Vec<(Spanned<String>, Node)>,
    context: &TaskContext,
    values: &Values,
) -> Result<(), Diagnostic> {
    let Some(at) = entries.first().map(|(key, _)| key.span.clone()) else { return Ok(()) };
    if let Some(index) = entries.iter().position(|(key, _)| key.value == "template") {
        let (_, template) = entries.remove(index);
        match entries.iter_mut().find(|(key, _)| kind == "nginx_sites" && key.value == "sites") {
            Some((_, sites)) => render_sites(sites, &template, context, values)?,
            None => entries.push(entry("content", rendered(&template, context, values)?, &template.span)),
        }
    }
    if matches!(kind, "unit" | "service" | "config") {
        let init = serde_json::to_value(context.facts.init).unwrap_or_default();
        entries.push(entry("init", Value::Str(init.as_str().unwrap_or_default().to_string()), &at));
    }
    if let Some(index) = entries.iter().position(|(key, _)| kind == "release" && key.value == "binaries") {
        let (_, names) = entries.remove(index);
        let payloads = payloads(&names, context.programs)?;
        let prepare = entries.iter().find(|(key, _)| key.value == "prepare").map(|(_, node)| words(node));
        let id = payload::release_id(&payloads, &prepare.unwrap_or_default());
        entries.push(entry("id", Value::Str(id), &at));
        entries.push(entry(
            "files",
            Value::Seq(payloads.iter().map(|p| payload_node(p, &at)).collect()),
            &at,
        ));
    }
    Ok(())
}

/// The text that a template gives.
fn rendered(template: &Node, context: &TaskContext, values: &Values) -> Result<Value, Diagnostic> {
    let name = template.text().unwrap_or_default();
    let content = context.templates.render(name, values).map_err(|error| match &error.span {
        Some(_) => error.note("rendered for", place(&template.span)),
        None => error.at(&template.span),
    })?;
    Ok(Value::Str(content))
}

/// Turns the values of sites into sites, each rendered as the `item` of the template.
fn render_sites(
    sites: &mut Node,
    template: &Node,
    context: &TaskContext,
    values: &Values,
) -> Result<(), Diagnostic> {
    let Value::Seq(items) = &mut sites.value else { return Ok(()) };
    for item in items {
        let mut values = values.clone();
        values.insert("item", &item.to_json());
        let at = &template.span;
        let name = item.get("id").and_then(Node::text).unwrap_or_default().to_string();
        let mut site = vec![
            entry("name", Value::Str(name), at),
            entry("content", rendered(template, context, &values)?, at),
        ];
        site.extend(item.get("reload_when").map(|paths| entry("reload_when", paths.value.clone(), at)));
        item.value = Value::Map(site);
    }
    Ok(())
}

/// The texts of a list of lists.
fn words(node: &Node) -> Vec<Vec<String>> {
    let texts = |list: &Node| list.items().iter().filter_map(Node::text).map(str::to_string).collect();
    node.items().iter().map(texts).collect()
}

/// The programs of these names.
fn payloads(names: &Node, programs: &[Payload]) -> Result<Vec<Payload>, Diagnostic> {
    let mut payloads = Vec::new();
    for name in names.items() {
        let known = programs.iter().find(|p| Some(p.name.as_str()) == name.text());
        payloads.push(known.cloned().ok_or_else(|| {
            let known: Vec<&str> = programs.iter().map(|p| p.name.as_str()).collect();
            let typed = name.text().unwrap_or_default();
            Diagnostic::error(format!("unknown program `{typed}`"))
                .at(&name.span)
                .label(format!("known: {}", known.join(", ")))
                .suggest(typed, known)
        })?);
    }
    Ok(payloads)
}

fn payload_node(payload: &Payload, at: &Span) -> Node {
    let size = i64::try_from(payload.size).unwrap_or(i64::MAX);
    let fields = vec![
        entry("name", Value::Str(payload.name.clone()), at),
        entry("digest", Value::Str(payload.digest.clone()), at),
        entry("size", Value::Int(size), at),
    ];
    Node::new(at.clone(), Value::Map(fields))
}

/// A key and its value, both standing at a place.
pub fn entry(key: &str, value: Value, at: &Span) -> (Spanned<String>, Node) {
    (Spanned { value: key.to_string(), span: at.clone() }, Node::new(at.clone(), value))
}

/// A place in a file, as people read it.
pub fn place(span: &Span) -> String {
    format!("{}:{}", span.source.name, span.line)
}
