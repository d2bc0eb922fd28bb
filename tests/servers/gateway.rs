//! uwsgi and FastCGI, spoken by a real nginx and by hand.

use std::io::Write;
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::nginx::Nginx;
use crate::support::server::{APP, PAGE, Server, binary, wait_for};
use crate::support::wire::{connect, echo, python, rest, seen};

/// What Debian's files of parameters say, for either protocol.
const PARAMS: [&str; 14] = [
    "QUERY_STRING $query_string",
    "REQUEST_METHOD $request_method",
    "CONTENT_TYPE $content_type",
    "CONTENT_LENGTH $content_length",
    "REQUEST_URI $request_uri",
    "PATH_INFO $document_uri",
    "DOCUMENT_ROOT $document_root",
    "SERVER_PROTOCOL $server_protocol",
    "REQUEST_SCHEME $scheme",
    "REMOTE_ADDR 192.0.2.7",
    "REMOTE_PORT 5000",
    "SERVER_PORT $server_port",
    "SERVER_NAME web-01",
    "HTTP_HOST $host",
];

/// An nginx that speaks `protocol` to a server.
fn nginx(protocol: &str, server: &Server, more: &str) -> Nginx {
    let params: String = PARAMS.map(|param| format!("{protocol}_param {param};\n")).concat();
    let upstream = if more.contains("keep_conn") { "keepalive 4;" } else { "" };
    Nginx::before(server, upstream, &format!("location / {{ {protocol}_pass up;\n{params}{more} }}"))
}

fn get(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n")
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn echoed(answer: &str) -> Value {
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    serde_json::from_str(body(answer)).unwrap()
}

fn some(said: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| said.get(*name).cloned().unwrap_or_default()).collect()
}

const PROTOCOLS: [(&str, &str); 3] =
    [("uwsgi", ""), ("fastcgi", ""), ("fastcgi", "fastcgi_keep_conn on; fastcgi_socket_keepalive on;")];

#[test]
fn a_python_application_is_told_by_nginx_what_it_would_be_told_over_http() {
    for (protocol, more) in PROTOCOLS {
        let server = python(&["--protocol", protocol, "--request-id-header", "X-Request-ID"]);
        let nginx = nginx(protocol, &server, more);
        let fields = "X-Odd: \u{e9}\r\nCookie: a=b\r\nProxy: evil\r\nX-Request-ID: id-1\r\n";
        let said = echoed(&nginx.all(get("/a%2541/b%20c?x=%20y", fields)));
        let names = [
            "REQUEST_METHOD",
            "SCRIPT_NAME",
            "PATH_INFO",
            "QUERY_STRING",
            "REQUEST_URI",
            "SERVER_PROTOCOL",
            "SERVER_NAME",
            "REMOTE_ADDR",
            "REMOTE_PORT",
            "HTTP_HOST",
            "HTTP_X_ODD",
            "HTTP_COOKIE",
            "HTTP_PROXY",
            "HTTP_X_REQUEST_ID",
            "CONTENT_LENGTH",
            "CONTENT_TYPE",
            "wsgi.url_scheme",
        ];
        let wanted = json!([
            "GET",
            "",
            "/a%41/b c",
            "x=%20y",
            "/a%2541/b%20c?x=%20y",
            "HTTP/1.1",
            "web-01",
            "192.0.2.7",
            "5000",
            "a",
            "\u{c3}\u{a9}",
            "a=b",
            null,
            "id-1",
            null,
            null,
            "http"
        ]);
        assert_eq!(some(&said, &names), wanted, "{protocol} {more}");
    }
}

