//! What was found, each mistake once: hosts and releases share snippets and templates.

use crate::base::diagnostic::Diagnostic;

/// What was found in a site, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is said of it.
    pub said: Diagnostic,
    /// Whether its place is one in the text for the host, as nobody can tell which line of the user's own it comes from.
    pub is_rendered: bool,
}

impl Found {
    /// Its rule; what it says, if no rule says so.
    fn rule(&self) -> &str {
        let rule = self.said.notes.iter().find(|(name, _)| *name == "rule");
        rule.map_or(&self.said.message, |(_, rule)| rule)
    }

    /// Whether another one tells the same mistake: at the same place of a file, or in a rendered line of the same text.
    fn is_same(&self, other: &Self) -> bool {
        let (Some(place), Some(its)) = (&self.said.span, &other.said.span) else {
            return self.said == other.said;
        };
        let is_there = match self.is_rendered {
            true => place.source.line(place.line) == its.source.line(its.line),
            false => place.source.name == its.source.name && place.line == its.line,
        };
        self.is_rendered == other.is_rendered
            && self.rule() == other.rule()
            && place.column == its.column
            && is_there
    }
}

/// Adds what was found on a host; what other hosts, or other releases, have shown already is left out.
///
/// Two rendered lines of the same text are one mistake on two hosts, and two on one.
pub fn add(known: &mut Vec<Found>, more: Vec<Found>) {
    let before = known.len();
    for one in more {
        let among = if one.is_rendered { &known[..before] } else { &known[..] };
        if !among.iter().any(|other| other.is_same(&one)) {
            known.push(one);
        }
    }
}

/// What was found each time.
pub fn in_all(times: Vec<Vec<Found>>) -> Vec<Found> {
    let mut times = times.into_iter();
    let mut found = times.next().unwrap_or_default();
    for others in times {
        found.retain(|one| others.iter().any(|other| other.is_same(one)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::{Source, Span};

    /// A mistake in line 2 or 3 of a text with two same lines.
    fn found(file: &str, line: usize, rule: &str, is_rendered: bool) -> Found {
        let span = Span::new(&Source::new(file, "\ngzip on;\ngzip on;\n"), line, 1, 4);
        Found { said: Diagnostic::warning("gzip").at(&span).note("rule", rule), is_rendered }
    }

    fn added(times: &[&[Found]]) -> Vec<Found> {
        let mut known = Vec::new();
        times.iter().for_each(|more| add(&mut known, more.to_vec()));
        known
    }

    #[test]
    fn what_another_host_has_shown_is_not_said_again() {
        let [a, b, other] = [("a:/site", "x"), ("b:/site", "x"), ("b:/site", "y")]
            .map(|(file, rule)| found(file, 2, rule, true));
        assert_eq!(added(&[std::slice::from_ref(&a), &[b, other.clone()]]), [a, other]);
        let own = found("own.conf", 2, "x", false);
        assert_eq!(added(&[std::slice::from_ref(&own), std::slice::from_ref(&own)]), [own]);
    }

    #[test]
    fn the_same_line_at_two_places_is_two_mistakes() {
        for is_rendered in [true, false] {
            let host = [("a.conf", 2), ("a.conf", 3), ("b.conf", 2)]
                .map(|(file, line)| found(file, line, "x", is_rendered));
            assert_eq!(added(&[&host, &host]), host);
        }
    }

    #[test]
    fn a_line_that_two_sites_of_a_host_include_is_one_mistake() {
        let own = found("own.conf", 2, "x", false);
        assert_eq!(added(&[&[own.clone(), own.clone()]]), [own]);
    }

    #[test]
    fn what_only_some_releases_show_is_not_found_each_time() {
        let [a, b] = [2, 3].map(|line| found("own.conf", line, "x", false));
        assert_eq!(in_all(vec![vec![a.clone(), b.clone()], vec![b.clone()]]), [b]);
        assert_eq!(in_all(vec![vec![a], Vec::new()]), []);
    }
}
