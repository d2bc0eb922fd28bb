//! What the server tells of itself in figures: statsd and Prometheus.

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use crate::support::server::{APP, Client, PAGE, Server, binary};

/// A statsd, and what came so far.
struct Statsd {
    socket: UdpSocket,
    lines: Vec<String>,
}

impl Statsd {
    fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { socket, lines: Vec::new() }
    }

    fn place(&self) -> String {
        self.socket.local_addr().unwrap().to_string()
    }

    /// Reads until a line came this many times.
    fn until(&mut self, times: usize, is_it: impl Fn(&str) -> bool) {
        while self.lines.iter().filter(|line| is_it(line)).count() < times {
            let mut datagram = [0; 4096];
            let length = self.socket.recv(&mut datagram).unwrap_or_else(|_| panic!("{:#?}", self.lines));
            self.lines.extend(String::from_utf8_lossy(&datagram[..length]).lines().map(str::to_string));
        }
    }
}

#[test]
fn statsd_hears_of_requests_workers_lines_and_the_queue() {
    let mut statsd = Statsd::open();
    let options = ["--statsd-host", &statsd.place(), "--statsd-prefix", "shop", "--enable-backlog-metric"];
    let server = Server::start(&options);
    let mut client = Client::new(&server.address());
    (0..20).for_each(|_| assert_eq!(client.get(PAGE).unwrap().status, 200));
    assert_eq!(client.get("/none").unwrap().status, 404);
    statsd.until(1, |line| line == "shop.gunicorn.request.status.404:1|c|@1.0");
    statsd.until(20, |line| line == "shop.gunicorn.request.status.200:1|c|@1.0");
    statsd.until(21, |line| line == "shop.gunicorn.requests:1|c|@1.0");
    statsd.until(21, |line| line.starts_with("shop.gunicorn.request.duration:") && line.ends_with("|ms"));
    statsd.until(1, |line| line == "shop.gunicorn.workers:1|g");
    statsd.until(1, |line| line == "shop.gunicorn.backlog:0|ms");
    crate::support::server::signal_to(server.workers()[0], rustix::process::Signal::KILL);
    statsd.until(1, |line| line == "shop.gunicorn.log.error:1|c|@1.0");
}

#[test]
fn the_length_of_a_queue_that_no_kernel_tells_is_refused_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(binary())
        .args(["--bind", "unix:site.sock", "--enable-backlog-metric", "--statsd-host", "localhost", APP])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap().lines().collect::<Vec<_>>(),
        [
            "error: `enable_backlog_metric` cannot be kept: the kernel tells how many connections wait for TCP sockets alone",
            "  = fix: bind to a port, or leave the setting out"
        ]
    );
    assert!(!output.status.success());
}
