//! From the parser's events to a tree: anchors, merge keys, tags, and what may not be there twice.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Input, Marker, Parser, ScalarStyle, Tag};

use super::place::Spanned;
use super::{Node, Value, explain, scalar};
use crate::base::diagnostic::Diagnostic;
use crate::base::source::{Source, Span};

/// Tags a value may carry; their meaning is decided by whoever reads the value.
const TAGS: [&str; 3] = ["!env", "!file", "!command"];
/// Deeper nesting than any file of a person has.
const MAX_DEPTH: usize = 100;
/// More values than any file of a person has; aliases of aliases grow without a bound.
const MAX_NODES: usize = 1_000_000;

/// Reads one YAML document; an empty text is nothing.
///
/// Errors: broken YAML, tabs as indentation, a key given twice, an unknown tag, a second document; each with line,
/// column and what to do.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    let mut reader =
        Reader { source, parser: Parser::new_from_str(&source.text), anchors: HashMap::new(), nodes: 0 };
    reader.document().map_err(|fault| *fault)
}

type Read<T> = Result<T, Box<Diagnostic>>;
type MaybeTag<'t> = Option<Cow<'t, Tag>>;

struct Reader<'t, I: Input> {
    source: &'t Arc<Source>,
    parser: Parser<'t, I>,
    /// The finished value of every anchor and how many values it holds.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

impl<'t, I: Input> Reader<'t, I> {
    fn document(&mut self) -> Read<Node> {
        let mut root = Node::new(Span::new(self.source, 1, 1, 1), Value::Null);
        let mut documents = 0;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::DocumentStart(_) if documents > 0 => {
                    return Err(Box::new(
                        Diagnostic::error("a second document in one file")
                            .at(&self.span(at.start, at.end))
                            .fix("remove this `---` or put what follows into a file of its own"),
                    ));
                }
                Event::DocumentStart(_) => {
                    documents = 1;
                    let (event, at) = self.next()?;
                    root = self.node(event, at, 0)?;
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Read<(Event<'t>, saphyr_parser::Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(e)) => Err(Box::new(explain::scan_error(self.source, e.marker(), e.info()))),
            None => Ok((Event::StreamEnd, saphyr_parser::Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, at: saphyr_parser::Span, depth: usize) -> Read<Node> {
        let span = self.span(at.start, at.end);
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            let message = format!("more than {MAX_DEPTH} levels or {MAX_NODES} values");
            return Err(Box::new(Diagnostic::error(message).at(&span)));
        }
        let before = self.nodes;
        let (node, anchor, tag) = match event {
            Event::Alias(id) => return self.alias(id, &span),
            Event::Scalar(text, style, anchor, tag) => (scalar_node(span, &text, style), anchor, tag),
            Event::SequenceStart(anchor, tag) => (self.sequence(span, depth)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.mapping(span, depth)?, anchor, tag),
            _ => (Node::new(span, Value::Null), 0, None),
        };
        let node = tagged(node, tag)?;
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before + 1));
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, span: &Span) -> Read<Node> {
        match self.anchors.get(&id) {
            Some((node, size)) => {
                self.nodes += size;
                Ok(node.clone())
            }
            None => Err(Box::new(
                Diagnostic::error("an alias inside of the value it names")
                    .at(span)
                    .fix("write the value out"),
            )),
        }
    }

    fn sequence(&mut self, span: Span, depth: usize) -> Read<Node> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Node::new(closed(span, at.end), Value::Seq(items)));
            }
            items.push(self.node(event, at, depth + 1)?);
        }
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Read<Node> {
        let mut own: Vec<(Spanned<String>, Node)> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Node::new(closed(span, at.end), Value::Map(merge(merged, own))));
            }
            let merging = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, _) if text == "<<");
            let key = self.key(event, at)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            if merging {
                merged.extend(mergeable(value)?);
            } else if let Some((first, _)) = own.iter().find(|(k, _)| k.value == key.value) {
                return Err(Box::new(explain::twice(&key, first)));
            } else {
                own.push((key, value));
            }
        }
    }

    fn key(&mut self, event: Event<'t>, at: saphyr_parser::Span) -> Read<Spanned<String>> {
        let span = self.span(at.start, at.end);
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if text.is_empty() => Err(Box::new(
                Diagnostic::error("a key is missing before the `:`").at(&span).fix("write `key: value`"),
            )),
            Event::Scalar(text, _, anchor, _) => {
                if anchor > 0 {
                    let node = Node::new(span.clone(), Value::Str(text.to_string()));
                    self.anchors.insert(anchor, (node, 1));
                }
                Ok(Spanned { value: text.into_owned(), span })
            }
            Event::Alias(id) => {
                let node = self.alias(id, &span)?;
                let text = node.text().map(str::to_owned);
                text.map(|value| Spanned { value, span: span.clone() }).ok_or_else(|| explain::key(&span))
            }
            _ => Err(explain::key(&span)),
        }
    }

    /// A span on one line: what goes over several lines is underlined up to the end of its first.
    fn span(&self, start: Marker, end: Marker) -> Span {
        let length = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            self.source.line(start.line()).trim_end().chars().count().saturating_sub(start.col())
        };
        Span::new(self.source, start.line(), start.col() + 1, length)
    }
}

