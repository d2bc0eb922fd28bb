//! A client that sends a target as it is, on connections that it keeps.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::server::DEADLINE;

/// Where to connect to.
#[derive(Clone, Debug)]
pub enum Place {
    /// A socket file.
    File(PathBuf),
    /// A port of this host.
    Port(u16),
    /// The same, with TLS.
    Tls(u16),
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Its fields, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The body; empty if none may come.
    pub body: Vec<u8>,
}

impl Answer {
    /// A field's value.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

trait Wire: Read + Write {}
impl<W: Read + Write> Wire for W {}

/// A client of one place.
pub struct Client {
    place: Place,
    wire: Option<BufReader<Box<dyn Wire>>>,
}

impl Client {
    /// Not yet connected.
    pub fn new(place: Place) -> Self {
        Self { place, wire: None }
    }

    /// Sends a request and reads its answer; connects if need be.
    pub fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => BufReader::new(connect(&self.place)?),
        };
        wire.get_mut().write_all(request)?;
        wire.get_mut().flush()?;
        let answer = read(&mut wire, request.starts_with(b"HEAD "))?;
        if answer.field("connection") != Some("close") {
            self.wire = Some(wire);
        }
        Ok(answer)
    }
}

fn connect(place: &Place) -> Result<Box<dyn Wire>> {
    Ok(match place {
        Place::File(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(DEADLINE))?;
            Box::new(stream)
        }
        Place::Port(port) => {
            let stream = TcpStream::connect(("127.0.0.1", *port))?;
            stream.set_read_timeout(Some(DEADLINE))?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Place::Tls(port) => Box::new(Tls::connect(*port)?),
    })
}

/// TLS, spoken by the program that everybody has.
struct Tls {
    child: Child,
    out: ChildStdin,
    back: ChildStdout,
}

impl Tls {
    fn connect(port: u16) -> Result<Self> {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-quiet", "-connect", &format!("127.0.0.1:{port}")]);
        let pipes = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = pipes.spawn()?;
        let (Some(out), Some(back)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        Ok(Self { child, out, back })
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.back.read(buffer)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(wire: &mut impl BufRead, is_head: bool) -> Result<Answer> {
    let broken = |what: &str| Error::new(ErrorKind::InvalidData, what.to_string());
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        wire.read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        match String::from_utf8_lossy(&line).trim_end() {
            "" => break,
            line => lines.push(line.to_string()),
        }
    }
    let status = lines[0].split(' ').nth(1).and_then(|word| word.parse().ok());
    let pairs = lines[1..].iter().filter_map(|line| line.split_once(':'));
    let fields = pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_string())).collect();
    let mut answer = Answer { status: status.ok_or_else(|| broken(&lines[0]))?, fields, body: Vec::new() };
    if is_head {
        return Ok(answer);
    }
    if answer.field("transfer-encoding") == Some("chunked") {
        while chunk(wire, &mut answer.body)? {}
        return Ok(answer);
    }
    let length = answer.field("content-length").and_then(|text| text.parse().ok());
    answer.body = vec![0; length.ok_or_else(|| broken("an answer without its length"))?];
    wire.read_exact(&mut answer.body)?;
    Ok(answer)
}

/// Reads a chunk; returns whether another one follows.
fn chunk(wire: &mut impl BufRead, body: &mut Vec<u8>) -> Result<bool> {
    let mut line = String::new();
    wire.read_line(&mut line)?;
    let size = usize::from_str_radix(line.trim(), 16).map_err(Error::other)?;
    let mut data = vec![0; size + 2];
    wire.read_exact(&mut data)?;
    body.extend_from_slice(&data[..size]);
    Ok(size > 0)
}
