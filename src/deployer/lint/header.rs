//! Rules of headers: those of a location take all inherited ones away.

use super::syntax::Directive;
use super::{Finding, Scene};
use crate::base::diagnostic::Diagnostic;

/// A location that loses headers of its answers.
pub fn add_header(scene: &Scene, found: &mut Vec<Finding>) {
    let merges = |directive: &&Directive| {
        let mut said = directive.all("add_header_inherit").flat_map(|own| &own.args);
        said.any(|word| word.text == "merge")
    };
    let fix = "say those here again, or take this line away and name the header below `headers` of the site";
    if !scene.above.iter().chain([&scene.directive]).any(merges) {
        found.extend(lost(scene, "add_header", fix));
    }
}

/// A location that loses what applications are told of a request.
pub fn proxy_set_header(scene: &Scene, found: &mut Vec<Finding>) {
    let fix = "say those here again, or take this line away: a route with `websocket: true` passes WebSockets on by itself";
    found.extend(lost(scene, "proxy_set_header", fix));
}

fn lost(scene: &Scene, name: &'static str, fix: &str) -> Option<Finding> {
    let own = scene.directive.all(name).next()?;
    let header = |line: &Directive| line.args.first().map(|word| word.text.clone());
    let inherited = scene.above.iter().rev().find(|above| above.all(name).next().is_some())?;
    let has = |wanted: &String| {
        scene.directive.all(name).filter_map(header).any(|own| own.eq_ignore_ascii_case(wanted))
    };
    let lost: Vec<&Directive> =
        inherited.all(name).filter(|line| header(line).is_some_and(|wanted| !has(&wanted))).collect();
    let first = lost.first()?;
    let mut names: Vec<String> = lost.iter().filter_map(|line| header(line)).collect();
    names.dedup();
    let message = format!("`{name}` takes inherited headers away: {}", names.join(", "));
    let warning = Diagnostic::warning(message).at(&own.name.span);
    let label = format!("with one of its own, this `{}` inherits none", scene.directive.name.text);
    Some(Finding::from(warning.label(label).fix(fix)).with("lost", &first.name.span))
}
