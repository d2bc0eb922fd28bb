//! Rules of single directives: a `;` that is missing, and `if`.

use super::{Finding, Scene};
use crate::base::diagnostic::Diagnostic;

/// What Nginx calls directives in a server, a location or an upstream, and around them.
const NAMES: &str = include_str!("names.txt");

/// What looks like a directive's name and is a word that another one takes.
const WORDS: [(&str, &str); 4] =
    [("listen", "ssl"), ("listen", "http2"), ("listen", "quic"), ("access_log", "gzip")];

/// A directive that swallows the next line, since its own has no `;`.
pub fn missing_semicolon(scene: &Scene, found: &mut Vec<Finding>) {
    let directive = scene.directive;
    let before = std::iter::once(&directive.name).chain(&directive.args);
    for (last, word) in before.zip(&directive.args) {
        let starts_a_line = word.span.line > last.span.line && !last.text.contains('\n');
        let taken = WORDS.contains(&(&directive.name.text, &word.text));
        if starts_a_line && !word.quoted && !taken && NAMES.split_whitespace().any(|name| name == word.text) {
            let swallows = format!("`{}` swallows `{}`", directive.name.text, word.text);
            let error = Diagnostic::error(swallows).at(&last.span).label("a `;` is missing behind it");
            let fix = format!("end the line with `{};`", last.text);
            found.push(Finding::from(error.fix(fix)).with("swallowed", &word.span));
            return;
        }
    }
}

/// An `if` in a location that does more than answer or send elsewhere.
///
/// See <https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if>: such an `if` is a location of its own.
pub fn if_in_location(scene: &Scene, found: &mut Vec<Finding>) {
    let in_location = scene.above.last().is_some_and(|parent| parent.is("location"));
    if !scene.directive.is("if") || !in_location {
        return;
    }
    let is_safe = |directive: &&super::Directive| match directive.name.text.as_str() {
        "return" | "set" => true,
        "rewrite" => directive
            .args
            .last()
            .is_some_and(|flag| ["last", "redirect", "permanent"].contains(&flag.text.as_str())),
        _ => false,
    };
    if let Some(other) = scene.directive.inside().iter().find(|directive| !is_safe(directive)) {
        let warning = Diagnostic::warning(format!("`{}` in an `if` of a location", other.name.text));
        found.push(warning
                .at(&other.name.span)
                .label("where the condition holds, the rest of the location may be left out")
                .fix("keep to `return`, `rewrite … last` and `set` there; choose values by a `map`, or in a location of their own").into());
    }
}
