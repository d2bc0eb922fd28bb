//! Broken YAML in plain words.

use std::sync::Arc;

use saphyr_parser::Marker;

use super::place::Spanned;
use crate::base::diagnostic::Diagnostic;
use crate::base::source::{Source, Span};

/// What the scanner says (a part of it), what it means, and what to do.
const WORDS: [(&str, &str, &str); 15] = [
    (
        "invalid indentation in flow",
        "a `[` or `{` above is still open here",
        "add the missing `]` or `}` above, or indent this line further",
    ),
    ("illegal placement of ':'", "a `[` or `{` above is still open here", "add the missing `]` or `}` above"),
    (
        "mapping values are not allowed",
        "a second `:` in one value",
        "put quotes around a text that contains `: `",
    ),
    ("flow sequence, expected", "a list in `[…]` is not closed here", "add the missing `,` or `]`"),
    ("flow mapping, did not find", "a map in `{…}` is not closed here", "add the missing `,` or `}`"),
    ("document start", "the value above is already complete", "write `key: value` lines only"),
    ("misplaced bracket", "a bracket that nothing opened", "take it away, or put quotes around the text"),
    ("unexpected end of stream", "a quote is opened and never closed", "add the missing quote"),
    (
        "unknown escape",
        "an unknown escape in double quotes",
        "use single quotes, or write `\\\\` for a backslash",
    ),
    (
        "trailing content after",
        "something follows the closing quote",
        "put the whole value inside the quotes",
    ),
    ("unexpected character", "a value cannot start with this character", "put quotes around the value"),
    ("unknown anchor", "no anchor of this name stands above", "define it first: `&name value`"),
    (
        "simple key expect",
        "a line that is no `key: value`",
        "write `key: value`, or indent it like its neighbours",
    ),
    ("block mapping", "a line that does not fit its neighbours", "indent it like the other keys of its map"),
    (
        "block collection",
        "a line that does not fit its neighbours",
        "indent it like the other `- ` of its list",
    ),
];

/// The scanner's complaint, at a place that exists.
pub fn scan_error(source: &Arc<Source>, mark: &Marker, info: &str) -> Diagnostic {
    let last = source.text.lines().count().max(1);
    let around = mark.line().saturating_sub(1)..=mark.line() + usize::from(info.contains("tab"));
    if let Some(tab) = around.rev().find_map(|line| tab_in_indentation(source, line)) {
        return Diagnostic::error("a tab in the indentation")
            .at(&tab)
            .label("YAML is indented with spaces only")
            .fix("replace the tab by spaces");
    }
    let (line, column) = match mark.line() {
        line if line > last => (last, source.line(last).chars().count().max(1)),
        line => (line.max(1), (mark.col() + 1).min(source.line(line).chars().count() + 1)),
    };
    let said = Diagnostic::error("broken YAML").at(&Span::new(source, line, column, 1));
    let before: String = source.line(line).chars().take(column - 1).collect();
    if info.contains("mapping values are not allowed") && !before.contains(": ") {
        return said
            .label("this line stands under a value that is already complete")
            .fix("indent it like the key it belongs beside");
    }
    match WORDS.iter().find(|(part, ..)| info.contains(part)) {
        Some((_, label, fix)) => said.label(*label).fix(*fix),
        None => said
            .label(info)
            .fix("compare the indentation and the quotes of this line with the lines above it"),
    }
}

/// The tab that indents a line, if one does.
fn tab_in_indentation(source: &Arc<Source>, line: usize) -> Option<Span> {
    let text = source.line(line);
    let indent = &text[..text.len() - text.trim_start().len()];
    let at = indent.find('\t').filter(|_| line > 0 && !text.trim().is_empty())?;
    Some(Span::new(source, line, at + 1, 1))
}

/// A key that stands twice in one map.
pub fn twice(key: &Spanned<String>, first: &Spanned<String>) -> Diagnostic {
    Diagnostic::error(format!("`{}` stands twice in one map", key.value))
        .at(&key.span)
        .label("the second one")
        .note("first", format!("{}: {}", first.span, first.span.source.line(first.span.line).trim()))
        .fix("take one of the two away")
}

/// A key that is a list or a map.
pub fn key(span: &Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("a key must be a text")
            .at(span)
            .label("this is a list, a map or nothing")
            .fix("put quotes around a text that starts with `{` or `[`, as in `\"{{ name }}\"`"),
    )
}