#[test]
fn bodies_streams_files_and_errors_pass_through_nginx() {
    for (protocol, more) in PROTOCOLS {
        let server = python(&["--protocol", protocol]);
        std::fs::write(server.path("large"), "z".repeat(300_000)).unwrap();
        let nginx = nginx(protocol, &server, more);
        for length in [0, 5, 70_000, 200_000] {
            let head = format!(
                "POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: a/b\r\nContent-Length: {length}\r\n\r\n"
            );
            let said = echoed(&nginx.all(format!("{head}{}", "x".repeat(length))));
            let names =
                ["size", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"];
            assert_eq!(some(&said, &names), json!([length, length.to_string(), "a/b", null, null]));
        }
        let parts = nginx.all(get("/parts", ""));
        assert!(["part 0\n", "part 1\n", "part 2\n"].iter().all(|part| parts.contains(part)), "{parts}");
        // A client of HTTP/1.0 gets no chunks of nginx.
        let plain = |path: &str| nginx.all(format!("GET {path} HTTP/1.0\r\nHost: a\r\n\r\n"));
        assert_eq!(body(&plain("/parts")), "part 0\npart 1\npart 2\n");
        assert_eq!(body(&plain("/file")).len(), 300_000);
        assert_eq!(body(&plain("/large")).len(), 30_000_000);
        let head = nginx.all("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body(&head).is_empty(), "{head}");
        let missing = nginx.all(get("/missing", ""));
        assert!(missing.starts_with("HTTP/1.1 404 Not Found\r\n") && missing.ends_with("no such page\n"));
        assert!(nginx.all(get("/switch", "")).starts_with("HTTP/1.1 500 "));
        assert_eq!(nginx.log().matches("[error]").count(), 0, "{}", nginx.log());
    }
}

#[test]
fn fastcgi_serves_many_requests_on_one_connection_and_over_a_reload() {
    let server = python(&["--protocol", "fastcgi", "--keep-alive", "75"]);
    let nginx = nginx("fastcgi", &server, PROTOCOLS[2].1);
    let asked = || {
        for _ in 0..20 {
            assert_eq!(echoed(&nginx.all(get("/", "")))["REMOTE_PORT"], "5000");
        }
        // Nginx keeps one connection for all of them.
        let text = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let suffix = format!(":{:04X}", server.port());
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<&str>>());
        let own = lines.filter(|words| words.len() > 3 && words[1].ends_with(&suffix) && words[3] == "01");
        own.map(|words| words[2].to_string()).collect::<Vec<_>>()
    };
    let before = asked();
    let old = server.workers_are(2);
    server.signal(Signal::HUP);
    server.replaced(&old, 2);
    assert_eq!((before.len(), asked()), (1, before));
}

#[test]
fn a_native_application_is_served_as_over_http() {
    for (protocol, more) in PROTOCOLS {
        let server = Server::spawn(|dir| {
            let mut command = Command::new(binary());
            command.args(["--bind", "127.0.0.1:0", "--protocol", protocol, "--error-logfile"]);
            command.arg(dir.join("log")).args(["--access-logfile"]).arg(dir.join("access")).arg(APP);
            command
        });
        server.logged("Listening at", 1);
        let nginx = nginx(protocol, &server, more);
        let page =
            wait_for("the page", || Some(nginx.all(get(PAGE, ""))).filter(|all| all.contains("200 OK")));
        assert!(page.ends_with("Hello HBNB!"), "{page}");
        assert!(nginx.all(get("/nope", "")).starts_with("HTTP/1.1 404 "));
        let upload =
            format!("POST {PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n");
        let refused = nginx.all(format!("{upload}{}", "x".repeat(200_000)));
        assert!(refused.starts_with("HTTP/1.1 405 "), "{refused}");
        let head = nginx.all(get(PAGE, "").replace("GET", "HEAD"));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body(&head).is_empty(), "{head}");
        wait_for("the access log", || {
            let text = std::fs::read_to_string(server.path("access")).unwrap_or_default();
            let line = format!("\"GET {PAGE} HTTP/1.1\" 200 11 ");
            text.lines().any(|said| said.starts_with("192.0.2.7 - ") && said.contains(&line)).then_some(())
        });
    }
}

#[test]
fn a_script_name_of_nginx_is_honoured_and_a_mount_divides_what_it_sends() {
    for protocol in ["uwsgi", "fastcgi"] {
        let names = ["SCRIPT_NAME", "PATH_INFO"];
        let server = python(&["--protocol", protocol]);
        let by_nginx = nginx(protocol, &server, &format!("{protocol}_param SCRIPT_NAME /shop;"));
        assert_eq!(some(&echoed(&by_nginx.all(get("/shop/a", ""))), &names), json!(["/shop", "/a"]));
        assert_eq!(some(&echoed(&by_nginx.all(get("/shop", ""))), &names), json!(["/shop", ""]));
        let server = python(&["--protocol", protocol, "--mount", "/shop"]);
        let by_us = nginx(protocol, &server, "");
        assert_eq!(some(&echoed(&by_us.all(get("/shop/a", ""))), &names), json!(["/shop", "/a"]));
        assert!(by_us.all(get("/shopping", "")).starts_with("HTTP/1.1 404 "));
    }
}

