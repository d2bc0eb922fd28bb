//! The rule of locations that no request ever reaches.
//!
//! Nginx takes `=` first, then the longest prefix; if that has no `^~`, the first expression that matches wins over it. See
//! <https://nginx.org/en/docs/http/ngx_http_core_module.html#location>. Only what holds for every request is told.

use super::location::{Kind, Location};
use super::{Finding, Scene};
use crate::base::diagnostic::Diagnostic;

/// What can be said of an expression without trying it.
struct Pattern {
    /// Every path that matches starts with this.
    start: String,
    /// What else it says.
    rest: Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Every path with that start matches.
    Anything,
    /// Only that path matches.
    Nothing,
    /// Some do.
    Something,
}

/// What matches any rest of a path.
const ANY: [&str; 5] = ["", ".*", ".*$", "(.*)", "(.*)$"];

impl Pattern {
    fn of(expression: &str) -> Self {
        let Some(body) = expression.strip_prefix('^') else {
            let any = ANY.contains(&expression) || expression == "/";
            return Self { start: String::new(), rest: if any { Rest::Anything } else { Rest::Something } };
        };
        let (mut start, mut rest) = (String::new(), body);
        loop {
            let mut letters = rest.chars();
            let literal = match letters.next() {
                Some('\\') => letters.next().filter(|letter| !letter.is_alphanumeric()),
                letter => letter.filter(|letter| !"^$.|?*+()[{".contains(*letter)),
            };
            match literal {
                Some(letter) if !letters.as_str().starts_with(['?', '*', '{']) => start.push(letter),
                _ => break,
            }
            rest = letters.as_str();
        }
        let rest = match rest {
            _ if has_choice(rest) => return Self { start: String::new(), rest: Rest::Something },
            "$" => Rest::Nothing,
            _ if ANY.contains(&rest) => Rest::Anything,
            _ => Rest::Something,
        };
        Self { start, rest }
    }
}

/// Whether an expression has a `|` outside all brackets.
fn has_choice(expression: &str) -> bool {
    let mut depth = 0_i32;
    expression.chars().any(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == '|' && depth == 0
    })
}

/// Locations that others always answer for.
pub fn unreachable(scene: &Scene, found: &mut Vec<Finding>) {
    let directive = scene.directive;
    let locations = Location::all(directive);
    let ends = directive
        .inside()
        .iter()
        .find(|line| ["return", "if", "rewrite", "break"].iter().any(|name| line.is(name)));
    if let Some(end) = ends.filter(|end| directive.is("server") && end.is("return"))
        && let Some(first) = locations.iter().find(|location| location.kind != Kind::Named)
    {
        let said = Diagnostic::warning("no location of this server is ever reached")
            .at(&end.name.span)
            .label("outside all locations, it answers every request")
            .fix("put it into a location: `location / { return …; }`");
        found.push(Finding::from(said).with("location", &first.word.span));
        return;
    }
    for (at, location) in locations.iter().enumerate() {
        if let Some(first) = shadow(&locations, at) {
            let said = Diagnostic::warning(format!("no request ever reaches the location `{location}`"))
                .at(&location.word.span)
                .label(format!("`{first}` answers before it"))
                .fix("take one of them away, or make the other narrower");
            found.push(Finding::from(said).with("other", &first.word.span));
        }
    }
}

/// What answers all requests of a location.
fn shadow<'t>(locations: &[Location<'t>], at: usize) -> Option<Location<'t>> {
    let location = locations[at];
    let regexes = |upto: usize| locations[..upto].iter().filter(|other| other.is_regex()).copied();
    match location.kind {
        Kind::Regex | Kind::AnyCase => {
            let earlier = regexes(at).find(|first| covers(first, &location));
            earlier.or_else(|| literal(locations, &location))
        }
        // Its own locations are chosen before any expression outside is looked at.
        Kind::Prefix if Location::all(location.directive).is_empty() => {
            regexes(locations.len()).find(|first| takes_all(first, location.path))
        }
        _ => None,
    }
}

/// Whether an expression matches all that another one matches.
fn covers(first: &Location, second: &Location) -> bool {
    let same = first.path == second.path && (first.kind == Kind::AnyCase || first.kind == second.kind);
    let start = Pattern::of(second.path).start;
    let any_case = second.kind == Kind::AnyCase && first.kind == Kind::Regex;
    let has_letters = Pattern::of(first.path).start.contains(char::is_alphabetic);
    same || takes_all(first, &start) && !(any_case && has_letters)
}

/// Whether an expression matches every path that starts so.
fn takes_all(regex: &Location, path: &str) -> bool {
    let Pattern { start, rest } = Pattern::of(regex.path);
    let starts = match regex.kind {
        Kind::AnyCase => path.to_lowercase().starts_with(&start.to_lowercase()),
        _ => path.starts_with(&start),
    };
    // Every path of a request starts with a slash.
    rest == Rest::Anything && (starts || start == "/")
}

/// What is chosen before any expression for all paths that this one matches.
fn literal<'t>(locations: &[Location<'t>], regex: &Location) -> Option<Location<'t>> {
    let Pattern { start, rest } = Pattern::of(regex.path);
    if regex.kind == Kind::AnyCase && start.contains(char::is_alphabetic) {
        return None;
    }
    let exact = locations.iter().find(|l| l.kind == Kind::Exact && l.path == start && rest == Rest::Nothing);
    let prefixes = || locations.iter().filter(|location| location.is_prefix());
    let longest = prefixes().filter(|l| start.starts_with(l.path)).max_by_key(|l| l.path.len());
    let is_opened =
        prefixes().any(|l| l.kind == Kind::Prefix && l.path != start && l.path.starts_with(&start));
    exact.or(longest.filter(|l| l.kind == Kind::First && !is_opened)).copied()
}
