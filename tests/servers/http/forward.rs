//! What a proxy says by headers, and who is believed.

use serde_json::{Value, json};

use crate::support::server::{PAGE, Server};
use crate::support::wire::{both, python, statuses, told};

fn get(fields: &str) -> String {
    format!("GET {PAGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n")
}

/// Some of what an application was told.
fn some(said: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| said.get(*name).cloned().unwrap_or_default()).collect()
}

const STRANGER: [&str; 2] = ["--forwarded-allow-ips", "192.0.2.1"];

#[test]
fn a_header_with_an_underscore_is_dropped_refused_or_passed_on_as_told() {
    let header = get("X_Id: 1\r\nX-Ok: 2\r\n");
    let names = ["HTTP_X_ID", "HTTP_X_OK"];
    let server = python(&[]);
    assert_eq!(some(&told(&server.address(), &header), &names), json!([null, "2"]));
    let server = python(&["--header-map", "dangerous"]);
    assert_eq!(some(&told(&server.address(), &header), &names), json!(["1", "2"]));
    for server in both(&["--header-map", "refuse"]) {
        assert_eq!(statuses(&server.address(), &header), [400]);
        assert_eq!(statuses(&server.address(), get("X-Ok: 2\r\n")), [200]);
    }
}

#[test]
fn headers_that_no_client_may_send_do_not_get_through_in_another_spelling() {
    let server = python(&["--header-map", "dangerous"]);
    let said = told(&server.address(), get("Proxy: evil\r\nContent_Length: 9\r\nContent_Type: a/b\r\n"));
    let names = ["HTTP_PROXY", "HTTP_CONTENT_LENGTH", "CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "CONTENT_TYPE"];
    assert_eq!(some(&said, &names), json!([null, null, null, null, null]));
}

#[test]
fn only_a_trusted_proxy_says_where_the_application_is_and_who_the_user_is() {
    let header = get(&format!("SCRIPT_NAME: {}\r\nREMOTE_USER: ann\r\n", PAGE.trim_end_matches('/')));
    let names = ["SCRIPT_NAME", "PATH_INFO", "HTTP_REMOTE_USER"];
    let known = ["--forwarder-headers", "SCRIPT_NAME,PATH_INFO,REMOTE_USER"];
    let server = python(&known);
    assert_eq!(some(&told(&server.address(), &header), &names), json!(["/airbnb-onepage", "/", "ann"]));
    // A path that does not begin so is left as it is.
    let other = get("SCRIPT_NAME: /else\r\n");
    assert_eq!(some(&told(&server.address(), other), &names), json!(["/else", PAGE, null]));
    let other = get("SCRIPT_NAME: /else\r\nPATH_INFO: /here\r\n");
    assert_eq!(some(&told(&server.address(), other), &names), json!(["/else", "/here", null]));
    let server = python(&[&known[..], &STRANGER].concat());
    assert_eq!(some(&told(&server.address(), &header), &names), json!(["", PAGE, null]));
    let refusing = [&known[..], &STRANGER, &["--header-map", "refuse"]].concat();
    assert_eq!(statuses(&python(&refusing).address(), &header), [400]);
}

#[test]
fn a_trusted_proxy_says_that_the_client_came_by_https_and_must_not_contradict_itself() {
    let scheme =
        |server: &Server, fields: &str| told(&server.address(), get(fields))["wsgi.url_scheme"].clone();
    let server = python(&[]);
    assert_eq!(scheme(&server, ""), "http");
    assert_eq!(scheme(&server, "X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: on\r\n"), "https");
    assert_eq!(scheme(&server, "X-Forwarded-Proto: http\r\n"), "http");
    assert_eq!(scheme(&python(&STRANGER), "X-Forwarded-Proto: https\r\n"), "http");
    for server in both(&[]) {
        for second in ["X-Forwarded-Ssl: off", "X-Forwarded-Proto: http"] {
            let contradicting = get(&format!("X-Forwarded-Proto: https\r\n{second}\r\n"));
            assert_eq!(statuses(&server.address(), contradicting), [400]);
        }
    }
}

/// A cookie of the clone's pages is `Secure` where its visitor came by https.
#[test]
fn a_native_application_is_told_of_https_by_the_server_alone_not_by_a_header() {
    let is_secure = |options: &[&str]| {
        let server = Server::seeded("@hbnb/web", options);
        let page = get("X-Forwarded-Proto: https\r\n").replace(PAGE, "/log-in");
        let answer = crate::support::wire::all(&server.address(), page);
        let cookie = answer.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
        cookie.contains("; Secure")
    };
    assert_eq!((is_secure(&[]), is_secure(&STRANGER)), (true, false));
}

#[test]
fn the_address_of_a_client_is_never_taken_from_a_header_where_there_is_a_connection() {
    let said = told(&python(&[]).address(), get("X-Forwarded-For: 10.0.0.9\r\nX-Real-IP: 10.0.0.8\r\n"));
    assert_eq!(some(&said, &["REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"]), json!(["127.0.0.1", "10.0.0.9"]));
}

/// The ids in the answers to a request.
fn ids(server: &Server, fields: &str) -> Vec<String> {
    let answer = crate::support::wire::all(&server.address(), get(fields));
    let lines = answer.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(name, _)| name.eq_ignore_ascii_case("x-request-id")).map(|(_, id)| id.into()).collect()
}

#[test]
fn a_request_has_the_id_of_a_trusted_proxy_or_one_of_its_own() {
    const NAMED: [&str; 2] = ["--request-id-header", "X-Request-ID"];
    let of_a_stranger = [NAMED, STRANGER].concat();
    for server in both(&NAMED) {
        assert_eq!(ids(&server, "X-Request-ID: from-the-proxy\r\n"), ["from-the-proxy"]);
        let made = ids(&server, "");
        assert!(made.len() == 1 && made[0].len() == 32 && made != ids(&server, ""), "{made:?}");
        assert_eq!(ids(&server, "X-Request-ID: two words\r\n")[0].len(), 32);
    }
    for server in both(&of_a_stranger) {
        assert_eq!(ids(&server, "X-Request-ID: mine\r\n")[0].len(), 32);
    }
    let said = told(&python(&of_a_stranger).address(), get("X-Request-ID: mine\r\n"));
    assert_eq!(said["HTTP_X_REQUEST_ID"].as_str().unwrap().len(), 32);
    let server = python(&["--request-id-header", "X-Correlation-ID"]);
    let said = told(&server.address(), get("X-Correlation-ID: c1\r\n"));
    assert_eq!(some(&said, &["HTTP_X_CORRELATION_ID", "HTTP_X_REQUEST_ID"]), json!(["c1", null]));
    for server in both(&[]) {
        assert_eq!(ids(&server, "X-Request-ID: kept\r\n"), Vec::<String>::new());
    }
}
