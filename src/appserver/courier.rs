//! Messages for another program (syslog, statsd), delivered by a thread of their own: a program that is slow, dead or
//! was never there costs messages, and nothing else.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many messages may wait; those beyond are dropped.
const MOST: usize = 4096;
/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// After this long a target that could not be reached is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the end of the process waits for what was not delivered.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A datagram each, to a host and port.
    Udp(String, u16),
    /// Over a connection to a host and port, a line each.
    Tcp(String, u16),
    /// A datagram each, to a socket file.
    Datagram(PathBuf),
    /// Over a connection to a socket file, each ended by a zero.
    Stream(PathBuf),
    /// To a socket file, of whichever kind it is.
    Unix(PathBuf),
}

/// Who delivers.
pub struct Courier {
    messages: Option<SyncSender<Vec<u8>>>,
    /// Ends when the thread does.
    over: Mutex<Receiver<()>>,
}

impl Courier {
    /// Begins. Names of hosts are looked up when there is something to deliver.
    pub fn start(target: Target) -> Self {
        let (messages, inbox) = sync_channel::<Vec<u8>>(MOST);
        let (ended, over) = channel();
        // Without a thread the messages are dropped, like all that cannot be delivered.
        let _ = thread::Builder::new().name("courier".into()).spawn(move || {
            deliver(&target, &inbox);
            drop::<std::sync::mpsc::Sender<()>>(ended);
        });
        Self { messages: Some(messages), over: Mutex::new(over) }
    }

    /// Takes a message on its way; never waits.
    pub fn send(&self, message: Vec<u8>) {
        if let Some(messages) = &self.messages {
            let _ = messages.try_send(message);
        }
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.messages = None;
        let _ = self.over.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(LAST_WORDS);
    }
}

fn deliver(target: &Target, inbox: &Receiver<Vec<u8>>) {
    let mut line = None;
    let mut not_before = Instant::now();
    for message in inbox {
        if Instant::now() < not_before {
            continue;
        }
        // What was open may have ended meanwhile: the second try is on a fresh one.
        let sent = match line.take() {
            Some(open) => {
                send(open, &message).or_else(|_| open_line(target).and_then(|new| send(new, &message)))
            }
            None => open_line(target).and_then(|new| send(new, &message)),
        };
        match sent {
            Ok(open) => line = Some(open),
            Err(_) => not_before = Instant::now() + PAUSE,
        }
    }
}

/// An open way to the target.
enum Line {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Datagram(UnixDatagram),
    Stream(UnixStream),
}

fn open_line(target: &Target) -> io::Result<Line> {
    match target {
        Target::Udp(host, port) => {
            let address = address(host, *port)?;
            let any: SocketAddr = if address.is_ipv4() { ([0; 4], 0).into() } else { ([0; 16], 0).into() };
            let socket = UdpSocket::bind(any)?;
            socket.connect(address)?;
            Ok(Line::Udp(socket))
        }
        Target::Tcp(host, port) => {
            let stream = TcpStream::connect_timeout(&address(host, *port)?, PATIENCE)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(Line::Tcp(stream))
        }
        Target::Datagram(path) => {
            let socket = UnixDatagram::unbound()?;
            socket.connect(path)?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok(Line::Datagram(socket))
        }
        Target::Stream(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(Line::Stream(stream))
        }
        Target::Unix(path) => {
            open_line(&Target::Datagram(path.clone())).or_else(|_| open_line(&Target::Stream(path.clone())))
        }
    }
}

fn address(host: &str, port: u16) -> io::Result<SocketAddr> {
    let bare = match host {
        // Known without asking libraries of the host that may be of another age than we are.
        "localhost" => "127.0.0.1",
        _ => host.trim_start_matches('[').trim_end_matches(']'),
    };
    let mut found = (bare, port).to_socket_addrs()?.collect::<Vec<_>>();
    // Where a name has both, the programs we speak to usually listen on the older.
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn send(mut line: Line, message: &[u8]) -> io::Result<Line> {
    match &mut line {
        Line::Udp(socket) => socket.send(message).map(drop)?,
        Line::Datagram(socket) => socket.send(message).map(drop)?,
        Line::Tcp(stream) => stream.write_all(&[message, b"\n"].concat())?,
        Line::Stream(stream) => stream.write_all(&[message, b"\0"].concat())?,
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    #[test]
    fn what_was_sent_arrives_also_when_the_courier_is_dropped_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::Tcp("127.0.0.1".into(), listener.local_addr().unwrap().port());
        let courier = Courier::start(target);
        courier.send(b"one".to_vec());
        courier.send(b"two".to_vec());
        drop(courier);
        let lines = BufReader::new(listener.accept().unwrap().0).lines();
        assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn a_target_nobody_is_at_holds_up_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let courier = Courier::start(Target::Unix(dir.path().join("none")));
        (0..MOST * 2).for_each(|_| courier.send(vec![0; 100]));
        drop(courier);
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_target_that_stopped_reading_holds_up_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let _reader = UnixDatagram::bind(&path).unwrap();
        let began = Instant::now();
        let courier = Courier::start(Target::Unix(path));
        (0..MOST * 2).for_each(|_| courier.send(vec![0; 100]));
        drop(courier);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}
