//! An application of a few lines, for what no real one does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// The page that is long.
pub const LONG: usize = 250 * 1024;

/// Its port, and a word for each long page that it has handed over.
pub struct Upstream {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Long pages that are written to the last byte.
    pub written: Receiver<()>,
}

impl Upstream {
    /// Serves until the test ends: `/own` has headers of its own, `/wrong` is an error, `/long` is long, `/socket` becomes a
    /// WebSocket if it is asked to; everything else shows the request.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (done, written) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let done = done.clone();
                thread::spawn(move || answer(stream, &done));
            }
        });
        Self { port, written }
    }
}

fn answer(stream: TcpStream, done: &Sender<()>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    let _ = reader.read_exact(&mut vec![0; length.unwrap_or(0)]);
    let path = head.split(' ').nth(1).unwrap_or_default().to_string();
    let own = "X-Served-By: app\r\nX-Course: app\r\nX-Frame-Options: DENY\r\nCache-Control: no-store\r\n";
    let (status, fields, body) = match path.as_str() {
        "/own" => ("200 OK", own, "hello".to_string()),
        "/wrong" => ("500 Internal Server Error", "", "wrong".into()),
        "/long" => ("200 OK", "", "x".repeat(LONG)),
        "/socket" if head.contains("Upgrade: websocket\r\n") && head.contains("Connection: upgrade\r\n") => {
            return socket(stream, reader);
        }
        _ => ("200 OK", "Content-Type: text/html\r\n", head),
    };
    let mut stream = stream;
    let head =
        format!("HTTP/1.1 {status}\r\n{fields}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    if path == "/long" {
        let _ = done.send(());
    }
}

/// Agrees, and says everything again.
fn socket(mut stream: TcpStream, mut reader: BufReader<TcpStream>) {
    let agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let _ = stream.write_all(agreed.as_bytes());
    let _ = std::io::copy(&mut reader, &mut stream);
}
