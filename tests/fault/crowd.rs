//! More connections than descriptors.

use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use rustix::process::Signal;

use super::{CONNECTIONS, LEAST, end, loses_nothing, numbered, only, serving, start, status, stop_idle};
use crate::support::load::Page;
use crate::support::server::{APP, DEADLINE, PAGE, Server, signal_to, wait_for};
use crate::support::wait;
use crate::support::wire::connect;

/// What a process may have open is less than the crowd, whoever of two lets it in.
const FEW: &str = "ulimit -n 64; exec \"$@\"";
/// Those who come.
const CROWD: usize = 150;

/// Seconds of processor time until now.
fn used(server: &Server) -> f64 {
    status(server).unwrap().processes.iter().map(|one| one.cpu).sum()
}

fn connections(server: &Server) -> u64 {
    status(server).unwrap().processes.iter().filter_map(|one| one.connections).sum()
}

/// Sends a request and does not wait for the answer.
fn ask(address: &str) -> TcpStream {
    let mut stream = connect(address);
    write!(stream, "GET {PAGE} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Whether a good answer is there.
fn is_answered(stream: &TcpStream) -> bool {
    let mut line = [0; 12];
    stream.peek(&mut line).is_ok_and(|length| length > 0) && line == *b"HTTP/1.1 200"
}

fn crowded(server: &Server, what: &str, page: fn(usize) -> Page, meanwhile: impl Fn()) {
    let address = server.address();
    loses_nothing(
        server,
        &format!("{what}, beside {CROWD} clients for 64 descriptors, who all are served"),
        page,
        || {
            wait_for("the load", || (connections(server) >= CONNECTIONS as u64).then_some(()));
            let mut crowd: Vec<TcpStream> = (0..CROWD).map(|_| ask(&address)).collect();
            wait_for("some to be let in", || {
                (crowd.iter().filter(|one| is_answered(one)).count() > 8).then_some(())
            });
            let (before, began) = (used(server), Instant::now());
            wait_for("a while", || (began.elapsed() > LEAST).then_some(()));
            let share = (used(server) - before) / began.elapsed().as_secs_f64();
            assert!(share < 0.7, "{share:.2} of a processor while nobody can be let in");
            assert!(!crowd.iter().all(is_answered), "all were let in");
            meanwhile();
            wait::until(
                DEADLINE,
                |left| format!("{left} of them were not served"),
                || {
                    crowd.retain(|one| !is_answered(one));
                    if crowd.is_empty() { Ok(()) } else { Err(crowd.len()) }
                },
            );
        },
    );
}

#[test]
fn clients_for_whom_there_is_no_descriptor_wait_until_others_leave() {
    let server = start(FEW, APP, 2, &[]);
    server.logged("[WARNING] worker_connections is cut to 32: ", 1);
    crowded(&server, "native", only, || {});
    end(server, 2);
}

#[test]
fn a_worker_is_replaced_while_there_is_no_descriptor_for_another_client() {
    let server = start(FEW, "fragile", 2, &[]);
    crowded(&server, "Python", numbered, || {
        let pid = stop_idle(&server);
        signal_to(pid, Signal::KILL);
        server.logged(&format!("Worker (pid:{pid}) was killed by signal 9"), 1);
        serving(&server, 2);
    });
    assert_eq!(server.log().matches("Booting front").count(), 1, "{}", server.log());
    end(server, 2);
}
