//! Paths of which one form, with or without the final slash, is the application's.

use std::io::BufReader;

use crate::support::http;
use crate::support::server::{Client, Server, wait_for};
use crate::support::wire::{both, connect, python, seen, statuses};

fn ask(method: &str, target: &str) -> String {
    let body = if method == "POST" { "Content-Length: 3\r\n\r\na=b" } else { "\r\n" };
    format!("{method} {target} HTTP/1.1\r\nHost: shop.example:8080\r\nConnection: close\r\n{body}")
}

/// Status and `Location` of an answer.
fn led(address: &str, method: &str, target: &str) -> (u16, Option<String>) {
    let answer = http::ask(&mut BufReader::new(connect(address)), ask(method, target)).unwrap();
    (answer.status, answer.field("location").map(str::to_string))
}

#[test]
fn the_other_form_is_led_to_the_one_that_counts_with_its_query_and_whatever_the_method() {
    for server in both(&["--slashes", "redirect:/shop/", "--slashes=redirect:/shop/d'été"]) {
        let address = server.address();
        for (target, location) in [
            ("/shop", "/shop/"),
            ("/shop?", "/shop/"),
            ("/shop?q=%20x&r=+?é", "/shop/?q=%20x&r=+?é"),
            ("/%73hop?a", "/shop/?a"),
            ("http://shop.example:8080/shop?a", "/shop/?a"),
            ("/shop/d'%C3%A9t%c3%a9/", "/shop/d%27%C3%A9t%C3%A9"),
            ("/shop/d'%C3%A9t%c3%a9%2f?x", "/shop/d%27%C3%A9t%C3%A9?x"),
        ] {
            for method in ["GET", "HEAD", "POST", "DELETE"] {
                let wanted = (308, Some(location.to_string()));
                assert_eq!(led(&address, method, target), wanted, "{method} {target}");
            }
        }
        assert!(!seen(&server).contains("shop"));
    }
}

#[test]
fn an_exact_path_has_no_other_form() {
    for server in both(&["--slashes", "exact:/shop/", "--slashes", "exact:/status"]) {
        for (method, target) in
            [("GET", "/shop"), ("POST", "/shop?a"), ("GET", "/status/"), ("GET", "/status%2f")]
        {
            assert_eq!(led(&server.address(), method, target), (404, None), "{method} {target}");
        }
        assert_eq!(seen(&server), "");
    }
}

#[test]
fn every_other_path_is_the_applications_to_answer() {
    let server = python(&["--slashes", "exact:/shop/", "--slashes", "redirect:/status"]);
    for target in
        ["/shop/", "/shop/a", "/shops", "//shop", "/shop//", "/status", "/status/a", "/status//", "/"]
    {
        assert_eq!(statuses(&server.address(), ask("GET", target)), [200], "{target}");
    }
}

#[test]
fn a_mount_has_one_form_too_and_what_leads_out_of_it_is_not_below_it() {
    let server = python(&["--mount", "/shop", "--slashes", "redirect:/shop/"]);
    let address = server.address();
    assert_eq!(led(&address, "GET", "/shop?a"), (308, Some("/shop/?a".into())));
    for (target, status) in
        [("/shop/", 200), ("/shop/a/../b", 200), ("/shop/..", 404), ("/shop/a/../../b", 404)]
    {
        assert_eq!(statuses(&address, ask("GET", target)), [status], "{target}");
    }
}

#[test]
fn a_native_application_reads_an_encoded_slash_behind_its_mount_as_a_slash() {
    let server = Server::spawn(|dir| {
        let mut command = std::process::Command::new(crate::support::server::binary());
        command.args(["--bind", "127.0.0.1:0", "--mount", "/shop", "--error-logfile"]);
        command.arg(dir.join("log")).arg(crate::support::server::APP);
        command
    });
    let address = server.address();
    wait_for("the first answer", || Client::new(&address).get("/shop/").ok());
    assert_eq!(statuses(&address, ask("GET", "/shop%2F?a")), statuses(&address, ask("GET", "/shop/?a")));
}
