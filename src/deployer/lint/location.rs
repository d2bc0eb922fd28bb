//! Locations, and rules of a single one: given twice, or an alias that leads out.

use super::syntax::{Directive, Word};
use super::{Finding, Scene};
use crate::base::diagnostic::Diagnostic;

/// How a location is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `= /path`.
    Exact,
    /// `/path`.
    Prefix,
    /// `^~ /path`: regular expressions are not looked at.
    First,
    /// `~ ^/path`.
    Regex,
    /// `~* ^/path`, in capitals too.
    AnyCase,
    /// `@name`, which no request can ask for.
    Named,
}

/// A location of a server or of another location.
#[derive(Clone, Copy, Debug)]
pub struct Location<'t> {
    /// How it is chosen.
    pub kind: Kind,
    /// Its path or its expression.
    pub path: &'t str,
    /// Where that stands.
    pub word: &'t Word,
    /// The whole of it.
    pub directive: &'t Directive,
}

/// What stands before a path, the longer ones first.
const KINDS: [(&str, Kind); 4] =
    [("~*", Kind::AnyCase), ("^~", Kind::First), ("=", Kind::Exact), ("~", Kind::Regex)];

impl<'t> Location<'t> {
    /// What a directive `location` says; none for another one.
    pub fn of(directive: &'t Directive) -> Option<Self> {
        if !directive.is("location") {
            return None;
        }
        let one = |kind, path, word| Some(Self { kind, path, word, directive });
        match directive.args.as_slice() {
            [mark, word] => {
                let (_, kind) = KINDS.into_iter().find(|(known, _)| *known == mark.text)?;
                one(kind, &word.text, word)
            }
            [word] if word.text.starts_with('@') => one(Kind::Named, &word.text, word),
            [word] => {
                let glued =
                    KINDS.into_iter().find_map(|(mark, kind)| Some((kind, word.text.strip_prefix(mark)?)));
                let (kind, path) = glued.unwrap_or((Kind::Prefix, &word.text));
                one(kind, path, word)
            }
            _ => None,
        }
    }

    /// The locations directly in a block.
    pub fn all(directive: &'t Directive) -> Vec<Self> {
        directive.inside().iter().filter_map(Self::of).collect()
    }

    /// Whether an expression chooses it.
    pub fn is_regex(&self) -> bool {
        matches!(self.kind, Kind::Regex | Kind::AnyCase)
    }

    /// Whether Nginx looks for it by the start of a path.
    pub fn is_prefix(&self) -> bool {
        matches!(self.kind, Kind::Prefix | Kind::First)
    }
}

/// As it is written, without `location`.
impl std::fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = KINDS.into_iter().find(|(_, kind)| *kind == self.kind).map(|(mark, _)| format!("{mark} "));
        write!(f, "{}{}", mark.unwrap_or_default(), self.path)
    }
}

/// Two locations that Nginx could not tell apart: it refuses the second.
pub fn duplicate(scene: &Scene, found: &mut Vec<Finding>) {
    let locations = Location::all(scene.directive);
    for (at, second) in locations.iter().enumerate() {
        let same = |first: &&Location| {
            let exact = first.kind == Kind::Exact && second.kind == Kind::Exact;
            first.path == second.path && (exact || first.is_prefix() && second.is_prefix())
        };
        if let Some(first) = locations[..at].iter().find(same) {
            let said = Diagnostic::error(format!("the location `{second}` is there already"))
                .at(&second.word.span)
                .label("nginx refuses a second one")
                .fix(
                    "make one of the two; what an app, a redirect or `static` makes is told in the inventory",
                );
            found.push(Finding::from(said).with("first", &first.word.span));
        }
    }
}

/// `location /x` with `alias /y/`: `/x../` leads out of `/y/`.
pub fn alias_traversal(scene: &Scene, found: &mut Vec<Finding>) {
    let Some(location) = Location::of(scene.directive).filter(Location::is_prefix) else { return };
    let alias = scene.directive.all("alias").find_map(|alias| alias.args.first());
    if let Some(alias) = alias.filter(|alias| alias.text.ends_with('/') && !location.path.ends_with('/')) {
        let path = location.path;
        let mark = if location.kind == Kind::First { "^~ " } else { "" };
        let said = Diagnostic::error(format!("`{path}../` leads out of `{}`", alias.text))
            .at(&location.word.span)
            .label("whoever asks so reads the files of the directory above")
            .fix(format!("write `location {mark}{path}/`"));
        found.push(Finding::from(said).with("alias", &alias.span));
    }
}
