//! What an HTTP/1.1 server answers, read from any stream. <https://www.rfc-editor.org/rfc/rfc9112>

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};

/// What every answer has and no test is about.
const USUAL: [&str; 2] = ["date", "server"];

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status line.
    pub line: String,
    /// The status.
    pub status: u16,
    /// Its fields as they came, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The body without its framing; empty if none may come.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a field that is there once at most.
    pub fn field(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() < 2, "several {name} in {:?}", self.fields);
        values.first().copied()
    }

    /// The values of every field of this name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the server ends the connection with it.
    pub fn closes(&self) -> bool {
        self.field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        text(self.body.clone())
    }

    /// The whole answer, a line a field in order of names; what every answer has is left out.
    pub fn shown(&self) -> String {
        let mut shown = format!("{}\n", self.line);
        let mut fields = self.fields.clone();
        fields.sort();
        for (name, value) in &fields {
            let is_kept = name == "connection" && value.eq_ignore_ascii_case("keep-alive");
            let is_usual = USUAL.contains(&name.as_str()) || is_kept && self.line.starts_with("HTTP/1.1");
            if !is_usual {
                shown += &format!("{name}: {value}\n");
            }
        }
        format!("{shown}\n{}", self.text())
    }
}

/// Sends one request and reads the whole answer to it.
pub fn ask<S: Read + Write>(stream: &mut BufReader<S>, request: impl AsRef<[u8]>) -> Result<Answer> {
    let request = request.as_ref();
    stream.get_mut().write_all(request)?;
    stream.get_mut().flush()?;
    read(stream, if request.starts_with(b"HEAD ") { "HEAD" } else { "" })
}

/// Reads the whole answer to a request of this method. Errors: those of the stream, and what is no answer.
pub fn read(from: &mut impl BufRead, method: &str) -> Result<Answer> {
    let mut answer = head(from)?;
    if method == "HEAD" || answer.status < 200 || [204, 304].contains(&answer.status) {
        return Ok(answer);
    }
    answer.body = match (answer.field("transfer-encoding"), answer.field("content-length")) {
        (Some("chunked"), None) => {
            let mut body = Vec::new();
            while let Some(chunk) = chunk(from)? {
                body.extend(chunk);
            }
            body
        }
        (None, Some(length)) => exactly(from, length.parse().map_err(Error::other)?)?,
        (None, None) => rest(from)?,
        framing => return Err(broken(format!("an answer framed in two ways: {framing:?}"))),
    };
    Ok(answer)
}

/// Reads the head of an answer.
pub fn head(from: &mut impl BufRead) -> Result<Answer> {
    let first = line(from)?;
    let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let Some(status) = status else { return Err(broken(format!("no answer: {first:?}"))) };
    let mut answer = Answer { line: first, status, fields: Vec::new(), body: Vec::new() };
    loop {
        let line = line(from)?;
        if line.is_empty() {
            return Ok(answer);
        }
        let Some((name, value)) = line.split_once(": ") else {
            return Err(broken(format!("no field: {line:?}")));
        };
        answer.fields.push((name.to_ascii_lowercase(), value.to_string()));
    }
}

/// Reads one chunk of a body; none is its end.
pub fn chunk(from: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let size = line(from)?;
    let length = usize::from_str_radix(&size, 16).map_err(|_| broken(format!("no chunk: {size:?}")))?;
    let chunk = exactly(from, length)?;
    match line(from)?.as_str() {
        "" => Ok((length > 0).then_some(chunk)),
        more => Err(broken(format!("a chunk of {length} bytes is longer: {more:?}"))),
    }
}

/// Reads so many bytes.
pub fn exactly(from: &mut impl Read, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Waits until the server ends the connection, in order or by a reset; returns what came before.
pub fn rest(from: &mut impl Read) -> Result<Vec<u8>> {
    let mut rest = Vec::new();
    match from.read_to_end(&mut rest) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error),
        _ => Ok(rest),
    }
}

fn line(from: &mut impl BufRead) -> Result<String> {
    let mut bytes = Vec::new();
    if from.read_until(b'\n', &mut bytes)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let line = text(bytes);
    line.strip_suffix("\r\n").map(str::to_string).ok_or_else(|| broken(format!("no line: {line:?}")))
}

/// UTF-8, or where it is none a byte a character.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

fn broken(what: String) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

#[test]
fn an_answer_is_read_to_its_end_however_it_is_framed_and_no_further() {
    let body = |method: &str, bytes: &[u8]| {
        let mut from = bytes;
        let answer = read(&mut from, method).map_err(|error| error.kind())?;
        Ok((answer.text(), text(from.to_vec())))
    };
    let both = |one: &str, other: &str| Ok((one.to_string(), other.to_string()));
    let long = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP";
    assert_eq!(body("GET", long), both("abc", "HTTP"));
    assert_eq!(body("HEAD", long), both("", "abcHTTP"));
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\nHTTP";
    assert_eq!(body("GET", chunked), both("abc", "HTTP"));
    assert_eq!(body("GET", b"HTTP/1.0 200 OK\r\n\r\ncaf\xe9"), both("caf\u{e9}", ""));
    assert_eq!(body("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\nHTTP"), both("", "HTTP"));
    assert_eq!(body("GET", &long[..40]), Err(ErrorKind::UnexpectedEof));
    assert_eq!(body("GET", b""), Err(ErrorKind::UnexpectedEof));
    let twice = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(body("GET", twice), Err(ErrorKind::InvalidData));
}

#[test]
fn names_and_the_word_that_closes_have_no_case_and_values_keep_theirs() {
    let answer =
        read(&mut &b"HTTP/1.1 204 No Content\r\nCONNECTION: Close\r\nLocation: /A\r\n\r\n"[..], "GET");
    let answer = answer.unwrap();
    assert_eq!((answer.closes(), answer.field("location")), (true, Some("/A")));
    assert_eq!(answer.shown(), "HTTP/1.1 204 No Content\nconnection: Close\nlocation: /A\n\n");
}
