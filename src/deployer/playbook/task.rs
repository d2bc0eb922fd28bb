//! A task, and how it becomes finished values for one host.

use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;
use crate::base::template::{Templates, Values};
use crate::base::yaml::{Node, Spanned, Value};
use crate::resource::probe::Probe;
use crate::resource::{Resource, Step};

use super::finish::{TaskContext, entry, finish, place};

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
        let kind = if kind == "template" { "file" } else { kind };
        let named = Value::Map(vec![entry(kind, body.value, &body.span)]);
        let resource: Resource = Node::new(body.span, named).decode()?;
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
