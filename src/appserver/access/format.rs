//! Gunicorn's format string for a line of the access log, compiled once.

use std::fmt::Write as _;

use axum::http::HeaderName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::{Record, variable};
use crate::base::diagnostic::Diagnostic;

/// A format string in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Atom(char),
    RequestHeader(HeaderName),
    ResponseHeader(HeaderName),
    /// A variable as applications read it, in capitals.
    Variable(String),
}

impl Format {
    /// Gunicorn's own default.
    pub const DEFAULT: &'static str = r#"%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s""#;
    /// The atoms known, each a letter.
    const ATOMS: &'static str = "hlutrmUqHsBbfaTMDLp";

    /// Compiles a format string. Errors name the atom that is not known.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            parts.push(Part::Text(rest[..at].to_string()));
            let after = &rest[at + 1..];
            if let Some(literal) = after.strip_prefix('%') {
                parts.push(Part::Text("%".into()));
                rest = literal;
                continue;
            }
            let (name, tail) = after
                .strip_prefix('(')
                .and_then(|inside| inside.split_once(")s"))
                .ok_or_else(|| wrong(&after.chars().take(8).collect::<String>()))?;
            parts.push(atom(name).ok_or_else(|| wrong(&format!("({name})s")))?);
            rest = tail;
        }
        parts.push(Part::Text(rest.to_string()));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }

    /// Whether it tells of an answer's headers.
    pub fn wants_answer(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::ResponseHeader(_)))
    }

    /// Writes the line of one request, its end included.
    pub fn line(&self, record: &Record, now: Timestamp) -> String {
        let mut line = String::with_capacity(256);
        for part in &self.0 {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Atom(letter) => write_atom(&mut line, record, *letter, now),
                Part::RequestHeader(name) => quoted(&mut line, record.head.field(name.as_str())),
                Part::ResponseHeader(name) => quoted(&mut line, field(record.answer, name.as_str())),
                Part::Variable(name) => quoted(&mut line, variable::of(record, name).as_deref()),
            }
        }
        line.push('\n');
        line
    }
}

fn atom(name: &str) -> Option<Part> {
    if let Some(inside) = name.strip_prefix('{') {
        let (name, kind) = inside.split_once('}')?;
        return match kind {
            "i" => HeaderName::try_from(name).ok().map(Part::RequestHeader),
            "o" => HeaderName::try_from(name).ok().map(Part::ResponseHeader),
            "e" => (!name.is_empty()).then(|| Part::Variable(name.to_ascii_uppercase())),
            _ => None,
        };
    }
    let mut letters = name.chars();
    let letter = letters.next().filter(|letter| Format::ATOMS.contains(*letter))?;
    letters.next().is_none().then_some(Part::Atom(letter))
}

fn wrong(atom: &str) -> Diagnostic {
    let letters: Vec<String> = Format::ATOMS.chars().map(String::from).collect();
    Diagnostic::error(format!("unknown atom `%{atom}` in `--access-logformat`"))
        .note(
            "atoms",
            format!(
                "{} {{header}}i {{header}}o {{variable}}e, each as `%(…)s`; `%%` is a percent sign",
                letters.join(" ")
            ),
        )
        .fix(format!("`{}`", Format::DEFAULT))
}

fn write_atom(line: &mut String, record: &Record, letter: char, now: Timestamp) {
    let text = |line: &mut String, bytes: &[u8]| escaped(line, &String::from_utf8_lossy(bytes));
    let took = record.took;
    // Writing to a string cannot fail.
    let _ = match letter {
        'h' => return line.push_str(or_dash(record.client)),
        'u' => return quoted(line, user(record).as_deref()),
        'r' => return text(line, record.head.line()),
        'U' => return text(line, record.head.path()),
        'q' => return text(line, record.head.query()),
        'f' => return quoted(line, record.head.field("referer")),
        'a' => return quoted(line, record.head.field("user-agent")),
        't' => write!(line, "[{}]", now.strftime("%d/%b/%Y:%H:%M:%S +0000")),
        'm' => write!(line, "{}", record.head.method()),
        'H' => write!(line, "{}", record.head.version().as_str()),
        's' => write!(line, "{}", record.status),
        'B' => write!(line, "{}", record.bytes),
        'b' if record.bytes > 0 => write!(line, "{}", record.bytes),
        'T' => write!(line, "{}", took.as_secs()),
        'M' => write!(line, "{}", took.as_millis()),
        'D' => write!(line, "{}", took.as_micros()),
        'L' => write!(line, "{}.{:06}", took.as_secs(), took.subsec_micros()),
        'p' => write!(line, "<{}>", record.pid),
        _ => write!(line, "-"),
    };
}

