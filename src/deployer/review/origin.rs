//! Where the lines of a rendered site come from: what is found is told where people can correct it.

use std::sync::Arc;

use crate::base::diagnostic::Level;
use crate::base::source::{Source, Span};
use crate::deployer::lint::{ALLOW, Finding};
use crate::deployer::stack::Snippet;

use super::found::Found;

/// Where the lines of a rendered site come from.
pub struct Origin<'a> {
    /// A snippet and the line of the site before its first.
    snippet: Option<(&'a Snippet, usize)>,
    own: &'a [Arc<Source>],
}

impl<'a> Origin<'a> {
    /// Of a rendered site with a snippet, if it has one, and of the templates that are the user's own.
    pub fn of(snippet: Option<&'a Snippet>, site: &Source, own: &'a [Arc<Source>]) -> Self {
        Self { snippet: snippet.and_then(|snippet| within(snippet, site)), own }
    }

    /// What was found, told where people can correct it.
    pub fn placed(&self, Finding { rule, said, other }: Finding) -> Found {
        let Some(rendered) = said.span.clone() else { return Found { said, is_rendered: false } };
        let (own, other_own) = (self.own(&rendered), other.as_ref().and_then(|(_, place)| self.own(place)));
        let said = match (own, other, other_own) {
            // What is ours is pushed aside by what is not.
            (None, Some(_), Some(place)) => said.at(&place).note("other", line(&rendered)),
            (own, Some((name, place)), other_own) => said
                .at(own.as_ref().unwrap_or(&rendered))
                .note(name, line(other_own.as_ref().unwrap_or(&place))),
            (own, None, _) => said.at(own.as_ref().unwrap_or(&rendered)),
        };
        let own: Vec<&str> = self.own.iter().map(|template| template.name.as_str()).collect();
        let said = match &said.span {
            Some(span) if *span == rendered && !own.is_empty() => said.note("templates", own.join(", ")),
            Some(span) if own.contains(&span.source.name.as_str()) => said.note("rendered", line(&rendered)),
            _ => said,
        };
        let is_rendered = said.span.as_ref() == Some(&rendered);
        let said = match said.level {
            _ if rule.is_empty() => said,
            Level::Error => said.note("rule", rule),
            Level::Warning => {
                said.note("rule", format!("{rule}; `# {ALLOW}{rule}` before the line says that it is meant"))
            }
        };
        Found { said, is_rendered }
    }

    /// The place in a file of the user's own; none for what is ours, or if that cannot be told.
    fn own(&self, rendered: &Span) -> Option<Span> {
        match self.snippet {
            Some((snippet, before))
                if (1..=snippet.text().lines().count()).contains(&rendered.line.saturating_sub(before)) =>
            {
                Some(Span {
                    source: Arc::clone(&snippet.source),
                    line: rendered.line - before,
                    ..rendered.clone()
                })
            }
            _ => self.in_template(rendered),
        }
    }

    /// The only line of a template that can have become the rendered one.
    fn in_template(&self, rendered: &Span) -> Option<Span> {
        let whole = rendered.source.line(rendered.line);
        let lines = |template: &'_ Arc<Source>| {
            let template = Arc::clone(template);
            (1..=template.text.lines().count())
                .map(move |number| Span::new(&template, number, 1, 1))
                .collect::<Vec<_>>()
        };
        let mut fitting: Vec<Span> = self.own.iter().flat_map(lines).collect();
        fitting.retain(|place| could_be(place.source.line(place.line), whole));
        let [place] = fitting.as_slice() else { return None };
        let line = place.source.line(place.line);
        let meant: String = whole.chars().skip(rendered.column - 1).take(rendered.length).collect();
        let (at, length) = match line.find(&meant) {
            Some(at) => (at, rendered.length),
            None => (line.len() - line.trim_start().len(), line.trim().chars().count()),
        };
        Some(Span::new(&place.source, place.line, line[..at].chars().count() + 1, length))
    }
}

/// A snippet in its site.
fn within<'s>(snippet: &'s Snippet, site: &Source) -> Option<(&'s Snippet, usize)> {
    let head = format!("# From {}.\n", snippet.name);
    let at = site.text.find(&format!("{head}{}", snippet.text()))?;
    Some((snippet, site.text[..at + head.len()].lines().count()))
}

/// Whether a line of a template can become the rendered one: what stands outside its tags is there, in its order.
fn could_be(template: &str, rendered: &str) -> bool {
    let (mut rest, mut pieces) = (rendered.trim(), Vec::new());
    let mut left = template.trim();
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|tag| left.find(tag)).min() {
        pieces.push(left[..at].trim());
        left = left[at + 2..].find('}').map_or("", |end| left[at + 2 + end..].trim_start_matches('}'));
    }
    if pieces.is_empty() {
        return left == rest && !left.is_empty();
    }
    // A line of nothing but tags could become anything.
    let Some(first) = pieces.first().copied().filter(|first| !first.is_empty()) else { return false };
    pieces.push(left.trim());
    rest.starts_with(first)
        && rest.ends_with(left.trim())
        && pieces.iter().all(|piece| {
            let found = rest.find(piece);
            rest = found.map_or("", |at| &rest[at + piece.len()..]);
            found.is_some()
        })
}

/// A place and its line.
fn line(place: &Span) -> String {
    format!("{}:{}: {}", place.source.name, place.line, place.source.line(place.line).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_line_is_found_in_the_template_that_made_it() {
        for (template, rendered, wanted) in [
            ("    gzip on;", "gzip on;", true),
            ("gzip on;", "gzip off;", false),
            ("", "", false),
            (
                "add_header {{ h.name | nginx }} {{ h.value | nginx }}{{ site.always }};",
                "add_header A \"b c\" always;",
                true,
            ),
            ("add_header A {{ value }};", "add_header B c;", false),
            ("listen {{ a }} ssl;", "listen 443;", false),
            ("{{ line }}", "anything", false),
            ("{%- for a in b %}", "x", false),
            ("root /x; {#- why #}", "root /x;", true),
            ("proxy_pass http://{{ up }}{% if a %}/{% endif %};", "proxy_pass http://a;", false),
        ] {
            assert_eq!(could_be(template, rendered), wanted, "{template}");
        }
    }
}
