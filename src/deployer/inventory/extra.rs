//! `-e KEY=VALUE` from the command line.

use super::Vars;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::Source;
use crate::base::yaml::{self, Node, Value};

/// The variables of `-e`: a value that starts with `[`, `{`, `!` or a quote is YAML; any other is one plain value.
pub fn read(pairs: &[(String, String)], said: &mut Vec<Diagnostic>) -> Vars {
    let mut vars = Vars::new();
    for (key, value) in pairs {
        let source = Source::new(format!("-e {key}"), value.as_str());
        let parsed = yaml::parse(&source);
        let node = match parsed {
            Ok(node) if !matches!(node.value, Value::Map(_) | Value::Seq(_)) => node,
            other if value.starts_with(['[', '{', '!', '"', '\'']) => match other {
                Ok(node) => node,
                Err(e) => {
                    said.push(e);
                    continue;
                }
            },
            _ => Node::new(crate::base::source::Span::new(&source, 1, 1, 1), Value::Str(value.clone())),
        };
        vars.insert(key.clone(), node);
    }
    vars
}
