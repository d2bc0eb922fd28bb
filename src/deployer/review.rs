//! What people brought themselves to a site of Nginx, a snippet or templates of their own, read as Nginx would read it.

use std::sync::Arc;

use crate::agent::wire::Plan;
use crate::base::diagnostic::{Diagnostic, Level};
use crate::base::secret::Mask;
use crate::base::source::{Source, Span};
use crate::resource::Resource;
use crate::resource::web::nginx_site::NginxSite;

use super::lint::{self, ALLOW, Around, Finding, Listener, syntax};
use super::stack::{Snippet, Stack};

/// A host's sites, and what in them is the user's own.
pub struct Review<'a> {
    /// The host's name.
    pub host: &'a str,
    /// What it would get.
    pub plan: &'a Plan,
    /// What it is to run.
    pub stack: &'a Stack,
    /// Where its apps listen.
    pub listening: Vec<String>,
    /// Templates of Nginx that are not ours.
    pub own: Vec<Arc<Source>>,
    /// What is not to be repeated.
    pub mask: &'a Mask,
}

impl Review<'_> {
    /// Everything that is wrong or suspicious in the sites with a snippet, or in all if there are templates.
    pub fn findings(&self) -> Vec<Diagnostic> {
        let brought: Vec<&NginxSite> = self.sites().filter(|site| self.is_brought(site)).collect();
        if brought.is_empty() {
            return Vec::new();
        }
        let listeners = self.listening.iter().filter_map(|address| Listener::of(address, "80"));
        let mut around = Around { listeners: listeners.collect(), ..Around::default() };
        for text in self.texts().filter_map(|text| syntax::parse(&Source::new("", text)).ok()) {
            around.add(&text);
        }
        brought.into_iter().flat_map(|site| self.of_site(site, &around)).collect()
    }

    fn sites(&self) -> impl Iterator<Item = &NginxSite> {
        self.plan.steps.iter().flat_map(|step| match &step.resource {
            Resource::NginxSites(all) => &all.sites[..],
            _ => &[],
        })
    }

    /// The files that Nginx reads.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let included = self.plan.steps.iter().filter_map(|step| match &step.resource {
            Resource::Servers(file) => Some(file.content.as_str()),
            Resource::File(file) if file.path.starts_with("/etc/nginx/") => Some(file.content.as_str()),
            _ => None,
        });
        included.chain(self.sites().map(|site| site.content.as_str()))
    }

    fn snippet(&self, site: &NginxSite) -> Option<&Snippet> {
        self.stack.sites.iter().find(|of_stack| of_stack.id() == site.name)?.snippet.as_ref()
    }

    fn is_brought(&self, site: &NginxSite) -> bool {
        !self.own.is_empty() || self.snippet(site).is_some()
    }

    fn of_site(&self, site: &NginxSite, around: &Around) -> Vec<Diagnostic> {
        let source =
            Source::new(format!("{}:{}", self.host, site.available()), self.mask.hide(&site.content));
        let origin =
            Origin { snippet: self.snippet(site).and_then(|own| within(own, &source)), own: &self.own };
        match syntax::parse(&source) {
            Ok(text) => lint::findings(&text, around).into_iter().map(|found| origin.placed(found)).collect(),
            Err(mistake) => vec![origin.placed(lint::unread(&mistake).into())],
        }
    }
}

/// Adds what other hosts, or other releases, have not shown already.
pub fn add(said: &mut Vec<Diagnostic>, more: Vec<Diagnostic>) {
    let rule = |one: &Diagnostic| one.notes.iter().find(|(name, _)| *name == "rule").cloned();
    let place = |one: &Diagnostic| {
        one.span.as_ref().map(|span| (span.source.line(span.line).to_string(), span.column))
    };
    for one in more {
        if !said.iter().any(|known| rule(known) == rule(&one) && place(known) == place(&one)) {
            said.push(one);
        }
    }
}

/// Where the lines of a rendered site come from.
struct Origin<'a> {
    /// A snippet and the line of the site before its first.
    snippet: Option<(&'a Snippet, usize)>,
    own: &'a [Arc<Source>],
}

/// A snippet in its site.
fn within<'s>(snippet: &'s Snippet, site: &Source) -> Option<(&'s Snippet, usize)> {
    let head = format!("# From {}.\n", snippet.name);
    let at = site.text.find(&format!("{head}{}", snippet.text()))?;
    Some((snippet, site.text[..at + head.len()].lines().count()))
}

impl Origin<'_> {
    /// What was found, told where people can correct it.
    fn placed(&self, Finding { rule, said, other }: Finding) -> Diagnostic {
        let Some(rendered) = said.span.clone() else { return said };
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
        match said.level {
            _ if rule.is_empty() => said,
            Level::Error => said.note("rule", rule),
            Level::Warning => {
                said.note("rule", format!("{rule}; `# {ALLOW}{rule}` before the line says that it is meant"))
            }
        }
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

    #[test]
    fn what_another_host_has_shown_is_not_said_again() {
        let finding = |host: &str, rule: &str| {
            let span = Span::new(&Source::new(host, "\ngzip on;\n"), 2, 1, 4);
            Diagnostic::warning(host).at(&span).note("rule", rule)
        };
        let mut said = Vec::new();
        add(&mut said, vec![finding("a", "x"), finding("b", "x"), finding("b", "y")]);
        assert_eq!(said, [finding("a", "x"), finding("b", "y")]);
    }
}
