//! What the server tells of itself in figures: statsd and Prometheus.

use std::collections::BTreeMap;
use std::fs;
use std::net::UdpSocket;
use std::process::Command;

use rustix::process::Signal;

use crate::support::server::{APP, Client, DEADLINE, PAGE, Server, binary, signal_to, wait_for};
use crate::support::site::SLOW;
use crate::support::wait;
use crate::support::wire::python;

/// A statsd, and what came so far.
struct Statsd {
    socket: UdpSocket,
    lines: Vec<String>,
}

impl Statsd {
    fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, lines: Vec::new() }
    }

    fn place(&self) -> String {
        self.socket.local_addr().unwrap().to_string()
    }

    /// Reads until a line came this many times.
    fn until(&mut self, times: usize, is_it: impl Fn(&str) -> bool) {
        let Self { socket, lines } = self;
        wait::until(
            DEADLINE,
            |lines| format!("{lines:#?}"),
            || {
                let mut datagram = [0; 4096];
                while let Ok(length) = socket.recv(&mut datagram) {
                    lines.extend(String::from_utf8_lossy(&datagram[..length]).lines().map(str::to_string));
                }
                let is_there = lines.iter().filter(|line| is_it(line)).count() >= times;
                if is_there { Ok(()) } else { Err(lines.clone()) }
            },
        );
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
    signal_to(server.workers()[0], Signal::KILL);
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

/// Where a server tells its figures now.
fn place(server: &Server) -> String {
    server.figures().pop().unwrap()
}

/// The figures as they are now, by name and labels.
fn figures(place: &str) -> BTreeMap<String, f64> {
    let page = Client::new(place).get("/metrics").unwrap().text();
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let figure = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_string(), value.parse().unwrap())
    };
    lines.map(figure).collect()
}

/// Waits until a figure has a value.
fn until(place: &str, name: &str, value: f64) -> BTreeMap<String, f64> {
    wait_for(&format!("{name} {value}"), || Some(figures(place)).filter(|all| all.get(name) == Some(&value)))
}

#[test]
fn figures_of_all_workers_are_added_up_while_they_serve_and_after_they_were_replaced() {
    let server = Server::start(&["--workers", "2", "--metrics-bind", "127.0.0.1:0", "--keep-alive", "75"]);
    let (address, place) = (server.address(), place(&server));
    let good = "appserver_requests_total{status=\"2xx\"}";
    // The first answer that showed that the server is ready is one of them.
    let before = until(&place, good, 1.0);
    assert_eq!(before["appserver_workers{state=\"serving\"}"], 2.0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = Client::new(&address);
                (0..50).for_each(|_| assert_eq!(client.get(PAGE).unwrap().status, 200));
                assert_eq!(client.get("/none").unwrap().status, 404);
            });
        }
        (0..20).for_each(|_| assert!(figures(&place)[good] <= 201.0));
    });
    let all = until(&place, good, 201.0);
    assert_eq!(all["appserver_requests_total{status=\"4xx\"}"], 4.0);
    assert_eq!(all["appserver_request_duration_seconds_count"], 205.0);
    assert_eq!(all["appserver_request_duration_seconds_bucket{le=\"+Inf\"}"], 205.0);
    assert_eq!((all["appserver_requests_in_flight"], all["appserver_listen_queue_length"]), (0.0, 0.0));
    assert!(all["appserver_resident_memory_bytes{role=\"worker\"}"] > 1e6);
    let workers = server.workers_are(2);
    signal_to(workers[0], Signal::KILL);
    let all = until(&place, "appserver_restarts_total{reason=\"died\"}", 1.0);
    assert_eq!(all[good], 201.0, "{all:#?}");
    server.signal(Signal::HUP);
    let all = until(&place, "appserver_generation", 2.0);
    assert_eq!(all[good], 201.0, "{all:#?}");
}

#[test]
fn requests_that_wait_for_a_python_worker_are_counted_and_timed() {
    let server = Server::python(SLOW, &["--metrics-bind", "127.0.0.1:0"]);
    let (address, place) = (server.address(), place(&server));
    let mut clients: Vec<Client> = (0..6).map(|_| Client::new(&address)).collect();
    for client in &mut clients {
        client.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    }
    let all = until(&place, "appserver_queue_length", 5.0);
    assert_eq!(all["appserver_requests_in_flight"], 6.0);
    fs::write(server.path("go"), "").unwrap();
    for client in &mut clients {
        assert_eq!(client.answer().unwrap().text(), "done");
    }
    let all = until(&place, "appserver_queue_length", 0.0);
    assert_eq!(all["appserver_queue_seconds_count"], 7.0);
    assert!(all["appserver_queue_seconds_sum"] > 0.0);
    assert_eq!(all["appserver_requests_total{status=\"2xx\"}"], 7.0);
}

