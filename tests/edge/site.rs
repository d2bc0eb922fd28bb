//! What a site is told, proven by requests to a real Nginx with the rendered file.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::network::alone;
use super::render::render;
use super::upstream::{LONG, Upstream};
use crate::support::http::{self, Answer};
use crate::support::nginx::Nginx;
use crate::support::server::{DEADLINE, wait_for};

/// An address of the test's network that is not the host's own to Nginx.
const FOREIGN: &str = "10.9.9.9";

/// An nginx with the sites of an inventory.
struct Front {
    dir: TempDir,
    _nginx: Nginx,
}

impl Front {
    /// Renders a host with these variables, where `UP` is an app's bind and `DIR` a directory, and starts what was rendered.
    fn start(up: &Upstream, vars: &str, prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let text = rendered(dir.path(), &vars.replace("UP", &format!("127.0.0.1:{}", up.port)));
        Self { _nginx: Nginx::serving(&format!("include /etc/nginx/mime.types;\n{text}"), 80), dir }
    }
}

/// The sites of a host with these variables; logs are kept in `dir`.
fn rendered(dir: &Path, vars: &str) -> String {
    let at = dir.display().to_string();
    let vars = vars.replace("DIR", &at).replace('\n', "\n    ");
    render(dir, &format!("all:\n  hosts: {{ web-01: }}\n  vars:\n    {vars}\n"));
    let mut sites: Vec<_> =
        fs::read_dir(dir.join("hosts/web-01/etc/nginx/sites-available")).unwrap().collect();
    sites.sort_by_key(|site| site.as_ref().unwrap().path());
    let texts = sites.into_iter().map(|site| fs::read_to_string(site.unwrap().path()).unwrap());
    texts.collect::<String>().replace("/var/log/nginx", &at)
}

