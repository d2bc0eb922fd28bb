//! Words that end up in an nginx file, a unit or on a command line: what they may be made of.

use crate::base::diagnostic::Diagnostic;
use crate::base::quote::Refusal;
use crate::base::yaml::{Node, Spanned};
use serde::de::DeserializeOwned;

/// Checks a path of a URL that nginx matches: `/`, then segments without `.` or `..`.
pub fn path(what: &str, text: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    let shown = text.value.escape_debug();
    if !text.value.starts_with('/') {
        said.push(
            Diagnostic::error(format!("{what} `{shown}` does not start with `/`"))
                .at(&text.span)
                .fix(format!("write `/{shown}`")),
        );
    } else if text.value.contains("//") || text.value.split('/').any(|s| s == "." || s == "..") {
        said.push(
            Diagnostic::error(format!("{what} `{shown}` matches no request"))
                .at(&text.span)
                .label("nginx resolves `//`, `.` and `..` before it looks"),
        );
    }
    characters(what, text, "\"';{}$%\\?#*<>|^`", said);
}

/// Refuses blanks, control characters and the `forbidden` ones.
pub fn characters(what: &str, text: &Spanned<String>, forbidden: &str, said: &mut Vec<Diagnostic>) {
    let bad = |c: &char| c.is_control() || c.is_whitespace() || forbidden.contains(*c);
    let Some(found) = text.value.chars().find(bad) else { return };
    let named = match found {
        '\n' | '\r' => "a line break".to_string(),
        c if c.is_whitespace() => "a blank".into(),
        c if c.is_control() => "a control character".into(),
        c => format!("`{c}`"),
    };
    said.push(
        Diagnostic::error(format!("{what} `{}` cannot be used", text.value.escape_debug()))
            .at(&text.span)
            .label(format!("{named} could leave its place in the files made from it"))
            .fix("use letters, digits, `-`, `_` and `.`"),
    );
}

/// A port to listen on; one out of range is refused, and `otherwise` stands for it.
pub fn port(port: &Spanned<i64>, otherwise: u16, said: &mut Vec<Diagnostic>) -> u16 {
    u16::try_from(port.value).ok().filter(|port| *port > 0).unwrap_or_else(|| {
        let error = Diagnostic::error(format!("the port {} is out of range", port.value));
        said.push(error.at(&port.span).label("1 to 65535"));
        otherwise
    })
}

/// What a map says; mistakes are added to `said`, with `what` it was to be.
pub fn decoded<T: DeserializeOwned>(what: &str, node: &Node, said: &mut Vec<Diagnostic>) -> Option<T> {
    let complaint = |error: Diagnostic| Diagnostic { message: format!("{what}: {}", error.message), ..error };
    node.decode().map_err(|error| said.push(complaint(error))).ok()
}

/// Refuses what is empty.
pub fn given(what: &str, text: &Spanned<String>, said: &mut Vec<Diagnostic>) {
    if text.value.is_empty() {
        said.push(Diagnostic::error(format!("{what} is empty")).at(&text.span));
    }
}

/// Refuses a value that the quoting of its place refuses.
pub fn quotable(
    what: &str,
    text: &Spanned<String>,
    quote: fn(&str) -> Result<String, Refusal>,
    said: &mut Vec<Diagnostic>,
) {
    if let Err(refusal) = quote(&text.value) {
        said.push(
            Diagnostic::error(format!("{what} cannot be used")).at(&text.span).label(refusal.to_string()),
        );
    }
}

/// A second thing where only one may be: points at the second, names the first.
pub fn twice(what: &str, second: &Spanned<String>, first: &Spanned<String>) -> Diagnostic {
    let line = first.span.source.line(first.span.line).trim().to_string();
    Diagnostic::error(format!("{what} `{}` is used twice", second.value))
        .at(&second.span)
        .label("the second one")
        .note("first", format!("{}: {line}", first.span))
        .fix("change or remove one of the two")
}

/// A path without its final slash, by which two paths claim the same place.
pub fn claim(path: &str) -> &str {
    if path == "/" { path } else { path.trim_end_matches('/') }
}
