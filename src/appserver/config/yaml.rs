//! A configuration in YAML: the names of the table and their values.

use std::sync::Arc;

use serde_json::Value as Json;

use super::layer::{Given, Layer};
use super::word;
use crate::appserver::settings::hook::{HOOKS, REFUSED};
use crate::appserver::settings::section::row;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Source;
use crate::base::yaml::{Node, Spanned, Value, parse};

/// Reads a text. Errors carry line and column: broken YAML, a name that is no setting, a value of our own tags.
pub fn read(source: &Arc<Source>) -> Result<Layer, Diagnostic> {
    let root = parse(source)?;
    if !matches!(root.value, Value::Map(_) | Value::Null) {
        let said = Diagnostic::error(format!("a configuration is a map, found {}", root.kind()));
        return Err(said.at(&root.span).fix("`workers: 3`, one setting a line"));
    }
    let given = root.entries().iter().map(|(key, value)| {
        let row = row(&key.value).ok_or_else(|| unknown(key))?;
        let value = (json(value)?, value.span.clone());
        Ok(Given { row, value: value.0, called: key.value.clone(), span: Some(value.1) })
    });
    Ok(Layer { source: source.name.clone(), given: given.collect::<Result<_, Diagnostic>>()? })
}

/// What is said of a name that is no setting.
pub fn unknown(key: &Spanned<String>) -> Diagnostic {
    if HOOKS.iter().any(|hook| hook.name == key.value) || REFUSED.iter().any(|(name, _)| *name == key.value) {
        return Diagnostic::error(format!("`{}` is a function", key.value))
            .at(&key.span)
            .label("only a configuration in Python has functions")
            .fix("a `gunicorn.conf.py`");
    }
    let said = Diagnostic::error(format!("unknown setting `{}`", key.value)).at(&key.span);
    match word::meant(&key.value) {
        Some(word) => said.fix(format!("did you mean `{word}`?")),
        None => said.fix("`appserver settings` lists all settings"),
    }
}

/// The value, a scalar as the text that was typed: what it means depends on the setting.
pub fn json(node: &Node) -> Result<Json, Diagnostic> {
    Ok(match &node.value {
        Value::Null => Json::Null,
        Value::Seq(items) => Json::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Value::Map(entries) => {
            let entry = |(key, value): &(Spanned<String>, Node)| Ok((key.value.clone(), json(value)?));
            Json::Object(entries.iter().map(entry).collect::<Result<_, Diagnostic>>()?)
        }
        Value::Tagged(tag, _) => {
            let said = Diagnostic::error(format!("`{tag}` means nothing here")).at(&node.span);
            return Err(said.fix("the value itself, or a variable of the environment"));
        }
        _ => node.text().unwrap_or_default().into(),
    })
}
