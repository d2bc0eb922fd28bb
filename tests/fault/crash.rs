//! Workers that are killed.

use rustix::process::Signal;

use super::{
    end, held, loses_nothing, native, numbered, only, python, serving, status, stop_idle, under_load,
};
use crate::support::server::{Client, signal_to, wait_for};

/// How often.
const TIMES: usize = 10;

#[test]
fn a_worker_that_is_killed_while_idle_costs_nothing() {
    let server = python(3, &[]);
    loses_nothing(&server, &format!("Python, an idle worker killed {TIMES} times"), numbered, || {
        for _ in 0..TIMES {
            let pid = stop_idle(&server);
            signal_to(pid, Signal::KILL);
            server.logged(&format!("Worker (pid:{pid}) was killed by signal 9"), 1);
            serving(&server, 3);
        }
    });
    end(server, 3);
}

#[test]
fn a_worker_that_is_killed_in_a_request_costs_that_request() {
    let server = python(3, &[]);
    loses_nothing(
        &server,
        &format!("Python, beside {TIMES} workers killed in a request, which got 502"),
        numbered,
        || {
            for time in 0..TIMES {
                let (mut client, pid) = held(&server, &time.to_string());
                signal_to(pid, Signal::KILL);
                assert_eq!(client.answer().unwrap().status, 502);
                server.logged(&format!("A worker died while it answered GET /hold?{time} "), 1);
                serving(&server, 3);
            }
        },
    );
    end(server, 3);
}

#[test]
fn a_native_worker_that_is_killed_costs_its_connections() {
    let server = native(3, &[]);
    let fault = format!("native, a worker killed {TIMES} times");
    let (count, ()) = under_load(&server, &fault, only, || {
        for _ in 0..TIMES {
            let pid = serving(&server, 3)[0];
            signal_to(pid, Signal::KILL);
            server.logged(&format!("Worker (pid:{pid}) was killed by signal 9"), 1);
            serving(&server, 3);
        }
    });
    // A client sends again what got no answer on a connection that had been idle; what was the first on one, it cannot.
    assert!(count.failed.len() <= TIMES, "{:?}", count.failed);
    end(server, 3);
}

#[test]
fn requests_that_nobody_has_begun_outlive_all_workers() {
    let server = python(2, &[]);
    let address = server.address();
    let mut begun = vec![held(&server, "first"), held(&server, "second")];
    let mut waiting: Vec<Client> = (0..20).map(|_| Client::new(&address)).collect();
    for (number, client) in waiting.iter_mut().enumerate() {
        client.send(format!("GET /?{number} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).unwrap();
    }
    wait_for("all of them to wait", || {
        let status = status(&server)?;
        let mut queued = status.processes.iter().filter_map(|one| one.queued);
        (queued.next()? == waiting.len() as u64).then_some(())
    });
    for (_, pid) in &begun {
        signal_to(*pid, Signal::KILL);
    }
    for (client, _) in &mut begun {
        assert_eq!(client.answer().unwrap().status, 502);
    }
    for (number, client) in waiting.iter_mut().enumerate() {
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, answer.text()), (200, number.to_string()));
    }
    end(server, 2);
}

#[test]
fn a_worker_that_dies_as_it_takes_a_request_costs_that_request_and_no_time() {
    let server = python(1, &[]);
    let mut client = Client::new(&server.address());
    assert_eq!(client.get("/arm").unwrap().text(), "armed");
    assert_eq!(client.get("/").unwrap().status, 502);
    end(server, 1);
}
