//! An application below a path of its own.

use crate::wsgi::talk::{Talk, get, request};
use crate::wsgi::trap;

/// The status, `SCRIPT_NAME` and `PATH_INFO` that a request leads to.
fn told(address: &str, request: &str) -> (u16, Vec<String>) {
    let mut talk = Talk::to(address);
    talk.send(request);
    let answer = talk.answer();
    let text = answer.text();
    let lines = text.lines().filter(|line| line.starts_with("SCRIPT_NAME") || line.starts_with("PATH_INFO"));
    (answer.status, lines.map(str::to_string).collect())
}

fn both(script: &str, path: &str) -> (u16, Vec<String>) {
    (200, vec![format!("PATH_INFO='{path}'"), format!("SCRIPT_NAME='{script}'")])
}

#[test]
fn the_prefix_is_taken_off_by_whole_segments_and_may_leave_nothing() {
    let server = trap(&["-e", "SCRIPT_NAME=/shop"]);
    let address = server.address();
    assert_eq!(told(&address, &get("/shop")), both("/shop", ""));
    assert_eq!(told(&address, &get("/shop/")), both("/shop", "/"));
    assert_eq!(told(&address, &get("/shop/x%20y")), both("/shop", "/x y"));
    assert_eq!(told(&address, &get("/sho%70/x")), both("/shop", "/x"));
}

#[test]
fn a_path_outside_the_prefix_is_not_found() {
    let server = trap(&["-e", "SCRIPT_NAME=/shop"]);
    let address = server.address();
    for target in ["/", "/shopping", "/other/shop", "/Shop"] {
        assert_eq!(told(&address, &get(target)), (404, vec![]), "{target}");
    }
}

#[test]
fn a_prefix_of_one_slash_is_no_prefix() {
    let server = trap(&["-e", "SCRIPT_NAME=/"]);
    assert_eq!(told(&server.address(), &get("/x")), both("", "/x"));
}

#[test]
fn a_proxy_that_is_trusted_may_name_the_prefix_and_no_one_else() {
    let asked = request("GET", "/shop/x", "SCRIPT_NAME: /shop\r\n", "");
    let server = trap(&[]);
    assert_eq!(told(&server.address(), &asked), both("/shop", "/x"));
    let server = trap(&["--forwarded-allow-ips", "192.0.2.1"]);
    assert_eq!(told(&server.address(), &asked), both("", "/shop/x"));
}

#[test]
fn a_proxy_that_is_trusted_may_say_https_and_no_one_else() {
    let scheme = |address: &str| {
        let mut talk = Talk::to(address);
        talk.send(request("GET", "/wsgi", "X-Forwarded-Proto: https\r\n", ""));
        talk.answer().text().lines().nth(1).unwrap().to_string()
    };
    let server = trap(&[]);
    assert_eq!(scheme(&server.address()), "url_scheme='https'");
    let server = trap(&["--forwarded-allow-ips", "192.0.2.1"]);
    assert_eq!(scheme(&server.address()), "url_scheme='http'");
}