/// What is answered to a request with these header lines; none if the connection ends without one.
fn ask_at(address: &str, line: &str, fields: &str, body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect((address, 80)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let request = format!("{line} HTTP/1.1\r\n{fields}{length}Connection: close\r\n\r\n{body}");
    // A body that is refused may end the connection before all of it is written.
    let _ = stream.write_all(request.as_bytes());
    http::read(&mut BufReader::new(stream), line.split(' ').next().unwrap()).ok()
}

fn get(path: &str) -> Answer {
    ask_at("127.0.0.1", &format!("GET {path}"), "Host: a\r\n", "").unwrap()
}

const APP: &str = "apps: { app: { run: '@hbnb/onepage', bind: UP, routes: [{ path: / }] } }\n";

fn nothing(_: &Path) {}

#[test]
fn who_asks_more_often_than_the_rate_allows_is_told_429_and_the_host_itself_never() {
    alone(
        "edge::site::who_asks_more_often_than_the_rate_allows_is_told_429_and_the_host_itself_never",
        || {
            let ip =
                Command::new("ip").args(["address", "add", &format!("{FOREIGN}/32"), "dev", "lo"]).status();
            assert!(ip.unwrap().success());
            let up = Upstream::start();
            let _front = Front::start(
                &up,
                &format!("{APP}site: {{ rate_limit: {{ rate: 1/m, burst: 3 }} }}"),
                nothing,
            );
            let from = |address: &str| -> Vec<u16> {
                (0..6).map(|_| ask_at(address, "GET /", "Host: a\r\n", "").unwrap().status).collect()
            };
            assert_eq!(from(FOREIGN), [200, 200, 200, 200, 429, 429]);
            assert_eq!(from("127.0.0.1"), [200; 6]);
        },
    );
}

#[test]
fn a_body_above_the_limit_is_refused_with_413_and_one_below_it_passes() {
    alone("edge::site::a_body_above_the_limit_is_refused_with_413_and_one_below_it_passes", || {
        let up = Upstream::start();
        let _front = Front::start(&up, &format!("{APP}site: {{ body_size: 100k }}"), nothing);
        let post =
            |size: usize| ask_at("127.0.0.1", "POST /", "Host: a\r\n", &"x".repeat(size)).unwrap().status;
        assert_eq!((post(100 * 1024), post(100 * 1024 + 1)), (200, 413));
    });
}

#[test]
fn maintenance_answers_503_to_everything_and_says_when_to_come_back() {
    alone("edge::site::maintenance_answers_503_to_everything_and_says_when_to_come_back", || {
        let up = Upstream::start();
        let site = "site:\n  redirects: { /old: /new }\n  static: { /static/: DIR }\n  maintenance: { text: '<h1>Soon</h1>', retry_after: 60 }";
        let app = APP.replace("path: /", "path: /, websocket: true");
        assert_ne!(app, APP);
        let _front = Front::start(&up, &format!("{app}{site}"), nothing);
        for path in ["/", "/old", "/static/inventory.yml", "/.error/503", "/a//b?c"] {
            let answer = get(path);
            let seen = (answer.status, answer.all("retry-after"), answer.all("content-type"), answer.text());
            assert_eq!(seen, (503, vec!["60"], vec!["text/html"], "<h1>Soon</h1>".to_string()), "{path}");
        }
    });
}

#[test]
fn an_app_that_is_down_is_answered_for_and_what_an_app_says_itself_stays() {
    alone("edge::site::an_app_that_is_down_is_answered_for_and_what_an_app_says_itself_stays", || {
        let up = Upstream::start();
        let down = "apps:\n  app: { run: '@hbnb/onepage', bind: UP, routes: [{ path: / }] }\n  \
                    gone: { run: '@hbnb/onepage', bind: 127.0.0.1:1, routes: [{ path: /gone/ }] }\n";
        let site = "site:\n  error_pages: { 50x: Back in a minute, 404: '<p>Lost</p>' }\n  static: { /static/: DIR }\n  \
                    redirects: { /a: /b, /c: { to: 'http://b.example/', status: 307 } }";
        let _front = Front::start(&up, &format!("{down}{site}"), nothing);
        let seen = |path: &str| {
            let answer = get(path);
            (answer.status, answer.all("content-type").join(","), answer.text())
        };
        assert_eq!(seen("/gone/x"), (502, "text/plain".into(), "Back in a minute".into()));
        assert_eq!(seen("/static/none"), (404, "text/html".into(), "<p>Lost</p>".into()));
        assert_eq!(seen("/wrong"), (500, String::new(), "wrong".into()));
        let moved = ["/a", "/c"].map(get);
        assert_eq!(moved.each_ref().map(|answer| answer.status), [301, 307]);
        assert_eq!(moved[1].all("location"), ["http://b.example/"]);
    });
}

#[test]
fn every_header_is_there_once_whoever_sets_it_and_on_errors_too() {
    alone("edge::site::every_header_is_there_once_whoever_sets_it_and_on_errors_too", || {
        let up = Upstream::start();
        let site = "site: { headers: { X-Course: DevOps }, static: { /static/: DIR } }";
        let _front = Front::start(&up, &format!("{APP}{site}"), nothing);
        for (path, status, frames, cache) in [
            ("/own", 200, "DENY", &["no-store"][..]),
            ("/wrong", 500, "SAMEORIGIN", &[]),
            ("/static/none", 404, "SAMEORIGIN", &[]),
            ("/static/facts.yml", 200, "SAMEORIGIN", &["public, max-age=3600"]),
        ] {
            let answer = get(path);
            assert_eq!(answer.status, status, "{path}");
            for (name, value) in [
                ("x-served-by", "web-01"),
                ("x-course", "DevOps"),
                ("x-frame-options", frames),
                ("x-content-type-options", "nosniff"),
            ] {
                assert_eq!(answer.all(name), [value], "{path}: {}", answer.shown());
            }
            assert_eq!(answer.all("cache-control"), cache, "{path}");
        }
    });
}

#[test]
fn a_line_of_the_log_is_an_object_with_the_number_that_the_app_was_told() {
    alone("edge::site::a_line_of_the_log_is_an_object_with_the_number_that_the_app_was_told", || {
        let up = Upstream::start();
        let front = Front::start(&up, &format!("{APP}site: {{ access_log: json }}"), nothing);
        let fields = "Host: a\r\nUser-Agent: a \"quoted\" \\ one\r\n";
        let shown = ask_at("127.0.0.1", "GET /x?y=%22", fields, "").unwrap().text();
        let told = shown.lines().find_map(|line| line.strip_prefix("X-Request-ID: ")).unwrap().to_string();
        let log = front.dir.path().join("deployer.log");
        let line = wait_for("a line of the log", || {
            fs::read_to_string(&log).ok().filter(|text| text.ends_with('\n'))
        });
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["request_id"], told.as_str());
        assert_eq!((&line["status"], &line["path"]), (&200.into(), &"/x?y=%22".into()));
        assert_eq!(line["agent"], "a \"quoted\" \\ one");
        assert!(line["seconds"].is_f64() && line["bytes"].is_u64(), "{line}");
    });
}

