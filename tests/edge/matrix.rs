//! Every kind of route, asked in every form, by every method, at every door: directly and through Nginx.

use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use super::client::Client;
use super::form::{Form, Subject};
use super::network::alone;
use super::world::{DOORS, Door, Kind, World};
use crate::wsgi::venv;

const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];
const SLASHES: [&str; 3] = ["either", "redirect", "exact"];
const BODY: &str = "a=1&b=%20x";
/// Who asks may claim anything of how he came.
const CLAIMS: &str = "X-Forwarded-Proto: gopher\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Prefix: /evil\r\n\
                      X-Forwarded-For: 192.0.2.66\r\nSCRIPT_NAME: /evil\r\nPATH_INFO: /evil\r\n";

/// What is the same wherever one asks.
#[derive(Debug, PartialEq)]
struct Outcome {
    status: u16,
    location: Option<String>,
    /// What the application says it was asked.
    told: Value,
    /// What it was told of the request by proxy headers.
    forwarded: Value,
    /// None if no application said anything.
    body: Option<Vec<u8>>,
}

/// What servers say where no application is asked.
const OURS: [&[u8]; 2] = [b"Not Found\n", b"400 Bad Request\n"];

fn is_by_nginx(body: &[u8]) -> bool {
    body.ends_with(b"</center>\r\n</body>\r\n</html>\r\n")
}

fn ask(client: &mut Client, method: &str, form: &Form, fields: &str) -> Outcome {
    let Form { target, host, .. } = form;
    let body = if method == "POST" { BODY } else { "" };
    let about = if body.is_empty() {
        String::new()
    } else {
        format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len())
    };
    let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{about}{fields}\r\n{body}");
    let answer = client.ask(request.as_bytes()).unwrap_or_else(|error| panic!("{error}: {request}"));
    let mut told: Value =
        answer.field("x-seen").map_or(Value::Null, |seen| serde_json::from_str(seen).unwrap());
    let forwarded = told.get_mut("forwarded").map(Value::take).unwrap_or_default();
    let is_servers_own = is_by_nginx(&answer.body) || OURS.contains(&&answer.body[..]);
    Outcome {
        status: answer.status,
        location: answer.field("location").map(str::to_string),
        told,
        forwarded,
        body: (!is_servers_own).then_some(answer.body),
    }
}

/// How often was asked, and each difference as a sentence.
#[derive(Debug, Default)]
struct Report {
    cases: usize,
    /// Of them, those that were answered with a page.
    pages: usize,
    differences: Vec<String>,
}

impl FromIterator<Report> for Report {
    fn from_iter<I: IntoIterator<Item = Report>>(all: I) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, one| {
            sum.cases += one.cases;
            sum.pages += one.pages;
            sum.differences.extend(one.differences);
            sum
        })
    }
}

fn subject<'a>(kind: Kind, door: Door) -> Subject<'a> {
    let (pages, words): (&[&str], &str) = match (kind.run, kind.is_mounted || kind.bare().is_empty()) {
        ("@hbnb", _) => (&["/states", "/api/v1/status", "/search", "/airbnb-onepage", "/pictures"], "/c/"),
        ("@hbnb/dynamic", _) => (&["/python", "/number/5"], "/c/"),
        ("@hbnb/api", _) => (&["/v1/status", "/v1/states"], "/v1/states/"),
        (_, true) if kind.bare().is_empty() => (&["/a", "/b", "/c", "/d", "/form", "/near", "/away"], "/s/"),
        (_, true) => (&["/a", "/b", "/form", "/away"], "/s/"),
        _ => (&["/x"], "/"),
    };
    Subject { mount: kind.bare(), pages, words, port: (door.port, door.is_usual) }
}

/// Asks everything at one door.
fn compare(world: &World, door: Door) -> Report {
    let (mut direct, mut through) = (world.direct(), world.through(door));
    let subject = subject(world.kind, door);
    let mut forms = subject.around();
    // What is behind the mount, and the site's name, have nothing to do with slashes.
    if world.kind.slashes == "either" {
        forms.extend(subject.below());
    }
    if ["/", "/app/"].contains(&world.kind.path) && world.kind.slashes == "either" {
        forms.extend(subject.named());
    }
    let mut report = Report::default();
    // What a proxy that is believed says.
    let said = format!("X-Forwarded-Proto: {}\r\nX-Forwarded-For: 127.0.0.1\r\n", door.scheme);
    for (form, method) in forms.iter().flat_map(|form| METHODS.map(|method| (form, method))) {
        let seen = ask(&mut through, method, form, CLAIMS);
        let mut wanted = ask(&mut direct, method, form, &said);
        if form.refused.is_some() || !is_within(world.kind, form) {
            let status = form.refused.unwrap_or(404);
            wanted =
                Outcome { status, location: None, told: Value::Null, forwarded: Value::Null, body: None };
        } else if seen.told != Value::Null {
            wanted.forwarded = json!([door.scheme, seen.told["HTTP_HOST"], null]);
        }
        if method == "HEAD" {
            wanted.body = seen.body.clone();
        }
        report.cases += 1;
        report.pages += usize::from((200..300).contains(&seen.status));
        if seen != wanted {
            let Form { target, host, .. } = form;
            report.differences.push(format!(
                "{:?} {door:?}\n{method} {target} of {host}\nthrough {seen:?}\n direct {wanted:?}",
                world.kind
            ));
        }
    }
    report
}

