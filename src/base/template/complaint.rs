//! What the template engine complains about, in our words and at our places.

use tera::{Error, ErrorKind};

use super::{Known, Values};
use crate::base::diagnostic::Diagnostic;
use crate::base::source::{Source, Span};

/// Where a complaint can point: templates by name, or a text that stands in another file.
pub struct Scene<'a> {
    /// All templates.
    pub known: &'a [Known],
    /// A text that is no template of its own, and its place.
    pub text: Option<(&'a str, &'a Span)>,
    /// What the template could name.
    pub values: Option<&'a Values>,
}

/// Every complaint of one error of the engine; never none.
pub fn all(error: &Error, scene: &Scene<'_>) -> Vec<Diagnostic> {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let span = report.span();
            let length = if span.start_line == span.end_line { span.end_col - span.start_col } else { 1 };
            let spot = scene.spot(report.filename(), span.start_line, span.start_col + 1, length);
            vec![said(report.message(), spot, scene)]
        }
        ErrorKind::TemplateNotFound(name) => {
            let known: Vec<&str> = scene.known.iter().map(|k| k.name.as_str()).collect();
            let unknown = Diagnostic::error(format!("unknown template `{name}`"));
            let unknown = unknown.label(format!("known: {}", known.join(", ")));
            vec![unknown.suggest(name, known)]
        }
        // Unknown filters and functions come as one text of several reports.
        ErrorKind::Msg(text) if text.starts_with("error: ") => {
            text.split("\n\n").map(|report| reported(report, scene)).collect()
        }
        other => vec![said(&other.to_string(), None, scene)],
    }
}

impl Scene<'_> {
    fn spot(&self, name: &str, line: usize, column: usize, length: usize) -> Option<Span> {
        match (self.known.iter().find(|k| k.name == name), self.text) {
            (Some(known), _) => Some(Span::new(&known.source, line, column, length)),
            (None, Some((text, _))) => Some(Span::new(&Source::new("", text), line, column, length)),
            (None, None) => None,
        }
    }

    /// The place in a file of ours; for a text in another file, of its part that is meant, if it stands there as it is.
    fn place(&self, spot: Option<&Span>) -> Option<Span> {
        let Some((_, whole)) = self.text else { return spot.cloned() };
        let meant = spot.map(snippet).unwrap_or_default();
        let line = whole.source.line(whole.line);
        let start: usize = line.chars().take(whole.column - 1).map(char::len_utf8).sum();
        match line[start..].find(&meant).filter(|_| !meant.is_empty()) {
            Some(at) => {
                let column = whole.column + line[start..start + at].chars().count();
                Some(Span::new(&whole.source, whole.line, column, meant.chars().count()))
            }
            None => Some(whole.clone()),
        }
    }
}

/// The text a place underlines.
fn snippet(span: &Span) -> String {
    span.source.line(span.line).chars().skip(span.column - 1).take(span.length).collect()
}

/// A report that was printed: message, place, line, carets.
fn reported(report: &str, scene: &Scene<'_>) -> Diagnostic {
    let mut lines = report.lines();
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let place = lines.next().unwrap_or_default().trim_start().trim_start_matches("--> ");
    let length = report.chars().rev().take_while(|c| *c == '^').count();
    let mut parts = place.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let (column, line) = (number(), number());
    let spot = scene.spot(parts.next().unwrap_or_default(), line, column, length);
    said(message, spot, scene)
}

fn said(message: &str, spot: Option<Span>, scene: &Scene<'_>) -> Diagnostic {
    let of_a_value = message.starts_with("Invalid type for the value") || message.ends_with("is undefined");
    let spot = spot.map(|spot| if of_a_value { whole_path(spot) } else { spot });
    let typed = spot.as_ref().map(snippet).unwrap_or_default();
    let complaint = undefined(message, &typed, scene.values).unwrap_or_else(|| {
        match message.strip_prefix("Invalid type for the value, expected ") {
            Some(types) => {
                Diagnostic::error(format!("`{typed}` cannot stand here: wanted {}", types.replace('`', "")))
            }
            None => Diagnostic::error(plain(message)),
        }
    });
    Diagnostic { span: scene.place(spot.as_ref()), ..complaint }
}

/// The engine underlines the first part of `item.name` only.
fn whole_path(spot: Span) -> Span {
    let rest = spot.source.line(spot.line).chars().skip(spot.column - 1);
    let length = rest.take_while(|c| c.is_alphanumeric() || "_.".contains(*c)).count();
    Span { length: length.max(spot.length), ..spot }
}

/// The engine's words, without its grammar.
fn plain(message: &str) -> String {
    let first = lower(message.lines().next().unwrap_or("a template failed"));
    match first.split_once(" but expected one of: ") {
        Some((found, _)) => format!("{found} where a value is wanted"),
        None if first == "unexpected end of input" => "a block is not closed before the end".to_string(),
        None => first,
    }
}

/// A name that means nothing, with those that do.
fn undefined(message: &str, typed: &str, values: Option<&Values>) -> Option<Diagnostic> {
    let named = |kind: &str| message.strip_prefix(kind)?.split_once("` is not defined");
    let (name, known) = if let Some((name, rest)) = named("Variable `").or_else(|| named("Field `")) {
        let known = rest.split_once(": ").map_or("", |(_, list)| list);
        (name.to_string(), known.split(", ").filter(|k| !k.is_empty()).map(str::to_string).collect())
    } else if message.ends_with("is undefined") || message.ends_with("got `undefined`") {
        let path = typed.split('|').next().unwrap_or(typed).trim();
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        (name.to_string(), values.map(|v| v.names(parent)).unwrap_or_default())
    } else {
        return None;
    };
    Some(unknown_name(&name, known))
}

/// A variable that is not there, with those that are.
fn unknown_name(name: &str, mut known: Vec<String>) -> Diagnostic {
    known.retain(|name| !name.starts_with("ansible_"));
    known.sort();
    let error = Diagnostic::error(format!("variable `{name}` is not defined"));
    let labelled = match known.is_empty() {
        true => error,
        false => error.label(format!("known here: {}", known.join(", "))),
    };
    labelled.suggest(name, known.iter().map(String::as_str))
}

fn lower(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    (first + letters.as_str()).trim_end_matches('.').to_string()
}
