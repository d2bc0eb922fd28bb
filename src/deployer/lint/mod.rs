//! The classic mistakes of Nginx configurations, found in the text that a host would get: a table of rules, pure.
//!
//! A comment `# deployer: allow RULE`, on the line of a finding or alone on the line before, says that it is meant.

mod directive;
mod header;
mod listener;
mod location;
mod proxy;
mod reach;
pub mod syntax;

use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;

pub use listener::Listener;
use syntax::{Comment, Directive, Text};

/// What a comment that allows something begins with.
pub const ALLOW: &str = "deployer: allow ";

/// Blocks whose lines are no directives: their first words mean anything.
const TABLES: [&str; 5] = ["map", "geo", "types", "split_clients", "charset_map"];

type Check = fn(&Scene, &mut Vec<Finding>);

/// Every rule by the name that people read and may write behind `allow`.
const RULES: [(&str, Check); 10] = [
    ("missing_semicolon", directive::missing_semicolon),
    ("if_in_location", directive::if_in_location),
    ("duplicate_location", location::duplicate),
    ("alias_traversal", location::alias_traversal),
    ("unreachable_location", reach::unreachable),
    ("proxy_pass_uri", proxy::uri),
    ("unknown_upstream", proxy::unknown_upstream),
    ("nobody_listens", proxy::nobody_listens),
    ("add_header_inheritance", header::add_header),
    ("proxy_set_header_inheritance", header::proxy_set_header),
];

/// What a host has beside the text that is read.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The names of its upstreams.
    pub upstreams: Vec<String>,
    /// Where somebody listens.
    pub listeners: Vec<Listener>,
}

impl Around {
    /// Adds what one of the host's files of Nginx brings.
    pub fn add(&mut self, text: &Text) {
        let mut seen =
            |scene: &Scene| match (scene.directive.name.text.as_str(), scene.directive.args.first()) {
                ("upstream", Some(name)) => self.upstreams.push(name.text.clone()),
                ("listen", Some(address)) => self.listeners.extend(Listener::of_listen(&address.text)),
                _ => {}
            };
        walk(&text.directives, &mut Vec::new(), &Self::default(), &mut seen);
    }
}

/// A directive, what it stands in, and what the host has.
struct Scene<'t> {
    directive: &'t Directive,
    /// From the outermost to the nearest.
    above: &'t [&'t Directive],
    around: &'t Around,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name; empty if no rule says so.
    pub rule: &'static str,
    /// What is said of it; always with a place.
    pub said: Diagnostic,
    /// Another place that has to do with it, and as what.
    pub other: Option<(&'static str, Span)>,
}

impl From<Diagnostic> for Finding {
    fn from(said: Diagnostic) -> Self {
        Self { rule: "", said, other: None }
    }
}

impl Finding {
    /// The same with another place.
    fn with(self, name: &'static str, place: &Span) -> Self {
        Self { other: Some((name, place.clone())), ..self }
    }
}

/// Everything that the rules find in a text, in its order; what the text allows is left out.
pub fn findings(text: &Text, around: &Around) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (name, check) in RULES {
        let mut by_rule = Vec::new();
        walk(&text.directives, &mut Vec::new(), around, &mut |scene| check(scene, &mut by_rule));
        by_rule.retain(|finding| !text.comments.iter().any(|comment| allows(comment, name, finding)));
        found.extend(by_rule.into_iter().map(|finding| Finding { rule: name, ..finding }));
    }
    found.extend(text.comments.iter().flat_map(unknown).map(Finding::from));
    found.sort_by_key(|finding| finding.said.span.as_ref().map(|span| (span.line, span.column)));
    found
}

/// A text that nginx could not read.
pub fn unread(mistake: &syntax::Mistake) -> Diagnostic {
    Diagnostic::error("nginx could not read this").at(&mistake.at).label(mistake.why)
}

fn walk<'t>(
    directives: &'t [Directive],
    above: &mut Vec<&'t Directive>,
    around: &Around,
    see: &mut impl FnMut(&Scene),
) {
    for directive in directives {
        see(&Scene { directive, above, around });
        if !TABLES.contains(&directive.name.text.as_str()) {
            above.push(directive);
            walk(directive.inside(), above, around, see);
            above.pop();
        }
    }
}

/// The rules that a comment names.
fn allowed(comment: &Comment) -> impl Iterator<Item = &str> {
    let names = comment.text.trim().strip_prefix(ALLOW).unwrap_or_default();
    names.split([',', ' ']).filter(|name| !name.is_empty())
}

fn allows(comment: &Comment, rule: &str, finding: &Finding) -> bool {
    let line = comment.span.line + usize::from(comment.alone);
    let places = finding.said.span.iter().chain(finding.other.as_ref().map(|(_, span)| span));
    allowed(comment).any(|name| name == rule) && places.into_iter().any(|place| place.line == line)
}

/// What a comment allows that is no rule.
fn unknown(comment: &Comment) -> impl Iterator<Item = Diagnostic> {
    let known = RULES.map(|(name, _)| name);
    allowed(comment).filter(move |name| !known.contains(name)).map(move |name| {
        let unknown = Diagnostic::warning(format!("unknown rule `{name}`")).at(&comment.span);
        unknown.label(format!("rules: {}", known.join(", "))).suggest(name, known)
    })
}

#[cfg(test)]
mod tests;
