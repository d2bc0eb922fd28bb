//! Last words reach their client, whatever it is still sending.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::support::nginx::Nginx;
use crate::support::server::{Client, PAGE, wait_for};
use crate::support::wire::{both, connect, python, rest};

#[test]
fn a_large_upload_that_is_refused_gets_its_whole_answer_through_nginx_every_time() {
    for (options, status) in
        [(&[][..], "405 Method Not Allowed"), (&["--limit-request-body", "1000"], "413 ")]
    {
        let server = crate::support::server::Server::start(options);
        for buffering in ["on", "off"] {
            let locations = format!(
                "location / {{ proxy_pass http://up; proxy_request_buffering {buffering}; proxy_http_version 1.1; }}"
            );
            let nginx = Nginx::before(&server, "", &locations);
            let text = format!(
                "POST {PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n{}",
                "x".repeat(900_000)
            );
            for round in 0..20 {
                let answer = nginx.all(&text);
                assert!(
                    answer.starts_with(&format!("HTTP/1.1 {status}")),
                    "{round}: {answer}\n{}",
                    nginx.log()
                );
            }
        }
    }
}

#[test]
fn what_is_still_sent_after_a_refusal_does_not_cost_the_client_its_answer() {
    for server in both(&["--limit-request-body", "1000"]) {
        for _ in 0..20 {
            let head = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n";
            let answer =
                crate::support::wire::all(&server.address(), format!("{head}{}", "x".repeat(300_000)));
            assert!(
                answer.starts_with("HTTP/1.1 413 ") && answer.ends_with("413 Payload Too Large\n"),
                "{answer}"
            );
        }
    }
}

#[test]
fn a_client_that_is_slow_to_notice_a_refusal_may_finish_its_sentence() {
    let text = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
    for server in both(&["--limit-request-body", "1000"]) {
        let mut stream = connect(&server.address());
        stream.write_all(text.as_bytes()).unwrap();
        // The answer comes at once; the client goes on for longer than an idle connection would be waited for.
        let begun = Instant::now();
        wait_for("the end of what it sends", || {
            stream.write_all(&[b'x'; 1000]).unwrap();
            (begun.elapsed() > Duration::from_secs(3)).then_some(())
        });
        let answer = rest(stream);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
}

#[test]
fn a_large_answer_arrives_whole_on_a_connection_that_closes() {
    let server = python(&[]);
    let answer = crate::support::wire::all(
        &server.address(),
        "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(answer.split("\r\n\r\n").nth(1).map(str::len), Some(30_000_000));
}

#[test]
fn a_connection_goes_on_behind_a_file() {
    let server = python(&[]);
    std::fs::write(server.path("large"), "z".repeat(300_000)).unwrap();
    let mut client = Client::new(&server.address());
    for _ in 0..50 {
        assert_eq!(client.get("/file").unwrap().text().len(), 300_000);
    }
}
