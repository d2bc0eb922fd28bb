//! A paced client: so many requests per second over kept connections, every answer compared whole.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::http;

/// Connections; more than are needed, so that one slow answer delays no other.
const CONNECTIONS: usize = 48;
/// An answer that takes longer is a lost one.
const PATIENCE: Duration = Duration::from_secs(20);
/// A connection that was idle for longer is not used again: a server that leaves may be closing it.
const FRESH: Duration = Duration::from_millis(500);

/// What became of a load.
#[derive(Debug, Default)]
pub struct Count {
    /// Answers as expected.
    pub good: usize,
    /// What went wrong, each in words.
    pub failed: Vec<String>,
    /// Requests sent again because the server had closed a kept connection between two requests, as any
    /// HTTP/1.1 server may; no byte of an answer had come.
    pub renewed: usize,
    /// From the first request to the last answer.
    pub took: Duration,
    /// Of every answer, from the moment its request was due.
    latencies: Vec<Duration>,
}

impl Count {
    /// Good answers per second.
    pub fn rate(&self) -> f64 {
        self.good as f64 / self.took.as_secs_f64()
    }

    /// The time within which `share` of the answers came.
    pub fn within(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share) as usize).copied().unwrap_or_default()
    }

    /// For people, in one line; also of a test that passes, whose output is not shown otherwise.
    pub fn tell(&self, what: &str) {
        let line = format!(
            "{what}: {} requests in {:.1} s ({:.0}/s), {} failed, {} sent again on a new connection, p50 {:.1?}, p99 {:.1?}\n",
            self.good + self.failed.len(),
            self.took.as_secs_f64(),
            self.rate(),
            self.failed.len(),
            self.renewed,
            self.within(0.5),
            self.within(0.99)
        );
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

/// One page and what it must answer.
#[derive(Clone)]
pub struct Page {
    /// What is asked for.
    pub path: String,
    /// The whole body of the answer.
    pub body: Vec<u8>,
}

/// Sends `rate` requests per second to `host`, the paths in turn, while `act` goes on and for at least `least`.
///
/// What each path answers before the load is what it must answer during it.
pub fn during(
    host: Ipv4Addr,
    rate: u32,
    paths: &[&str],
    least: Duration,
    act: impl FnOnce() + Send,
) -> Count {
    let address = (host, 80).into();
    let pages: Vec<Page> = paths.iter().map(|path| first(address, path)).collect();
    let page = |turn: usize| pages[turn % pages.len()].clone();
    let load = Load { address, rate, connections: CONNECTIONS, page: &page };
    load.during(least, act).0
}

/// A load.
pub struct Load<'a> {
    /// Where to.
    pub address: SocketAddr,
    /// Requests per second.
    pub rate: u32,
    /// On how many connections: so many requests may wait at once.
    pub connections: usize,
    /// What is asked in which turn.
    pub page: &'a (dyn Fn(usize) -> Page + Sync),
}

impl Load<'_> {
    /// Goes on while `act` does and for at least `least`; also returns what `act` returned.
    pub fn during<T>(&self, least: Duration, act: impl FnOnce() -> T) -> (Count, T) {
        let (next, over, all) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(Count::default()));
        let begin = Instant::now();
        let acted = std::thread::scope(|scope| {
            for _ in 0..self.connections {
                scope.spawn(|| self.send(begin, &next, &over, &all));
            }
            // The load must end also when what goes on panics.
            let acted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
            std::thread::sleep(least.saturating_sub(begin.elapsed()));
            over.store(true, Ordering::Relaxed);
            acted
        });
        let count = Count { took: begin.elapsed(), ..all.into_inner().unwrap() };
        match acted {
            Ok(value) => (count, value),
            Err(panic) => {
                count.tell("until it went wrong");
                std::panic::resume_unwind(panic)
            }
        }
    }

    /// The turns of one connection.
    fn send(&self, begin: Instant, next: &AtomicUsize, over: &AtomicBool, all: &Mutex<Count>) {
        let mut client = Client { address: self.address, connection: None, renewed: 0 };
        while !over.load(Ordering::Relaxed) {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            let due = begin + Duration::from_secs(1) * turn as u32 / self.rate;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let result = client.check(&(self.page)(turn));
            let mut all = all.lock().unwrap();
            match result {
                Ok(()) => all.good += 1,
                Err(error) => all.failed.push(format!("{:.3?}: {error}", begin.elapsed())),
            }
            all.latencies.push(due.elapsed());
        }
        all.lock().unwrap().renewed += client.renewed;
    }
}

fn first(address: SocketAddr, path: &str) -> Page {
    let mut client = Client { address, connection: None, renewed: 0 };
    let (status, body) = client.get(path).unwrap();
    assert_eq!(status, 200, "{path} before the load");
    Page { path: path.into(), body }
}

/// One kept connection.
struct Client {
    address: SocketAddr,
    /// With the time of its last answer.
    connection: Option<(BufReader<TcpStream>, Instant)>,
    renewed: usize,
}

impl Client {
    fn check(&mut self, page: &Page) -> Result<(), String> {
        match self.get(&page.path) {
            Ok((200, body)) if body == page.body => Ok(()),
            Ok((200, body)) => Err(format!("{}: another body of {} bytes", page.path, body.len())),
            Ok((status, _)) => Err(format!("{}: status {status}", page.path)),
            Err(error) => Err(format!("{}: {error}", page.path)),
        }
    }

    /// Status and body.
    fn get(&mut self, path: &str) -> io::Result<(u16, Vec<u8>)> {
        let kept = self.connection.take().filter(|(_, since)| since.elapsed() < FRESH);
        if let Some((mut kept, _)) = kept {
            let sent = send(&mut kept, path);
            match sent.and_then(|()| kept.fill_buf().map(<[u8]>::is_empty)) {
                Ok(false) => return self.answer(kept),
                Ok(true) => self.renewed += 1,
                Err(e) if matches!(e.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    self.renewed += 1;
                }
                Err(e) => return Err(e),
            }
        }
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut new = BufReader::new(stream);
        send(&mut new, path)?;
        self.answer(new)
    }

    /// Reads a whole answer; the connection is kept unless the server says otherwise.
    fn answer(&mut self, mut from: BufReader<TcpStream>) -> io::Result<(u16, Vec<u8>)> {
        let answer = http::read(&mut from, "GET")?;
        self.connection = (!answer.closes()).then(|| (from, Instant::now()));
        Ok((answer.status, answer.body))
    }
}

fn send(to: &mut BufReader<TcpStream>, path: &str) -> io::Result<()> {
    to.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nHost: site\r\n\r\n").as_bytes())
}