#[test]
fn an_id_that_a_stranger_gives_his_request_reaches_no_app() {
    alone("edge::site::an_id_that_a_stranger_gives_his_request_reaches_no_app", || {
        let up = Upstream::start();
        let _front = Front::start(&up, APP, nothing);
        let fields = "Host: a\r\nX-Request-ID: mine\r\nX-Other: there\r\n";
        let shown = ask_at("127.0.0.1", "GET /x", fields, "").unwrap().text();
        assert!(shown.contains("X-Other: there") && !shown.contains("X-Request-ID"), "{shown}");
    });
}

#[test]
fn files_are_kept_by_their_names_and_sent_packed_to_who_can_unpack_them() {
    alone("edge::site::files_are_kept_by_their_names_and_sent_packed_to_who_can_unpack_them", || {
        let up = Upstream::start();
        let _front =
            Front::start(&up, &format!("{APP}site: {{ static: {{ /static/: DIR/files }} }}"), |dir| {
                fs::create_dir(dir.join("files")).unwrap();
                for name in ["app.css", "app.3f2a9c1b.css", "report-20240101.css", "facade-effaced.css"] {
                    fs::write(dir.join("files").join(name), "plain").unwrap();
                }
                fs::write(dir.join("files/app.css.gz"), "packed").unwrap();
            });
        let cache = |name: &str| get(&format!("/static/{name}")).all("cache-control").join(",");
        assert_eq!(cache("app.3f2a9c1b.css"), "public, max-age=31536000, immutable");
        for name in ["app.css", "report-20240101.css", "facade-effaced.css"] {
            assert_eq!(cache(name), "public, max-age=3600", "{name}");
        }
        let asked = |fields: &str| {
            let answer = ask_at("127.0.0.1", "GET /static/app.css", fields, "").unwrap();
            let field = |name: &str| answer.all(name).join(",");
            (field("content-encoding"), field("content-type"), field("vary"), answer.text())
        };
        let words = |encoding: &str, text: &str| {
            (encoding.to_string(), "text/css".to_string(), "Accept-Encoding".to_string(), text.to_string())
        };
        assert_eq!(asked("Host: a\r\nAccept-Encoding: gzip\r\n"), words("gzip", "packed"));
        assert_eq!(asked("Host: a\r\n"), words("", "plain"));
        // What an app makes is packed on its way.
        let fields = format!("Host: a\r\nAccept-Encoding: gzip\r\nX-Long: {}\r\n", "x".repeat(2000));
        assert_eq!(ask_at("127.0.0.1", "GET /", &fields, "").unwrap().all("content-encoding"), ["gzip"]);
    });
}

