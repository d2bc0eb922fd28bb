//! Many connections: how many there may be, what they cost, and no more descriptors.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

use crate::support::http;
use crate::support::server::{PAGE, Server};
use crate::support::wire::{both, connect, python};

/// A connection on which a request was answered and which was left open.
fn idle(address: &str) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(connect(address));
    write!(stream.get_mut(), "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(http::read(&mut stream, "GET").unwrap().status, 200);
    stream
}

#[test]
fn a_client_beyond_the_most_is_served_when_another_leaves() {
    for server in both(&["--worker-connections", "3", "--keep-alive", "75"]) {
        let address = server.address();
        // Those with which the server was tried may have to leave first.
        let mut open: Vec<_> = (0..3).map(|_| idle(&address)).collect();
        let mut late = connect(&address);
        write!(late, "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        late.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        assert!(late.read(&mut [0]).is_err(), "a fourth client was served");
        // The others still are.
        write!(open[0].get_mut(), "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert_eq!(http::read(&mut open[0], "GET").unwrap().status, 200);
        open.pop();
        late.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert_eq!(http::read(&mut BufReader::new(late), "GET").unwrap().status, 200);
    }
}

#[test]
fn a_worker_that_is_full_leaves_the_next_client_to_another() {
    let server = Server::start(&["--worker-connections", "2", "--workers", "2", "--keep-alive", "75"]);
    server.workers_are(2);
    let address = server.address();
    let open: Vec<_> = (0..4).map(|_| idle(&address)).collect();
    drop(open);
}

#[test]
fn a_client_that_no_descriptor_is_left_for_is_served_when_there_is_one() {
    let server = Server::start(&[]);
    let pid = Pid::from_raw(server.workers_are(1)[0]);
    let maximum = getrlimit(Resource::Nofile).maximum;
    let none_more = Rlimit { current: Some(3), maximum };
    let before = prlimit(pid, Resource::Nofile, none_more).unwrap();
    let address = server.address();
    let mut late = BufReader::new(connect(&address));
    write!(late.get_mut(), "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let told = "Cannot accept a connection: Too many open files";
    server.logged(told, 1);
    prlimit(pid, Resource::Nofile, before).unwrap();
    assert_eq!(http::read(&mut late, "GET").unwrap().status, 200);
    assert_eq!(server.log().matches(told).count(), 1, "{}", server.log());
}

/// Resident kilobytes of a process.
fn resident(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn two_thousand_idle_connections_cost_eight_kilobytes_each_at_most() {
    const COUNT: u64 = 2000;
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: hard, maximum: hard }).unwrap();
    let options = ["--worker-connections", "4000", "--keep-alive", "75", "--backlog", "2048"];
    for server in [Server::start(&options), python(&options)] {
        let address = server.address();
        let mut open = vec![idle(&address)];
        let pid = *server
            .workers()
            .iter()
            .find(|pid| {
                let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
                line.contains("--of")
            })
            .unwrap();
        let before = resident(pid);
        open.extend((1..COUNT).map(|_| idle(&address)));
        let each = (resident(pid).saturating_sub(before)) * 1024 / COUNT;
        assert!(each <= 8 * 1024, "{each} bytes a connection");
        // They are all still there.
        for stream in open.iter_mut().step_by(100) {
            write!(stream.get_mut(), "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            assert_eq!(http::read(stream, "GET").unwrap().status, 200);
        }
    }
}