/// A flow list or map (`[…]`, `{…}`) that ends on its own line is underlined whole.
fn closed(mut span: Span, end: Marker) -> Span {
    let typed = span.source.line(span.line).chars().skip(span.column - 1).take(span.length);
    let flow = typed.collect::<String>().trim_end().ends_with(['[', '{']);
    if flow && end.line() == span.line {
        span.length = (end.col() + 1).saturating_sub(span.column).max(1);
    }
    span
}

fn scalar_node(span: Span, text: &str, style: ScalarStyle) -> Node {
    if style != ScalarStyle::Plain {
        return Node::new(span, Value::Str(text.into()));
    }
    let value = scalar::meaning(text);
    let typed = matches!(value, Value::Bool(_) | Value::Int(_) | Value::Float(_)).then(|| text.to_string());
    Node { span, value, typed }
}

/// What a tag makes of a value: a secret, or the core schema's type.
fn tagged(node: Node, tag: MaybeTag<'_>) -> Read<Node> {
    let Some(tag) = tag else { return Ok(node) };
    let span = node.span.clone();
    if tag.is_yaml_core_schema() {
        return match (tag.suffix.as_str(), node.text().map(str::to_owned)) {
            ("str", text) => Ok(Node::new(span, Value::Str(text.unwrap_or_default()))),
            ("int" | "float" | "bool" | "null", Some(text)) => {
                Ok(Node { value: scalar::meaning(&text), span, typed: Some(text) })
            }
            _ => Ok(node),
        };
    }
    let name = tag.to_string();
    match name.as_str() {
        "!" | "!unsafe" => Ok(node),
        "!vault" => Err(Box::new(
            Diagnostic::error("`!vault` cannot be read: Ansible's vault is not supported").at(&span).fix(
                "keep the secret elsewhere and fetch it: `!env NAME`, `!file PATH` or `!command [sops, …]`",
            ),
        )),
        known if TAGS.contains(&known) => {
            Ok(Node::new(span.clone(), Value::Tagged(known.into(), Box::new(node))))
        }
        _ => Err(Box::new(unknown_tag(&name, span))),
    }
}

fn unknown_tag(name: &str, mut span: Span) -> Diagnostic {
    if let Some(at) = span.source.line(span.line).find(name) {
        span.column = span.source.line(span.line)[..at].chars().count() + 1;
        span.length = name.chars().count();
    }
    Diagnostic::error(format!("unknown tag `{name}`"))
        .at(&span)
        .label(format!("known tags: {}", TAGS.join(", ")))
        .fix("put quotes around a text that starts with `!`")
        .suggest(name, TAGS)
}

/// The maps a merge key names: one, or a list of them.
fn mergeable(value: Node) -> Read<Vec<Node>> {
    match value.value {
        Value::Map(_) => Ok(vec![value]),
        Value::Seq(items) if items.iter().all(|i| matches!(i.value, Value::Map(_))) => Ok(items),
        _ => Err(Box::new(
            Diagnostic::error(format!("`<<` merges maps, found {}", value.kind()))
                .at(&value.span)
                .fix("name an anchor of a map: `<<: *name`"),
        )),
    }
}

/// Merged keys first; a key of the map itself wins, then the earlier of the merged maps.
fn merge(merged: Vec<Node>, own: Vec<(Spanned<String>, Node)>) -> Vec<(Spanned<String>, Node)> {
    let mut all: Vec<(Spanned<String>, Node)> = Vec::new();
    for (key, value) in merged.into_iter().flat_map(|m| m.entries().to_vec()) {
        if !own.iter().chain(&all).any(|(k, _)| k.value == key.value) {
            all.push((key, value));
        }
    }
    all.extend(own);
    all
}