/// Who the client says it is, by `Authorization: Basic`.
fn user(record: &Record) -> Option<Vec<u8>> {
    let (scheme, given) = str::from_utf8(record.head.field("authorization")?).ok()?.split_once(' ')?;
    let both = STANDARD.decode(given.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let end = both.iter().position(|byte| *byte == b':')?;
    (end > 0).then(|| both[..end].to_vec())
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The value of a header in a head as sent.
fn field<'a>(head: &'a [u8], name: &str) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let at = line.iter().position(|byte| *byte == b':')?;
        line[..at].eq_ignore_ascii_case(name.as_bytes()).then(|| line[at + 1..].trim_ascii())
    })
}

/// A header's value, `-` when it is missing.
fn quoted(line: &mut String, value: Option<&[u8]>) {
    match value {
        Some(value) => escaped(line, &String::from_utf8_lossy(value)),
        None => line.push('-'),
    }
}

/// Text of a client: no quote and no line end of it may end ours.
fn escaped(line: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(line, "\\x{:02x}", u32::from(control));
            }
            other => line.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::appserver::access::Ends;
    use crate::appserver::http::{Head, Reader, Rules};

    const REQUEST: &str = "GET /a%20b/c?d=e HTTP/1.1\r\nHost: a\r\nUser-Agent: curl \"8\"\r\nX-Id: 7\r\nX-Id: 8\r\nAuthorization: basic YW5uOng=\r\n\r\n";

    fn written(format: &str) -> String {
        let head = Head::take(&mut REQUEST.into(), &mut Reader::default(), &Rules::default());
        let record = Record {
            client: "10.0.0.9",
            ends: Ends { address: "10.0.0.1", port: "4711", server: "10.0.0.2", server_port: "80" },
            head: &head.unwrap().unwrap(),
            status: 200,
            answer: b"HTTP/1.1 200 OK\r\nEtag: \"x\"\r\n\r\n",
            bytes: 11,
            took: Duration::from_micros(1_002_003),
            request_id: None,
            pid: 7,
        };
        let now = Timestamp::from_second(1_795_169_201).unwrap();
        Format::parse(format).unwrap().line(&record, now)
    }

    #[test]
    fn the_default_format_is_the_line_that_log_readers_know() {
        assert_eq!(
            written(Format::DEFAULT),
            "10.0.0.9 - ann [20/Nov/2026:10:06:41 +0000] \"GET /a%20b/c?d=e HTTP/1.1\" 200 11 \"-\" \"curl \\\"8\\\"\"\n"
        );
    }

    #[test]
    fn every_atom_has_its_value() {
        assert_eq!(
            written("%(m)s %(U)s %(q)s %(H)s %(B)s %(T)s %(M)s %(D)s %(L)s %({X-Id}i)s %({ETAG}o)s 100%%"),
            "GET /a%20b/c d=e HTTP/1.1 11 1 1002 1002003 1.002003 7 \\\"x\\\" 100%\n"
        );
        assert_eq!(written("%(p)s %(u)s %(l)s"), "<7> ann -\n");
    }

    #[test]
    fn a_variable_is_what_the_application_reads_under_that_name() {
        assert_eq!(
            written("%({request_method}e)s %({PATH_INFO}e)s %({QUERY_STRING}e)s %({SERVER_PROTOCOL}e)s"),
            "GET /a b/c d=e HTTP/1.1\n"
        );
        assert_eq!(
            written("%({REMOTE_ADDR}e)s %({REMOTE_PORT}e)s %({SERVER_NAME}e)s:%({SERVER_PORT}e)s"),
            "10.0.0.1 4711 10.0.0.2:80\n"
        );
        assert_eq!(written("%({HTTP_X_ID}e)s %({http_user_agent}e)s"), "7,8 curl \\\"8\\\"\n");
        assert_eq!(written("%({HTTP_X_NONE}e)s %({wsgi.errors}e)s"), "- -\n");
    }

    #[test]
    fn an_unknown_atom_is_named() {
        let said = Format::parse("%(h)s %(zz)s").unwrap_err().to_string();
        assert_eq!(said.lines().next(), Some("error: unknown atom `%(zz)s` in `--access-logformat`"));
        let said = Format::parse("50% of").unwrap_err().to_string();
        assert_eq!(said.lines().next(), Some("error: unknown atom `% of` in `--access-logformat`"));
    }
}
