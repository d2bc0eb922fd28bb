//! What the application is told of a request.

use std::os::unix::net::UnixStream;

use crate::support::server::wait_for;
use crate::wsgi::talk::{Talk, ask, body, get, post, request};
use crate::wsgi::trap;

/// The environment that the application saw, without what every request has.
fn seen(address: &str, request: &str) -> Vec<String> {
    let mut talk = Talk::to(address);
    talk.send(request);
    let answer = talk.answer();
    assert_eq!(answer.line, "HTTP/1.1 200 OK", "{}", answer.shown());
    let usual = ["RAW_URI=", "REMOTE_", "REQUEST_", "SERVER_", "SCRIPT_NAME=''"];
    let keep = |line: &&str| !usual.iter().any(|start| line.starts_with(start));
    answer.text().lines().filter(keep).map(str::to_string).collect()
}

#[test]
fn the_environ_is_a_plain_dict_of_plain_strings_with_nothing_missing_and_nothing_more() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    let headers = "Content-Type: text/plain\r\nContent-Length: 3\r\nX-Name: caf\u{e9}\r\n";
    let target = "/shown/caf%C3%A9%2Fx%2525?q=%20a&b=/";
    let sent = request("POST", target, headers, "abc");
    talk.send(sent.chars().map(|c| c as u8).collect::<Vec<_>>());
    let wanted = format!(
        r"CONTENT_LENGTH='3'
CONTENT_TYPE='text/plain'
HTTP_HOST='test'
HTTP_X_NAME='caf\xe9'
PATH_INFO='/shown/caf\xc3\xa9/x%25'
QUERY_STRING='q=%20a&b=/'
RAW_URI='{target}'
REMOTE_ADDR='127.0.0.1'
REMOTE_PORT='{}'
REQUEST_METHOD='POST'
REQUEST_URI='{target}'
SCRIPT_NAME=''
SERVER_NAME='127.0.0.1'
SERVER_PORT='{}'
SERVER_PROTOCOL='HTTP/1.1'
SERVER_SOFTWARE='appserver/{}'
dict []",
        talk.port(),
        server.port(),
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(talk.answer().text(), wanted);
}

#[test]
fn content_type_and_length_have_no_second_name_and_a_get_has_no_length() {
    let server = trap(&[]);
    let address = server.address();
    let headers = "Content-Type: a/b\r\nContent-Length: 0\r\n";
    assert_eq!(
        seen(&address, &request("POST", "/x", headers, "")),
        [
            "CONTENT_LENGTH='0'",
            "CONTENT_TYPE='a/b'",
            "HTTP_HOST='test'",
            "PATH_INFO='/x'",
            "QUERY_STRING=''",
            "dict []"
        ]
    );
    assert_eq!(
        seen(&address, &get("/x")),
        ["HTTP_HOST='test'", "PATH_INFO='/x'", "QUERY_STRING=''", "dict []"]
    );
}

#[test]
fn a_clients_proxy_header_never_reaches_the_application() {
    let server = trap(&[]);
    for name in ["Proxy", "PROXY", "proxy"] {
        let found =
            seen(&server.address(), &request("GET", "/x", &format!("{name}: http://evil:1/\r\n"), ""));
        assert_eq!(found, ["HTTP_HOST='test'", "PATH_INFO='/x'", "QUERY_STRING=''", "dict []"]);
    }
}

#[test]
fn repeated_headers_are_joined_with_a_comma_and_cookies_with_a_semicolon() {
    let server = trap(&[]);
    let headers =
        "X-A: 1\r\nCookie: a=1\r\nx-a: 2, 3\r\nCookie: b=2; c=3\r\nAccept: x/y\r\naccept: z/*;q=0.5\r\n";
    assert_eq!(
        seen(&server.address(), &request("GET", "/x", headers, "")),
        [
            "HTTP_ACCEPT='x/y,z/*;q=0.5'",
            "HTTP_COOKIE='a=1; b=2; c=3'",
            "HTTP_HOST='test'",
            "HTTP_X_A='1,2, 3'",
            "PATH_INFO='/x'",
            "QUERY_STRING=''",
            "dict []"
        ]
    );
}

#[test]
fn headers_that_may_stand_once_are_refused_when_they_stand_twice() {
    let server = trap(&[]);
    for twice in [
        "Host: other\r\n",
        "Host: test\r\n",
        "Content-Type: a/b\r\nContent-Type: a/b\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Content-Length: 0\r\nContent-Length: 1\r\n",
        "Content-Length: 0, 0\r\n",
    ] {
        let mut talk = Talk::to(&server.address());
        talk.send(request("POST", "/x", twice, ""));
        let answer = talk.answer();
        assert_eq!(answer.line, "HTTP/1.1 400 Bad Request", "{twice}");
        assert_eq!(answer.field("connection"), Some("close"), "{twice}");
        assert_eq!(talk.rest(), b"", "{twice}");
    }
}