#[test]
fn a_websocket_passes_where_it_was_asked_for_and_nowhere_else() {
    alone("edge::site::a_websocket_passes_where_it_was_asked_for_and_nowhere_else", || {
        let up = Upstream::start();
        let app = "apps: { app: { run: '@hbnb/onepage', bind: UP, routes: [{ path: / }, { path: /socket, websocket: true }] } }";
        let _front = Front::start(&up, app, nothing);
        let mut stream = TcpStream::connect("127.0.0.1:80").unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let upgrade = |to: &str| format!("Host: a\r\nUpgrade: {to}\r\nConnection: Upgrade\r\n");
        stream.write_all(format!("GET /socket HTTP/1.1\r\n{}\r\n", upgrade("websocket")).as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        let mut echo = [0; 5];
        stream.write_all(b"hello").unwrap();
        stream.read_exact(&mut echo).unwrap();
        assert_eq!(&echo, b"hello");
        // Another protocol, or another route: the app is not even told.
        for (path, protocol) in [("/socket", "h2c"), ("/elsewhere", "websocket")] {
            let answer = ask_at("127.0.0.1", &format!("GET {path}"), &upgrade(protocol), "").unwrap();
            assert_eq!(answer.status, 200, "{path}");
            assert!(!answer.text().to_lowercase().contains("upgrade"), "{}", answer.text());
        }
    });
}

#[test]
fn each_name_has_its_own_site_and_strangers_get_no_answer() {
    alone("edge::site::each_name_has_its_own_site_and_strangers_get_no_answer", || {
        let up = Upstream::start();
        let vars = "apps:\n  shop: { run: '@hbnb/onepage', bind: UP, site: shop, routes: [{ path: / }] }\n\
                    sites:\n  shop: { server_name: [shop.example, .shop.test] }\n  moved: { server_name: old.example, redirects: { /: 'http://shop.example/' } }";
        let _front = Front::start(&up, vars, nothing);
        let status =
            |host: &str| ask_at("127.0.0.1", "GET /", &format!("Host: {host}\r\n"), "").map(|a| a.status);
        let hosts = ["shop.example", "www.shop.test", "old.example", "127.0.0.1", "evil.example", "web-01"];
        assert_eq!(hosts.map(status), [Some(200), Some(200), Some(301), None, None, None]);
    });
}

#[test]
fn a_site_without_names_answers_strangers_beside_one_with_names() {
    alone("edge::site::a_site_without_names_answers_strangers_beside_one_with_names", || {
        let up = Upstream::start();
        let vars = "apps:\n  all: { run: '@hbnb/onepage', bind: UP, site: all, routes: [{ path: / }] }\n\
                    sites:\n  moved: { server_name: old.example, redirects: { /: 'http://shop.example/' } }\n  all: {}";
        let _front = Front::start(&up, vars, nothing);
        let status =
            |host: &str| ask_at("127.0.0.1", "GET /", &format!("Host: {host}\r\n"), "").map(|a| a.status);
        assert_eq!(["old.example", "127.0.0.1", "a"].map(status), [Some(301), Some(200), Some(200)]);
    });
}

#[test]
fn a_long_page_for_a_slow_client_needs_no_file() {
    alone("edge::site::a_long_page_for_a_slow_client_needs_no_file", || {
        let up = Upstream::start();
        let dir = tempfile::tempdir().unwrap();
        let text = rendered(dir.path(), &APP.replace("UP", &format!("127.0.0.1:{}", up.port)));
        // The kernel would take all of it off Nginx's hands.
        let small = text.replace("listen 80 default_server;", "listen 80 default_server sndbuf=4k;");
        assert!(small != text);
        let errors = dir.path().join("errors");
        let nginx = Nginx::serving(&format!("error_log {} warn;\n{small}", errors.display()), 80);
        let mut stream = TcpStream::connect("127.0.0.1:80").unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        up.written.recv_timeout(DEADLINE).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        assert!(all.len() > LONG);
        drop(nginx);
        assert_eq!(fs::read_to_string(errors).unwrap_or_default(), "");
    });
}

#[test]
fn lines_of_ones_own_are_part_of_the_site() {
    alone("edge::site::lines_of_ones_own_are_part_of_the_site", || {
        let up = Upstream::start();
        let _front = Front::start(&up, &format!("{APP}site: {{ include: own.conf }}"), |dir| {
            fs::write(dir.join("own.conf"), "location = /robots.txt {\n    return 200 \"mine; }\";\n}\n")
                .unwrap();
        });
        assert_eq!(get("/robots.txt").text(), "mine; }");
    });
}

#[test]
fn nginx_waits_longer_than_the_application_server_unless_the_site_says_otherwise() {
    let waits = |settings: &str, site: &str| {
        let dir = tempfile::tempdir().unwrap();
        let app = format!(
            "apps: {{ a: {{ run: '@hbnb/onepage', settings: {{ {settings} }}, routes: [{{ path: / }}] }} }}\n"
        );
        let text = rendered(dir.path(), &format!("{app}site: {{ {site} }}"));
        text.split("proxy_read_timeout ").nth(1).unwrap().split(';').next().unwrap().to_string()
    };
    assert_eq!(waits("", ""), "65s");
    assert_eq!(waits("timeout: 120", ""), "155s");
    assert_eq!(waits("timeout: 120, queue_timeout: 10", ""), "135s");
    assert_eq!(waits("timeout: 0", ""), "86400s");
    assert_eq!(waits("timeout: 120", "timeouts: { read: 20 }"), "20s");
}
