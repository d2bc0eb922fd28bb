//! A task, and how it becomes finished values for one host.

use crate::agent::facts::Facts;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;
use crate::base::template::{Templates, Values};
use crate::base::yaml::{Node, Spanned, Value};
use crate::resource::app::release::Payload;
use crate::resource::probe::Probe;
use crate::resource::{Resource, Step};

use crate::deployer::payload;

/// What a task can be.
pub const RESOURCES: [&str; 18] = [
    "package",
    "user",
    "directory",
    "file",
    "template",
    "config",
    "link",
    "unit",
    "service",
    "nginx_sites",
    "servers",
    "haproxy",
    "release",
    "python_env",
    "certificate",
    "acme",
    "command",
    "probe",
];

/// One task, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// What people call it; may name variables.
    pub name: String,
    /// An expression; the task is left out where it is false.
    pub when: Option<Spanned<String>>,
    /// A list of the inventory; the task is done for each `item`.
    pub each: Option<Spanned<String>>,
    /// The resource's name and its place.
    pub kind: Spanned<String>,
    /// The resource's values; texts may be templates.
    pub body: Node,
}

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

/// What a task becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Compiled {
    /// Something to converge.
    Step(Box<Step>),
    /// Something to prove.
    Probe(Probe),
}

impl Task {
    /// The steps and probes of this task on one host; none where `when` is false or the list is empty.
    ///
    /// # Errors
    /// A variable that does not exist, a value of a wrong type, a template's error: with its place.
    pub fn compile(&self, context: &TaskContext) -> Result<Vec<Compiled>, Diagnostic> {
        let mut compiled = Vec::new();
        for item in self.items(context)? {
            let mut values = context.values.clone();
            if let Some(item) = item {
                values.insert("item", item);
            }
            if self.is_wanted(context.templates, &values)? {
                compiled.push(self.compile_one(context, &values)?);
            }
        }
        Ok(compiled)
    }

    fn items<'a>(&self, context: &'a TaskContext) -> Result<Vec<Option<&'a serde_json::Value>>, Diagnostic> {
        let Some(each) = &self.each else { return Ok(vec![None]) };
        match context.values.get(&each.value) {
            Some(serde_json::Value::Array(items)) => Ok(items.iter().map(Some).collect()),
            other => {
                let wrong = match other {
                    Some(_) => format!("`{}` is not a list", each.value),
                    None => format!("unknown list `{}`", each.value),
                };
                let lists = context.values.lists();
                Err(Diagnostic::error(wrong)
                    .at(&each.span)
                    .label(format!("lists here: {}", lists.join(", ")))
                    .suggest(&each.value, lists.iter().map(String::as_str)))
            }
        }
    }

    fn is_wanted(&self, templates: &Templates, values: &Values) -> Result<bool, Diagnostic> {
        let Some(when) = &self.when else { return Ok(true) };
        templates.holds(&when.value, values, &when.span)
    }

    fn compile_one(&self, context: &TaskContext, values: &Values) -> Result<Compiled, Diagnostic> {
        let mut body = expand(&self.body, context.templates, values)?;
        let kind = self.kind.value.as_str();
        let Value::Map(entries) = &mut body.value else {
            let wrong = Diagnostic::error(format!("`{kind}` is a map, found {}", body.kind())).at(&body.span);
            return Err(wrong.fix(format!("write `{kind}: {{ … }}`")));
        };
        finish(kind, entries, context, values)?;
        if kind == "probe" {
            return Ok(Compiled::Probe(body.decode()?));
        }
        if kind == "command" && body.get("unless").is_none() && body.get("creates").is_none() {
            return Err(Diagnostic::error("a command needs `unless` or `creates`")
                .at(&self.kind.span)
                .label("how would the next run know that it is done?")
                .fix("name what it makes (`creates: PATH`), or a command that succeeds when there is nothing to do"));
        }
        let resource = match kind {
            "package" => Resource::Package(body.decode()?),
            "user" => Resource::User(body.decode()?),
            "directory" => Resource::Directory(body.decode()?),
            "file" | "template" => Resource::File(body.decode()?),
            "config" => Resource::Config(body.decode()?),
            "link" => Resource::Link(body.decode()?),
            "unit" => Resource::Unit(body.decode()?),
            "service" => Resource::Service(body.decode()?),
            "nginx_sites" => Resource::NginxSites(body.decode()?),
            "servers" => Resource::Servers(body.decode()?),
            "haproxy" => Resource::Haproxy(body.decode()?),
            "release" => Resource::Release(body.decode()?),
            "python_env" => Resource::PythonEnv(body.decode()?),
            "certificate" => Resource::Certificate(body.decode()?),
            "acme" => Resource::Acme(body.decode()?),
            _ => Resource::Command(body.decode()?),
        };
        let name = context.templates.render_text(&self.name, values, &self.kind.span)?;
        Ok(Compiled::Step(Box::new(Step { name, place: place(&self.kind.span), resource })))
    }
}

/// The same tree with every text rendered.
fn expand(node: &Node, templates: &Templates, values: &Values) -> Result<Node, Diagnostic> {
    let value = match &node.value {
        Value::Str(text) => match values.whole(text) {
            Some(tree) => from_json(tree, &node.span),
            None => Value::Str(templates.render_text(text, values, &node.span)?),
        },
        Value::Seq(items) => {
            Value::Seq(items.iter().map(|i| expand(i, templates, values)).collect::<Result<_, _>>()?)
        }
        Value::Map(entries) => {
            let expanded = entries.iter().map(|(k, v)| Ok((k.clone(), expand(v, templates, values)?)));
            Value::Map(expanded.collect::<Result<_, Diagnostic>>()?)
        }
        other => other.clone(),
    };
    Ok(Node { value, ..node.clone() })
}

/// A list or map of values, all standing where the text stands that named it.
fn from_json(tree: &serde_json::Value, at: &Span) -> Value {
    use serde_json::Value as Json;
    match tree {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => {
            number.as_i64().map_or(Value::Float(number.as_f64().unwrap_or(0.0)), Value::Int)
        }
        Json::String(text) => Value::Str(text.clone()),
        Json::Array(items) => {
            Value::Seq(items.iter().map(|i| Node::new(at.clone(), from_json(i, at))).collect())
        }
        Json::Object(fields) => {
            Value::Map(fields.iter().map(|(k, v)| entry(k, from_json(v, at), at)).collect())
        }
    }
}

/// Turns what only the desk knows into finished values: a template into its text, programs into digests, the
/// host's init system.
fn finish(
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

fn entry(key: &str, value: Value, at: &Span) -> (Spanned<String>, Node) {
    (Spanned { value: key.to_string(), span: at.clone() }, Node::new(at.clone(), value))
}

fn place(span: &Span) -> String {
    format!("{}:{}", span.source.name, span.line)
}