#[test]
fn limits_hold_for_gateways_and_are_told_in_their_protocol() {
    for (protocol, more) in PROTOCOLS {
        let server = python(&["--protocol", protocol, "--limit-request-body", "1000"]);
        let nginx = nginx(protocol, &server, more);
        let upload = |length: usize| {
            let head = format!(
                "POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
            );
            nginx.all(format!("{head}{}", "x".repeat(length)))
        };
        assert!(upload(1000).starts_with("HTTP/1.1 200 "));
        for _ in 0..5 {
            let answer = upload(1001);
            assert!(answer.starts_with("HTTP/1.1 413 "), "{protocol} {more}: {answer}\n{}", nginx.log());
        }
        assert_eq!(seen(&server), "POST /up\n");
    }
}

#[test]
fn who_may_not_speak_a_protocol_gets_403() {
    for (protocol, more) in PROTOCOLS {
        let options = ["--protocol", protocol, "--uwsgi-allow-from", "192.0.2.1"];
        let server = python(&options);
        let answer = nginx(protocol, &server, more).all(get("/", ""));
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{protocol}: {answer}");
        assert_eq!(seen(&server), "");
        // Who reaches a socket file was let in.
        let server = Server::spawn(|dir| {
            let mut command = echo(dir);
            command.args(["--bind", "unix:s"]).args(options);
            command
        });
        server.logged("Listening at", 1);
        let params: String = PARAMS.map(|param| format!("{protocol}_param {param};\n")).concat();
        let address = format!("unix:{}", server.path("s").display());
        let nginx = Nginx::start(&address, "", &format!("location / {{ {protocol}_pass up;\n{params} }}"));
        assert_eq!(echoed(&nginx.all(get("/", "")))["REMOTE_ADDR"], "192.0.2.7");
    }
}

/// What is answered to bytes after which their sender says nothing more.
fn answer(server: &Server, bytes: &[u8]) -> String {
    let mut stream = connect(&server.address());
    stream.write_all(bytes).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    rest(stream)
}

/// A packet of uwsgi.
fn packet(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut vars = Vec::new();
    for part in pairs.iter().flat_map(|(name, value)| [name, value]) {
        vars.extend_from_slice(&(part.len() as u16).to_le_bytes());
        vars.extend_from_slice(part.as_bytes());
    }
    [&[0], &(vars.len() as u16).to_le_bytes()[..], &[0], &vars].concat()
}

#[test]
fn what_is_no_packet_or_no_request_gets_400() {
    for protocol in ["uwsgi", "fastcgi"] {
        let server = python(&["--protocol", protocol]);
        let said = answer(&server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(said.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{said}");
    }
    let server = python(&["--protocol", "uwsgi"]);
    for pairs in [
        &[("REQUEST_METHOD", "get me")][..],
        &[("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/a b")],
        &[("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/a\r\nX: y")],
        &[("REQUEST_METHOD", "GET"), ("PATH_INFO", "/"), ("HTTP_X", "a\r\nHost: b")],
        &[("REQUEST_METHOD", "GET"), ("PATH_INFO", "/"), ("HTTP_X:Y", "a")],
        &[("REQUEST_METHOD", "POST"), ("PATH_INFO", "/"), ("CONTENT_LENGTH", "-1")],
        &[("REQUEST_METHOD", "POST"), ("PATH_INFO", "/"), ("CONTENT_LENGTH", "1"), ("CONTENT_LENGTH", "1")],
    ] {
        let said = answer(&server, &packet(pairs));
        assert!(said.starts_with("HTTP/1.1 400 "), "{pairs:?}: {said}");
    }
    let short = [("REQUEST_METHOD", "POST"), ("PATH_INFO", "/"), ("CONTENT_LENGTH", "9")];
    assert_eq!(answer(&server, &[&packet(&short)[..], b"abc"].concat()), "");
    assert_eq!(seen(&server), "");
    let said =
        answer(&server, &packet(&[("REQUEST_METHOD", "GET"), ("PATH_INFO", "/a b"), ("wsgi.input", "x")]));
    let said = echoed(&said);
    let names = ["PATH_INFO", "REQUEST_URI", "SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR"];
    assert_eq!(some(&said, &names), json!(["/a b", "/a%20b", "127.0.0.1", server.port().to_string(), ""]));
}