#[test]
fn a_header_with_an_underscore_cannot_pose_as_another() {
    let server = trap(&[]);
    let found = seen(&server.address(), &request("GET", "/x", "X_Real_IP: evil\r\nX-Real_IP: evil\r\n", ""));
    assert_eq!(found, ["HTTP_HOST='test'", "PATH_INFO='/x'", "QUERY_STRING=''", "dict []"]);
    let found = seen(&server.address(), &request("GET", "/x", "X-User: me\r\nX_User: evil\r\n", ""));
    assert_eq!(
        found,
        ["HTTP_HOST='test'", "HTTP_X_USER='me'", "PATH_INFO='/x'", "QUERY_STRING=''", "dict []"]
    );
}

#[test]
fn a_chunked_body_has_a_length_once_it_is_whole_and_the_input_is_said_to_end() {
    let server = trap(&[]);
    let address = server.address();
    let chunks = "2;x=y\r\nab\r\n3\r\ncde\r\n0\r\nX-Trailer: 1\r\n\r\n";
    let chunked = |target: &str| request("POST", target, "Transfer-Encoding: chunked\r\n", chunks);
    assert_eq!(seen(&address, &chunked("/x"))[0], "CONTENT_LENGTH='5'");
    let wanted = "HTTP/1.1 200 OK\ncontent-length: 5\ncontent-type: text/plain\n\nabcde";
    assert_eq!(ask(&address, &chunked("/length")), wanted);
    assert_eq!(ask(&address, &post("/length", "abcde")), wanted);
}

#[test]
fn the_wsgi_keys_are_true_to_the_configuration() {
    let told = |threads, processes| {
        format!(
            "version=(1, 0)\nurl_scheme='http'\nmultithread={threads}\nmultiprocess={processes}\n\
             run_once=False\ninput_terminated=True"
        )
    };
    for (workers, threads, wanted) in [
        ("1", "1", told("False", "False")),
        ("2", "1", told("False", "True")),
        ("1", "2", told("True", "False")),
        ("2", "2", told("True", "True")),
    ] {
        let server = trap(&["--workers", workers, "--threads", threads]);
        assert_eq!(body(&server.address(), "/wsgi"), wanted, "{workers} workers, {threads} threads");
    }
}

#[test]
fn the_protocol_is_the_requests_and_a_name_without_a_host_is_the_sockets() {
    let server = trap(&[]);
    let mut talk = Talk::to(&server.address());
    talk.send("GET /shown HTTP/1.0\r\n\r\n");
    let answer = talk.answer();
    assert_eq!(answer.status, 200);
    let text = answer.text();
    for line in
        ["SERVER_PROTOCOL='HTTP/1.0'", "SERVER_NAME='127.0.0.1'", &format!("SERVER_PORT='{}'", server.port())]
    {
        assert!(text.lines().any(|l| l == line), "no {line} in:\n{text}");
    }
    assert!(!text.contains("HTTP_HOST"));
}

#[test]
fn on_a_unix_socket_the_host_header_names_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let bind = format!("unix:{}", path.display());
    let _server = trap(&["--bind", &bind]);
    let https = "\r\nX-Forwarded-Proto: https";
    for (host, name, port) in [
        ("shop.example", "shop.example", "80"),
        ("shop.example:8080", "shop.example", "8080"),
        ("shop.example:", "shop.example", "80"),
        ("[::1]", "[::1]", "80"),
        (&["shop.example", https].concat(), "shop.example", "443"),
        (&["shop.example:8443", https].concat(), "shop.example", "8443"),
    ] {
        let stream = wait_for("the socket", || UnixStream::connect(&path).ok());
        let mut talk = Talk::on(stream);
        talk.send(format!("GET /shown HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let text = talk.answer().text();
        let server: Vec<&str> =
            text.lines().filter(|l| l.starts_with("SERVER_NAME") || l.starts_with("SERVER_PORT")).collect();
        assert_eq!(server, [format!("SERVER_NAME='{name}'"), format!("SERVER_PORT='{port}'")]);
    }
}

#[test]
fn a_request_for_the_server_itself_has_an_asterisk_for_its_path() {
    let server = trap(&[]);
    assert_eq!(
        seen(&server.address(), &request("OPTIONS", "*", "", "")),
        ["HTTP_HOST='test'", "PATH_INFO='*'", "QUERY_STRING=''", "dict []"]
    );
}

#[test]
fn a_target_with_scheme_and_host_names_the_same_path() {
    let server = trap(&[]);
    assert_eq!(
        seen(&server.address(), &get("http://test/x?y")),
        ["HTTP_HOST='test'", "PATH_INFO='/x'", "QUERY_STRING='y'", "dict []"]
    );
}

#[test]
fn the_host_of_a_target_counts_and_not_the_header() {
    let server = trap(&[]);
    assert_eq!(
        seen(&server.address(), &get("http://shop.example:8080/x")),
        ["HTTP_HOST='shop.example:8080'", "PATH_INFO='/x'", "QUERY_STRING=''", "dict []"]
    );
}