#[test]
fn a_server_is_healthy_while_somebody_serves_and_says_so_when_it_leaves() {
    let mut server = Server::python(SLOW, &["--metrics-bind", "127.0.0.1:0"]);
    let (address, place) = (server.address(), place(&server));
    let health = || Client::new(&place).get("/health").map(|answer| (answer.status, answer.text()));
    wait_for("health", || health().ok().filter(|health| *health == (200, "serving\n".into())));
    let mut slow = Client::new(&address);
    slow.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    until(&place, "appserver_requests_in_flight", 1.0);
    server.signal(Signal::TERM);
    wait_for("the last words", || health().ok().filter(|health| *health == (503, "leaving\n".into())));
    fs::write(server.path("go"), "").unwrap();
    assert_eq!(slow.answer().unwrap().text(), "done");
    assert!(server.ended().success());
}

#[test]
fn a_server_that_moves_to_another_socket_stays_healthy_while_the_old_generation_finishes() {
    let server = Server::spawn(|dir| {
        fs::write(dir.join("site_app.py"), SLOW).unwrap();
        fs::write(dir.join("gunicorn.conf.py"), "bind = '127.0.0.1:0'\n").unwrap();
        let mut command = Command::new(binary());
        command.current_dir(dir).args([
            "--metrics-bind",
            "127.0.0.1:0",
            "--error-logfile",
            "log",
            "site_app",
        ]);
        command
    });
    let mut slow = Client::new(&server.address());
    wait_for("the first answer", || Client::new(&server.address()).get("/").ok());
    let place = place(&server);
    slow.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    until(&place, "appserver_requests_in_flight", 1.0);
    fs::write(server.path("gunicorn.conf.py"), "bind = 'unix:site.sock'\n").unwrap();
    server.signal(Signal::HUP);
    until(&place, "appserver_workers{state=\"leaving\"}", 1.0);
    for _ in 0..40 {
        let health = Client::new(&place).get("/health").unwrap();
        assert_eq!((health.status, health.text().as_str()), (200, "serving\n"));
    }
    assert_eq!(figures(&place)["appserver_requests_in_flight"], 1.0);
    fs::write(server.path("go"), "").unwrap();
    assert_eq!(slow.answer().unwrap().text(), "done");
}

#[test]
fn figures_are_told_elsewhere_after_a_reload_and_go_on_where_they_were() {
    let server = Server::spawn(|dir| {
        fs::write(dir.join("appserver.yml"), "metrics_bind: '127.0.0.1:0'\n").unwrap();
        let mut command = Command::new(binary());
        command.current_dir(dir).args(["--bind", "127.0.0.1:0", "--error-logfile", "log", APP]);
        command
    });
    server.workers_ready();
    let good = "appserver_requests_total{status=\"2xx\"}";
    let old = place(&server);
    until(&old, good, 1.0);
    fs::write(server.path("appserver.yml"), "metrics_bind: '[::1]:0'\n").unwrap();
    server.signal(Signal::HUP);
    server.logged("Figures at: ", 2);
    let new = &place(&server);
    wait_for("the end of the old place", || Client::new(&old).get("/metrics").is_err().then_some(()));
    assert_eq!(figures(new)[good], 1.0);
    fs::write(server.path("appserver.yml"), "metrics_bind: '203.0.113.1:9'\n").unwrap();
    server.signal(Signal::HUP);
    server.logged("keep serving: cannot listen on `203.0.113.1:9`: this host does not have that address", 1);
    assert_eq!(figures(new)[good], 1.0);
    fs::write(server.path("appserver.yml"), "").unwrap();
    server.signal(Signal::HUP);
    wait_for("the end of all figures", || Client::new(new).get("/metrics").is_err().then_some(()));
}

#[test]
fn figures_are_told_at_the_root_and_over_plain_http_whatever_the_application_is_behind() {
    let figures = ["--metrics-bind", "127.0.0.1:0"];
    let others: [&[&str]; 4] = [
        &["--mount", "/app"],
        &["--proxy-protocol", "v1"],
        &["--protocol", "uwsgi"],
        &["--env", "SCRIPT_NAME=/app"],
    ];
    for options in others {
        let server = python(&[&figures, options].concat());
        server.logged("Figures at: ", 1);
        let health =
            || Client::new(&place(&server)).get("/health").ok().filter(|answer| answer.status != 503);
        let answer = wait_for("a healthy server", health);
        assert_eq!((answer.status, answer.text().as_str()), (200, "serving\n"), "{options:?}");
        assert!(Client::new(&place(&server)).get("/metrics").unwrap().text().contains("appserver_workers"));
    }
}
