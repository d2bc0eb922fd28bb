//! One small site in three frameworks and in none: unchanged and checked by the standard library, alone and behind nginx.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::talk::{Talk, get, post, request};
use super::{apps, serve, venv};
use crate::support::http::Answer;
use crate::support::server::{Server, wait_for};

/// A file larger than what a server keeps in memory at once.
const UPLOAD: usize = 1_500_000;

/// The site as every framework must answer it, asked through `ask`.
fn tour(ask: &dyn Fn(&str) -> Answer, site: &str) {
    let page = fs::read_to_string(apps().join("static/page.txt")).unwrap();
    let form = "name=caf%C3%A9+noir&mood=good%26well";
    let urlencoded = "Content-Type: application/x-www-form-urlencoded\r\n";
    let form_headers = format!("{urlencoded}Content-Length: {}\r\n", form.len());
    let chunks = "Transfer-Encoding: chunked\r\n";
    let in_chunks =
        |body: &str| format!("4\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", &body[..4], body.len() - 4, &body[4..]);
    let cafe = "caf\u{e9}";
    for (sent, status, body) in [
        (get("/hello/world"), 200, "Hello, world!"),
        (get("/hello/caf%C3%A9"), 200, &format!("Hello, {cafe}!")),
        (get("/query?q=a%26b+c"), 200, "q is a&b c"),
        (request("POST", "/form", &form_headers, form), 200, &format!("{cafe} noir is good&well")),
        (
            request("POST", "/form", &(urlencoded.to_string() + chunks), &in_chunks(form)),
            200,
            &format!("{cafe} noir is good&well"),
        ),
        (post("/raw", "some bytes"), 200, "some bytes"),
        (request("POST", "/raw", chunks, &in_chunks("some chunks")), 200, "some chunks"),
        (request("POST", "/raw", "Content-Length: 0\r\n", ""), 200, ""),
        (get("/stream"), 200, "one\ntwo\nthree\n"),
        (get("/page"), 200, &page),
        (get("/scheme"), 200, "http"),
        (request("GET", "/scheme", "X-Forwarded-Proto: https\r\n", ""), 200, "https"),
        (get("/none"), 204, ""),
        (get("/nothing/here"), 404, "not here"),
        (request("HEAD", "/hello/world", "", ""), 200, ""),
        (request("HEAD", "/page", "", ""), 200, ""),
    ] {
        let answer = ask(&sent);
        assert_eq!((answer.status, answer.text().as_str()), (status, body), "{site}: {sent}");
    }
    assert_eq!(ask(&get("/error")).status, 500, "{site}");
    let answer = ask(&get("/go"));
    let to = answer.field("location").unwrap_or_default();
    assert!(answer.status == 302 && to.ends_with("/hello/there"), "{site}: {}", answer.shown());
    visits(ask, site);
    upload(ask, site);
}

/// A visitor is known by the cookie.
fn visits(ask: &dyn Fn(&str) -> Answer, site: &str) {
    let mut cookie = String::new();
    for count in 1..=3 {
        let answer = ask(&request("GET", "/count", &cookie, ""));
        assert_eq!(answer.text(), format!("visit {count}"), "{site}");
        let set = answer.all("set-cookie")[0];
        cookie = format!("Cookie: theme=dark\r\nCookie: {}\r\n", set.split(';').next().unwrap());
    }
}

/// A file arrives as it was sent.
fn upload(ask: &dyn Fn(&str) -> Answer, site: &str) {
    let file: String = (0..UPLOAD).map(|n| char::from(b'a' + (n * n / 5 % 26) as u8)).collect();
    let body = format!(
        "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a file.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{file}\r\n--line--\r\n"
    );
    let headers =
        format!("Content-Type: multipart/form-data; boundary=line\r\nContent-Length: {}\r\n", body.len());
    let digest: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    let answer = ask(&request("POST", "/upload", &headers, &body));
    assert_eq!(answer.text(), format!("a file.txt {UPLOAD} {digest}"), "{site}");
}

fn send<S: Read + Write>(mut talk: Talk<S>, sent: &str) -> Answer {
    talk.send(sent);
    talk.answer_to(sent.split(' ').next().unwrap())
}

