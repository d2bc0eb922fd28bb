//! HTTP as bytes on a socket: what was sent is known, what came is shown whole.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::support::http::{self, Answer};
use crate::support::server::DEADLINE;

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
        http::read(&mut self.0, method).unwrap()
    }

    /// Reads the head of an answer.
    pub fn head(&mut self) -> Answer {
        http::head(&mut self.0).unwrap()
    }

    /// Reads one chunk of a chunked body; none is its end.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        http::chunk(&mut self.0).unwrap()
    }

    /// Reads so many bytes.
    pub fn exactly(&mut self, length: usize) -> Vec<u8> {
        http::exactly(&mut self.0, length).unwrap()
    }

    /// Waits until the server ends the connection, in order or by a reset; returns what came before.
    pub fn rest(&mut self) -> Vec<u8> {
        http::rest(&mut self.0).unwrap()
    }
}
