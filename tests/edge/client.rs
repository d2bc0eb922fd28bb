//! A client that sends a target as it is, on connections that it keeps.

use std::io::{BufReader, Read, Result, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::support::http::{self, Answer};
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
        let answer = http::ask(&mut wire, request)?;
        if !answer.closes() {
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

/// TLS, spoken by the program that everybody has, at the other end of a socket that can have a deadline.
struct Tls {
    child: Child,
    stream: UnixStream,
}

impl Tls {
    fn connect(port: u16) -> Result<Self> {
        let (stream, other) = UnixStream::pair()?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-quiet", "-connect", &format!("127.0.0.1:{port}")]);
        openssl.stdin(OwnedFd::from(other.try_clone()?)).stdout(OwnedFd::from(other)).stderr(Stdio::null());
        Ok(Self { child: openssl.spawn()?, stream })
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
