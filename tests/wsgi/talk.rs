//! HTTP as bytes on a socket: what was sent is known, what came is shown whole.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::support::server::DEADLINE;

/// What every answer has and no test is about.
const USUAL: [&str; 2] = ["date", "server"];

/// A `GET` on a kept connection.
pub fn get(target: &str) -> String {
    request("GET", target, "", "")
}

/// A `POST` with a body.
pub fn post(target: &str, body: &str) -> String {
    request("POST", target, &format!("Content-Length: {}\r\n", body.len()), body)
}

/// Any request; `headers` are whole lines.
pub fn request(method: &str, target: &str, headers: &str, body: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n{body}")
}

/// Sends one request on a new connection and shows the answer.
pub fn ask(address: &str, request: &str) -> String {
    let mut talk = Talk::to(address);
    talk.send(request);
    let method = request.split(' ').next().unwrap();
    talk.answer_to(method).shown()
}

/// The body of the answer to a `GET`, which must be a 200.
pub fn body(address: &str, target: &str) -> String {
    let mut talk = Talk::to(address);
    talk.send(get(target));
    let answer = talk.answer();
    assert_eq!(answer.line, "HTTP/1.1 200 OK", "{}", answer.shown());
    answer.text()
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// The status line.
    pub line: String,
    /// Names in lower case, values as they came, in order of names.
    pub headers: Vec<(String, String)>,
    /// The body without its framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header that is there once at most.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "several {name} in {:?}", self.headers);
        value
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The body as text, a byte a character.
    pub fn text(&self) -> String {
        self.body.iter().copied().map(char::from).collect()
    }

    /// The whole answer, a line a header; what every answer has is left out.
    pub fn shown(&self) -> String {
        let mut text = format!("{}\n", self.line);
        for (name, value) in &self.headers {
            let is_kept = name == "connection" && value.eq_ignore_ascii_case("keep-alive");
            let is_usual = USUAL.contains(&name.as_str()) || is_kept && self.line.starts_with("HTTP/1.1");
            if !is_usual {
                text += &format!("{name}: {value}\n");
            }
        }
        format!("{text}\n{}", self.text())
    }
}

/// One connection.
pub struct Talk<S: Read + Write = TcpStream>(BufReader<S>);

impl Talk {
    /// Connects.
    pub fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self::on(stream)
    }

    /// The port on this side.
    pub fn port(&self) -> u16 {
        self.0.get_ref().local_addr().unwrap().port()
    }

    /// Says that nothing more will be sent.
    pub fn stop_sending(&self) {
        self.0.get_ref().shutdown(Shutdown::Write).unwrap();
    }
}

impl<S: Read + Write> Talk<S> {
    /// Talks on a connected stream.
    pub fn on(stream: S) -> Self {
        Self(BufReader::new(stream))
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Reads a whole answer to anything but `HEAD`.
    pub fn answer(&mut self) -> Answer {
        self.answer_to("GET")
    }

    /// Reads a whole answer to a request of this method.
    pub fn answer_to(&mut self, method: &str) -> Answer {
        let mut answer = self.head();
        let has_body = method != "HEAD" && answer.status() >= 200 && ![204, 304].contains(&answer.status());
        let length = answer.header("content-length").map(|text| text.parse().unwrap());
        match (has_body, answer.header("transfer-encoding"), length) {
            (false, ..) => {}
            (true, Some(coding), length) => {
                assert_eq!((coding, length), ("chunked", None));
                while let Some(chunk) = self.chunk() {
                    answer.body.extend(chunk);
                }
            }
            (true, None, Some(length)) => answer.body = self.exactly(length),
            (true, None, None) => answer.body = self.rest(),
        }
        answer
    }

    /// Reads the head of an answer.
    pub fn head(&mut self) -> Answer {
        let line = self.line();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            headers.push((name.to_ascii_lowercase(), value.to_string()));
        }
        headers.sort();
        Answer { line, headers, body: Vec::new() }
    }

    /// Reads one chunk of a chunked body; none is its end.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.line();
        let length = usize::from_str_radix(&line, 16).unwrap_or_else(|_| panic!("no chunk: {line:?}"));
        let chunk = self.exactly(length);
        assert_eq!(self.line(), "");
        (length > 0).then_some(chunk)
    }

    /// Reads so many bytes.
    pub fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Waits until the server ends the connection, in order or by a reset; returns what came before.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}, after {rest:?}"),
            _ => rest,
        }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).unwrap();
        let text: String = line.iter().copied().map(char::from).collect();
        text.strip_suffix("\r\n").unwrap_or_else(|| panic!("no line: {text:?}")).to_string()
    }
}
