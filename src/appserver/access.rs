//! The access log: Gunicorn's format string, compiled once; whole lines only, as few writes as the load allows.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderName;
use jiff::Timestamp;

use super::http::Head;
use crate::base::diagnostic::Diagnostic;

/// A pipe takes up to this many bytes without mixing them with another process's (PIPE_BUF).
const ATOMIC_BYTES: usize = 4096;

/// A format string in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Atom(char),
    RequestHeader(HeaderName),
    ResponseHeader(HeaderName),
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
                Part::Atom(letter) => record.atom(&mut line, *letter, now),
                Part::RequestHeader(name) => quoted(&mut line, record.head.field(name.as_str())),
                Part::ResponseHeader(name) => quoted(&mut line, field(&record.answer, name.as_str())),
            }
        }
        line.push('\n');
        line
    }
}

fn atom(name: &str) -> Option<Part> {
    if let Some(inside) = name.strip_prefix('{') {
        let (header, kind) = inside.split_once('}')?;
        let header = HeaderName::try_from(header).ok()?;
        return match kind {
            "i" => Some(Part::RequestHeader(header)),
            "o" => Some(Part::ResponseHeader(header)),
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
            format!("{} {{header}}i {{header}}o, each as `%(…)s`; `%%` is a percent sign", letters.join(" ")),
        )
        .fix(format!("`{}`", Format::DEFAULT))
}

/// What is known of a request that was answered.
pub struct Record {
    /// Who asked, as far as we trust it; `-` if unknown.
    pub remote: String,
    /// The request.
    pub head: Arc<Head>,
    /// Its id; empty if it has none.
    pub id: String,
    /// The answer's status.
    pub status: u16,
    /// The answer's head as sent, if the format wants it.
    pub answer: Vec<u8>,
    /// Bytes of the body that went out.
    pub bytes: u64,
    /// From the head of the request to the end of the answer.
    pub took: Duration,
}

impl Record {
    fn atom(&self, line: &mut String, letter: char, now: Timestamp) {
        // Writing to a string cannot fail.
        let _ = match letter {
            'h' => write!(line, "{}", self.remote),
            't' => write!(line, "[{}]", now.strftime("%d/%b/%Y:%H:%M:%S +0000")),
            'r' => {
                escaped(line, &String::from_utf8_lossy(self.head.line()));
                Ok(())
            }
            'm' => write!(line, "{}", self.head.method()),
            'U' => {
                escaped(line, &String::from_utf8_lossy(self.head.path()));
                Ok(())
            }
            'q' => {
                escaped(line, &String::from_utf8_lossy(self.head.query()));
                Ok(())
            }
            'H' => write!(line, "{}", self.head.version().as_str()),
            's' => write!(line, "{}", self.status),
            'B' => write!(line, "{}", self.bytes),
            'b' if self.bytes > 0 => write!(line, "{}", self.bytes),
            'f' => {
                quoted(line, self.head.field("referer"));
                Ok(())
            }
            'a' => {
                quoted(line, self.head.field("user-agent"));
                Ok(())
            }
            'T' => write!(line, "{}", self.took.as_secs()),
            'M' => write!(line, "{}", self.took.as_millis()),
            'D' => write!(line, "{}", self.took.as_micros()),
            'L' => write!(line, "{}.{:06}", self.took.as_secs(), self.took.subsec_micros()),
            'p' => write!(line, "<{}>", std::process::id()),
            _ => write!(line, "-"),
        };
    }
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

/// Lines that wait to be written, and where they go.
pub struct Lines(Mutex<Waiting>);

struct Waiting {
    file: File,
    bytes: Vec<u8>,
}

impl Lines {
    /// Lines for an open descriptor.
    pub fn new(descriptor: OwnedFd) -> Self {
        Self(Mutex::new(Waiting { file: File::from(descriptor), bytes: Vec::new() }))
    }

    /// Adds a line; says whether it is the first one that waits, so that the caller has to plan a flush.
    pub fn add(&self, line: &str) -> bool {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > ATOMIC_BYTES {
            waiting.flush();
        }
        waiting.bytes.extend_from_slice(line.as_bytes());
        waiting.bytes.len() == line.len()
    }

    /// Writes what waits.
    pub fn flush(&self) {
        self.lock().flush();
    }

    /// Goes on in another file, after a rotation.
    pub fn replace(&self, descriptor: OwnedFd) {
        let mut waiting = self.lock();
        waiting.flush();
        waiting.file = File::from(descriptor);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// One write. A log that cannot be written is no reason to stop serving.
    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            let _ = self.file.write_all(&self.bytes);
            self.bytes.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appserver::http::{Reader, Rules};

    fn record() -> Record {
        let text = "GET /a/b?c=d HTTP/1.1\r\nHost: a\r\nUser-Agent: curl \"8\"\r\nX-Id: 7\r\n\r\n";
        let head = Head::take(&mut text.into(), &mut Reader::default(), &Rules::default());
        Record {
            remote: "10.0.0.9".into(),
            head: Arc::new(head.unwrap().unwrap()),
            id: "7f".into(),
            status: 200,
            answer: b"HTTP/1.1 200 OK\r\nEtag: \"x\"\r\n\r\n".to_vec(),
            bytes: 11,
            took: Duration::from_micros(1_002_003),
        }
    }

    fn written(format: &str) -> String {
        let now = Timestamp::from_second(1_795_169_201).unwrap();
        Format::parse(format).unwrap().line(&record(), now)
    }

    #[test]
    fn the_default_format_is_the_line_that_log_readers_know() {
        assert_eq!(
            written(Format::DEFAULT),
            "10.0.0.9 - - [20/Nov/2026:10:06:41 +0000] \"GET /a/b?c=d HTTP/1.1\" 200 11 \"-\" \"curl \\\"8\\\"\"\n"
        );
    }

    #[test]
    fn every_atom_has_its_value() {
        assert_eq!(
            written("%(m)s %(U)s %(q)s %(H)s %(B)s %(T)s %(M)s %(D)s %(L)s %({x-id}i)s %({etag}o)s 100%%"),
            "GET /a/b c=d HTTP/1.1 11 1 1002 1002003 1.002003 7 \\\"x\\\" 100%\n"
        );
        assert_eq!(written("%(p)s"), format!("<{}>\n", std::process::id()));
    }

    #[test]
    fn an_unknown_atom_is_named() {
        let said = Format::parse("%(h)s %(zz)s").unwrap_err().to_string();
        assert_eq!(said.lines().next(), Some("error: unknown atom `%(zz)s` in `--access-logformat`"));
        let said = Format::parse("50% of").unwrap_err().to_string();
        assert_eq!(said.lines().next(), Some("error: unknown atom `% of` in `--access-logformat`"));
    }
}