/// Whether Nginx has to hand on a request. An application with a mount or at the root says itself what is not its own.
fn is_within(kind: Kind, form: &Form) -> bool {
    if kind.is_mounted || kind.bare().is_empty() {
        return true;
    }
    let Some(path) = normalised(&form.target) else { return true };
    path.strip_prefix(kind.bare().as_bytes()).is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
}

/// The path by which Nginx looks for a location: decoded, slashes merged, dots resolved; none for what is no path.
fn normalised(target: &str) -> Option<Vec<u8>> {
    let target = match target.to_ascii_lowercase().starts_with("http://") {
        true => target[7..].find('/').map_or("/", |at| &target[7 + at..]),
        false => target,
    };
    let raw = target.split(['?', '#']).next().unwrap_or_default();
    let decoded: Vec<u8> = percent_encoding::percent_decode(raw.as_bytes()).collect();
    let (mut kept, mut ends_in_slash): (Vec<&[u8]>, bool) = (Vec::new(), false);
    for segment in decoded.strip_prefix(b"/")?.split(|byte| *byte == b'/') {
        ends_in_slash = matches!(segment, b"" | b"." | b"..");
        match segment {
            b".." => drop(kept.pop()),
            b"" | b"." => {}
            segment => kept.push(segment),
        }
    }
    let slash: &[u8] = if ends_in_slash && !kept.is_empty() { b"/" } else { b"" };
    Some([b"/", &kept.join(&b'/')[..], slash].concat())
}

/// Asks everything at some doors, at all of them at once.
fn run(kind: Kind, doors: &[Door], spoil: impl Fn(String) -> String) -> Report {
    let world = World::start(kind, doors, spoil);
    thread::scope(|scope| {
        let world = &world;
        let asked: Vec<_> = doors.iter().map(|door| scope.spawn(move || compare(world, *door))).collect();
        asked.into_iter().map(|door| door.join().unwrap()).collect()
    })
}

/// Every kind of route.
fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    let mut add = |run, is_mounted, paths: &[&'static str]| {
        for (path, slashes) in paths.iter().flat_map(|path| SLASHES.map(|slashes| (*path, slashes))) {
            kinds.push(Kind { run, is_mounted, path, slashes });
        }
    };
    add("echo:app", true, &["/app", "/app/", "/one/two", "/one/two/"]);
    add("echo:app", false, &["/a/", "/b", "/p/x/"]);
    add("@hbnb/api", false, &["/api/"]);
    add("@hbnb/dynamic", true, &["/one/two/"]);
    for run in ["echo:app", "@hbnb"] {
        kinds.push(Kind { run, is_mounted: false, path: "/", slashes: "either" });
    }
    kinds
}

/// The doors that a kind is asked at. The roots are asked at all; every other is at two, one of each scheme and one of each
/// sort of port, and its neighbours are at the others.
fn doors(at: usize, kind: Kind) -> Vec<Door> {
    let [http, http_8080, https, https_8443] = DOORS;
    match at % 2 {
        _ if kind.bare().is_empty() => DOORS.to_vec(),
        0 => vec![http, https_8443],
        _ => vec![http_8080, https],
    }
}

#[test]
fn every_answer_through_nginx_is_the_one_given_directly() {
    // Made where there is a network.
    venv::python();
    alone("edge::matrix::every_answer_through_nginx_is_the_one_given_directly", || {
        let (began, kinds) = (Instant::now(), kinds());
        let asked = kinds.iter().enumerate().map(|(at, kind)| {
            let report = run(*kind, &doors(at, *kind), |site| site);
            assert!(report.pages >= 20, "{kind:?} answers {} of {} with a page", report.pages, report.cases);
            report
        });
        let Report { cases, pages, differences } = asked.collect();
        differences.iter().take(20).for_each(|difference| eprintln!("{difference}\n"));
        let (kinds, seconds) = (kinds.len(), began.elapsed().as_secs());
        eprintln!(
            "{cases} cases of {kinds} routes in {seconds} s, {pages} of them pages, {} differences",
            differences.len()
        );
        assert!(differences.is_empty());
        assert!(cases >= 5000);
    });
}

#[test]
fn a_site_that_is_rendered_otherwise_makes_differences() {
    venv::python();
    alone("edge::matrix::a_site_that_is_rendered_otherwise_makes_differences", || {
        let kind = Kind { run: "echo:app", is_mounted: true, path: "/app/", slashes: "either" };
        let pass = "proxy_pass http://deployer_app;";
        for (from, to) in [
            (pass, "proxy_pass http://deployer_app/;"),
            (pass, "proxy_pass http://deployer_app/app/;"),
            (pass, "rewrite ^/app(/.*)$ $1 break; proxy_pass http://deployer_app;"),
            ("location = /app {", "location = /unused {"),
            ("Host               $deployer_host;", "Host               $host;"),
            ("Host               $deployer_host;", "Host               $http_host;"),
            ("X-Forwarded-Proto  $scheme;", "X-Forwarded-Proto  $http_x_forwarded_proto;"),
        ] {
            let spoilt = |site: String| {
                assert!(site.contains(from), "no `{from}` in {site}");
                site.replace(from, to)
            };
            let report = run(kind, &DOORS[1..2], spoilt);
            eprintln!("`{to}`: {} of {} cases differ", report.differences.len(), report.cases);
            assert!(!report.differences.is_empty(), "{to}");
        }
    });
}
