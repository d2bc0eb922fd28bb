//! Patterns that choose hosts: `web`, `web-0*`, `all:!db`, `web:&prod`, `one,two`, `@file`.

use std::collections::HashSet;
use std::path::Path;

use super::{Host, Inventory};
use crate::base::diagnostic::Diagnostic;
use crate::base::source::{Source, Span};

/// What a part of a pattern does with the hosts it names.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Add,
    Keep,
    Drop,
}

/// A part of a pattern and its place.
struct Part {
    sign: Sign,
    name: String,
    span: Span,
}

impl Inventory {
    /// The hosts `--limit` chooses, in the order of the inventory.
    ///
    /// Errors: a part that matches no host and no group, a choice of nothing, an `@file` that cannot be read.
    pub fn select(&self, pattern: &str) -> Result<Vec<&Host>, Diagnostic> {
        let source = Source::new("--limit", pattern);
        self.select_at(pattern, &Span::new(&source, 1, 1, pattern.chars().count()))
    }

    /// The same for a pattern that stands in a file, at `place`.
    pub fn select_at(&self, pattern: &str, place: &Span) -> Result<Vec<&Host>, Diagnostic> {
        let parts = parts(pattern, place, self)?;
        let mut chosen: HashSet<&str> = HashSet::new();
        if parts.iter().all(|part| part.sign != Sign::Add) {
            chosen.extend(self.hosts.iter().map(|h| h.name.as_str()));
        }
        for sign in [Sign::Add, Sign::Keep, Sign::Drop] {
            for part in parts.iter().filter(|part| part.sign == sign) {
                let named = self.named(part)?;
                match sign {
                    Sign::Add => chosen.extend(named),
                    Sign::Keep => chosen.retain(|name| named.contains(name)),
                    Sign::Drop => chosen.retain(|name| !named.contains(name)),
                }
            }
        }
        if chosen.is_empty() {
            return Err(Diagnostic::error(format!("`{pattern}` chooses no host"))
                .at(place)
                .label(format!("hosts: {}", shortened(self.hosts.iter().map(|h| h.name.as_str())))));
        }
        Ok(self.hosts.iter().filter(|h| chosen.contains(h.name.as_str())).collect())
    }

    /// The hosts one part names: by a group, a host, or a glob over both.
    fn named(&self, part: &Part) -> Result<HashSet<&str>, Diagnostic> {
        let matches = |name: &str| glob(&part.name, name);
        let mut known = part.name == "*";
        let mut found = HashSet::new();
        for group in self.groups.iter().filter(|g| matches(&g.name)) {
            known |= group.name == part.name;
            let inside = |host: &&Host| host.groups.contains(&group.name);
            found.extend(self.hosts.iter().filter(inside).map(|h| h.name.as_str()));
        }
        found.extend(self.hosts.iter().filter(|h| matches(&h.name)).map(|h| h.name.as_str()));
        if known || !found.is_empty() { Ok(found) } else { Err(self.matches_nothing(part)) }
    }

    fn matches_nothing(&self, part: &Part) -> Diagnostic {
        let groups = self.groups.iter().map(|g| g.name.as_str());
        let names = groups.clone().chain(self.hosts.iter().map(|h| h.name.as_str()));
        Diagnostic::error(format!("`{}` matches no host and no group", part.name))
            .at(&part.span)
            .label(format!("groups: {}", shortened(groups)))
            .fix("`deployer inventory INVENTORY --graph` shows all names")
            .suggest(&part.name, names)
    }
}

fn shortened<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.filter(|name| *name != "ungrouped").collect();
    let more = if names.len() > 12 { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(12)].join(", "))
}

/// The parts of a pattern: separated by `,`, or by `:` outside of brackets; a host's whole name is one part.
fn parts(pattern: &str, place: &Span, inventory: &Inventory) -> Result<Vec<Part>, Diagnostic> {
    if let Some(file) = pattern.trim().strip_prefix('@') {
        return from_file(file, place, inventory);
    }
    if inventory.host(pattern.trim()).is_some() {
        return Ok(vec![Part { sign: Sign::Add, name: pattern.trim().into(), span: place.clone() }]);
    }
    let quoted = usize::from(place.length == pattern.chars().count() + 2);
    let (mut parts, mut start, mut bracket) = (Vec::new(), 0, false);
    let commas = pattern.contains(',');
    for (at, c) in pattern.chars().chain([',']).enumerate() {
        bracket = (bracket || c == '[') && c != ']';
        let end = at == pattern.chars().count();
        if end || (!bracket && (c == ',' || (c == ':' && !commas))) {
            let typed: String = pattern.chars().skip(start).take(at - start).collect();
            let before = typed.chars().take_while(|c| c.is_whitespace()).count();
            let word = typed.trim();
            let column = place.column + quoted + start + before;
            let span = Span::new(&place.source, place.line, column, word.chars().count());
            parts.extend(part(word, span)?);
            start = at + 1;
        }
    }
    Ok(parts)
}

fn part(word: &str, span: Span) -> Result<Option<Part>, Diagnostic> {
    let (sign, name) = match word.chars().next() {
        None => return Ok(None),
        Some('!') => (Sign::Drop, &word[1..]),
        Some('&') => (Sign::Keep, &word[1..]),
        Some('~') => {
            return Err(Diagnostic::error("regular expressions are not supported in patterns")
                .at(&span)
                .fix("use `*` and `?`: `web-0*`"));
        }
        Some(_) => (Sign::Add, word),
    };
    Ok(Some(Part { sign, name: name.into(), span }))
}

fn from_file(file: &str, place: &Span, inventory: &Inventory) -> Result<Vec<Part>, Diagnostic> {
    let source = Source::read(Path::new(file)).map_err(|e| {
        Diagnostic::error(format!("the list of hosts `{file}` cannot be read")).at(place).label(e.to_string())
    })?;
    let mut all = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        let name = line.split('#').next().unwrap_or_default().trim();
        if name.starts_with('@') {
            let span = Span::new(&source, at + 1, 1, name.chars().count());
            return Err(Diagnostic::error("a list of hosts names another list").at(&span));
        }
        if !name.is_empty() {
            let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
            all.extend(parts(name, &Span::new(&source, at + 1, column, name.chars().count()), inventory)?);
        }
    }
    Ok(all)
}

/// Whether a glob (`*`, `?`, `[abc]`, `[!a-z]`) matches a whole name.
fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    matches(&pattern, &name)
}

fn matches(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        (['*', rest @ ..], _) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        (['?', rest @ ..], [_, tail @ ..]) => matches(rest, tail),
        (['[', rest @ ..], [c, tail @ ..]) if rest.contains(&']') => {
            let close = rest.iter().position(|c| *c == ']').unwrap_or(0);
            in_class(&rest[..close], *c) && matches(&rest[close + 1..], tail)
        }
        ([p, rest @ ..], [c, tail @ ..]) => p == c && matches(rest, tail),
        (_, []) => false,
    }
}

fn in_class(class: &[char], c: char) -> bool {
    let (wanted, class) = match class {
        ['!', rest @ ..] => (false, rest),
        _ => (true, class),
    };
    let range = class.windows(3).any(|w| w[1] == '-' && (w[0]..=w[2]).contains(&c));
    (range || class.contains(&c)) == wanted
}