/// An nginx of its own before a server, listening on a socket file; gone when dropped.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts an nginx in `dir` before the server at `upstream`, and waits until it listens on `dir/nginx`.
fn nginx(dir: &Path, upstream: &str) -> Nginx {
    let at = dir.display();
    let conf = format!(
        "user root root;\ndaemon off;\nmaster_process off;\npid {at}/nginx.pid;\nerror_log {at}/nginx.log;\n\
         events {{ }}\nhttp {{\naccess_log off;\nclient_max_body_size 10m;\nclient_body_temp_path {at}/b;\n\
         proxy_temp_path {at}/p;\nfastcgi_temp_path {at}/f;\nuwsgi_temp_path {at}/u;\nscgi_temp_path {at}/s;\n\
         map $http_x_forwarded_proto $scheme_of_client {{ default $http_x_forwarded_proto; '' $scheme; }}\n\
         server {{\nlisten unix:{at}/nginx;\nlocation / {{\nproxy_pass http://{upstream};\n\
         proxy_set_header Host $http_host;\nproxy_set_header X-Forwarded-Proto $scheme_of_client;\n\
         proxy_set_header X-Forwarded-For 192.0.2.7;\n}}\n}}\n}}\n"
    );
    let file = dir.join("nginx.conf");
    fs::write(&file, conf).unwrap();
    let path = format!("{}:/usr/local/sbin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("nginx");
    command.env("PATH", path).arg("-e").arg(dir.join("nginx.log")).arg("-p").arg(dir).arg("-c").arg(file);
    let nginx = Nginx(command.spawn().unwrap());
    wait_for("nginx", || UnixStream::connect(dir.join("nginx")).ok());
    nginx
}

fn through(socket: &Path) -> Talk<UnixStream> {
    let stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    Talk::on(stream)
}

/// All that the application and the server said of what went wrong.
fn said(server: &Server) -> String {
    server.log() + &fs::read_to_string(server.path("err")).unwrap_or_default()
}

/// What no log may say: the standard library's check found a fault, or a part of an answer was never closed.
fn is_clean(server: &Server, site: &str) {
    let said = said(server);
    for word in ["AssertionError", "WSGIWarning", "garbage collected", "ResourceWarning"] {
        assert!(!said.contains(word), "{site}: {word} in:\n{said}");
    }
}

/// Tours a site as it is and as it is checked, each alone and behind nginx.
fn everywhere(module: &str) {
    let python = venv::python();
    for app in ["app", "validated"] {
        let site = format!("{module}:{app}");
        let options = ["--python", python.to_str().unwrap(), "--workers", "2", "--threads", "2"];
        let server = serve(&[&options[..], &[site.as_str()]].concat());
        let address = server.address();
        tour(&|sent| send(Talk::to(&address), sent), &site);
        wait_for("its error", || said(&server).contains("ValueError: an error of the site").then_some(()));
        is_clean(&server, &site);
        let _nginx = nginx(server.dir.path(), &address);
        let socket = server.path("nginx");
        tour(&|sent| send(through(&socket), sent), &format!("{site} behind nginx"));
        is_clean(&server, &site);
    }
}

#[test]
fn a_site_of_the_standard_library_is_the_same_everywhere() {
    everywhere("bare");
}

#[test]
fn a_flask_site_is_the_same_everywhere() {
    everywhere("flask_site");
}

#[test]
fn a_django_site_is_the_same_everywhere() {
    everywhere("django_site");
}

#[test]
fn a_pyramid_site_is_the_same_everywhere() {
    everywhere("pyramid_site");
}

#[test]
fn one_connection_serves_a_whole_tour() {
    let python = venv::python();
    for site in ["bare:app", "flask_site:app", "django_site:app", "pyramid_site:app"] {
        let server = serve(&["--python", python.to_str().unwrap(), "--threads", "2", site]);
        let talk = std::cell::RefCell::new(Talk::to(&server.address()));
        let ask = |sent: &str| {
            let mut talk = talk.borrow_mut();
            talk.send(sent);
            let answer = talk.answer_to(sent.split(' ').next().unwrap());
            assert_ne!(answer.field("connection"), Some("close"), "{site}: {sent}");
            answer
        };
        visits(&ask, site);
        upload(&ask, site);
        for _ in 0..50 {
            assert_eq!(ask(&get("/hello/world")).text(), "Hello, world!", "{site}");
            assert_eq!(ask(&request("HEAD", "/page", "", "")).status, 200, "{site}");
        }
    }
}
