//! The settings that one source gives, and what all of them make together.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Call;
use crate::appserver::settings::Settings;
use crate::appserver::settings::section::row;
use crate::appserver::settings::table::Setting;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;

/// Variables that give a default, each with the setting it is for.
const DEFAULTS: [(&str, &str); 4] = [
    ("PORT", "bind"),
    ("WEB_CONCURRENCY", "workers"),
    ("FORWARDED_ALLOW_IPS", "forwarded_allow_ips"),
    ("SENDFILE", "sendfile"),
];

/// One setting of a source.
pub struct Given {
    /// Which.
    pub row: &'static Setting,
    /// What is given for it.
    pub value: Json,
    /// What the source calls it.
    pub called: String,
    /// Where it stands, if the source has lines.
    pub span: Option<Span>,
}

/// What one source gives.
pub struct Layer {
    /// The source, for people.
    pub source: String,
    /// The settings.
    pub given: Vec<Given>,
}

impl Layer {
    /// What a line of options gives; the line is a variable's, or that of the command.
    pub fn of_line(variable: Option<&str>, given: Vec<(&'static Setting, Json)>) -> Self {
        let source = variable.map_or_else(|| "command line".into(), |name| format!("${name}"));
        let given =
            given.into_iter().map(|(row, value)| Given { row, value, called: row.option(), span: None });
        Self { source, given: given.collect() }
    }

    /// What a variable that gives a default gives.
    fn of_variable(name: &str, row: &'static Setting, value: &str) -> Self {
        let value = match name {
            "PORT" => format!("0.0.0.0:{value}").into(),
            "SENDFILE" => ["y", "1", "yes", "true"].contains(&value.to_ascii_lowercase().as_str()).into(),
            _ => value.into(),
        };
        let source = format!("${name}");
        Self { given: vec![Given { row, value, called: source.clone(), span: None }], source }
    }
}

/// The values that all sources make together, and which source each came from.
#[derive(Default)]
pub struct Resolved {
    /// The values.
    pub settings: Settings,
    /// By name of the setting: its source, for people. What is not there is a default.
    pub sources: BTreeMap<&'static str, String>,
}

impl Resolved {
    /// Puts the layers on one another, the last one on top; the environment's defaults lie below all of them, and
    /// are not looked at where a layer gives something.
    pub fn of(call: &Call, layers: &[Layer]) -> Result<Self, Diagnostic> {
        let mut resolved = Self::default();
        let is_given = |name: &str| {
            layers
                .iter()
                .flat_map(|layer| &layer.given)
                .any(|given| given.row.name == name && !given.value.is_null())
        };
        for (variable, name) in DEFAULTS.into_iter().filter(|(_, name)| !is_given(name)) {
            // Who trusts nobody says so by an empty text; elsewhere it is as good as nothing.
            let value = (call.environment)(variable)
                .filter(|value| !value.is_empty() || variable == "FORWARDED_ALLOW_IPS");
            if let Some((row, value)) = row(name).zip(value) {
                resolved.lay(&Layer::of_variable(variable, row, &value))?;
            }
        }
        for layer in layers {
            resolved.lay(layer)?;
        }
        let usual =
            (call.usual_bind)(&resolved.settings.app).filter(|_| !resolved.sources.contains_key("bind"));
        if let Some((row, bind)) = row("bind").zip(usual) {
            let given = Given { row, value: bind.into(), called: row.option(), span: None };
            resolved.lay(&Layer { source: "the application's environment".into(), given: vec![given] })?;
        }
        Ok(resolved)
    }

    fn lay(&mut self, layer: &Layer) -> Result<(), Diagnostic> {
        for Given { row, value, called, span } in &layer.given {
            row.set(&mut self.settings, value, called).map_err(|said| match span {
                Some(span) => said.at(span),
                None if layer.source == "command line" => said,
                None => said.note("from", layer.source.clone()),
            })?;
            let source = match span {
                Some(span) => format!("{}:{}", layer.source, span.line),
                None => layer.source.clone(),
            };
            if !value.is_null() {
                self.sources.insert(row.name, source);
            }
        }
        Ok(())
    }
}
