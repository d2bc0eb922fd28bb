//! The table against Gunicorn's, and what it says of values that do not fit.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::section::{row, rows};
use super::table::{Act, Form, Setting};
use super::*;

/// What Gunicorn 27.0.1 says of its settings: name, options, default.
const GUNICORN: &str = include_str!("gunicorn.txt");
/// Which sentence each refusal has.
const REFUSALS: &str = include_str!("refusals.txt");

fn options(row: &Setting) -> String {
    let short = row.short.map(|short| format!("-{short}"));
    let mut options: Vec<String> =
        short.into_iter().chain(row.long.iter().map(|long| format!("--{long}"))).collect();
    options.sort_by_key(String::len);
    options.join(" ")
}

fn default(row: &Setting) -> String {
    let shown = match row.act {
        Act::Kept(_) => row.show(&Settings::default()),
        Act::Refused(_) => row.default.into(),
    };
    if shown.is_empty() { "none".into() } else { shown }
}

fn set(name: &str, given: Json) -> Result<Settings, String> {
    let mut settings = Settings::default();
    let row = row(name).unwrap();
    row.set(&mut settings, &given, &row.option()).map(|()| settings).map_err(|said| said.to_string())
}

#[test]
fn a_setting_from_another_release_is_ignored_and_a_missing_one_has_its_default() {
    let read: Settings = serde_json::from_str(r#"{"app":"@x","timeout":5,"not_yet_invented":true}"#).unwrap();
    assert_eq!(read, Settings { app: "@x".into(), timeout: 5, ..Settings::default() });
}

#[test]
fn what_a_worker_is_told_arrives_whole() {
    let mut settings = Settings::default();
    for row in rows().filter(|row| !row.is_refused()) {
        if !["bind", "metrics_bind", "secure_scheme_headers"].contains(&row.name) {
            row.set(&mut settings, &row.example.into(), row.name).unwrap();
        }
    }
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
}

#[test]
fn every_setting_of_gunicorn_is_here_with_its_options_and_its_default() {
    let mut theirs = BTreeMap::new();
    for line in GUNICORN.lines() {
        let cells: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
        theirs.insert(cells[0], (cells[1].to_string(), cells[2].to_string()));
    }
    let mut ours = BTreeMap::new();
    for row in rows().filter(|row| !row.is_ours) {
        ours.insert(row.name, (options(row), default(row)));
    }
    // An option beside Gunicorn's, which mixes hyphens and underscores in this one.
    ours.get_mut("limit_request_field_size").unwrap().0 = "--limit-request-field_size".into();
    assert_eq!(ours, theirs);
}

#[test]
fn no_name_and_no_option_stands_twice_and_every_row_explains_itself() {
    let mut seen = std::collections::BTreeSet::new();
    for row in rows() {
        let short = row.short.map(String::from);
        for name in
            row.long.iter().map(|long| long.to_string()).chain(short).chain([format!("{}:", row.name)])
        {
            assert!(seen.insert(name.clone()), "{name}");
        }
        assert!(
            !row.meaning.is_empty() && !row.meaning.ends_with('.') && !row.example.is_empty(),
            "{}",
            row.name
        );
        assert_eq!(row.form == Form::None, row.long.is_empty() && row.name != "wsgi_app", "{}", row.name);
    }
}

#[test]
fn every_refusal_says_what_to_use_instead() {
    let mut said = String::new();
    for row in rows().filter(|row| row.is_refused()) {
        said += &format!("{}\n", set(row.name, row.example.into()).unwrap_err());
    }
    assert_eq!(said, REFUSALS);
}

#[test]
fn a_refused_setting_may_have_its_default() {
    for row in rows().filter(|row| row.is_refused()) {
        for given in [Json::Null, json!(""), json!([]), json!({}), row.default.into()] {
            if row.default != "none" || given != row.default {
                assert_eq!(set(row.name, given), Ok(Settings::default()), "{}", row.name);
            }
        }
    }
    assert_eq!(set("spew", false.into()), Ok(Settings::default()));
    assert_eq!(set("cert_reqs", 0.into()), Ok(Settings::default()));
}

#[test]
fn a_worker_class_that_is_none_of_ours_says_what_to_use_instead() {
    let said = |class: &str| set("worker_class", class.into()).unwrap_err();
    let threads = "  = fix: `threads`: as many requests at a time as there are threads, and idle or slow clients take none";
    assert_eq!(
        ["gevent", "gunicorn.workers.ggevent.GeventWorker", "tornado"].map(said),
        ["gevent", "gunicorn.workers.ggevent.GeventWorker", "tornado"].map(|class| format!(
            "error: no worker class `{class}`: requests are served by threads, not by an event loop in Python\n{threads}"
        ))
    );
    assert_eq!(
        said("uvicorn.workers.UvicornWorker"),
        "error: no worker class `uvicorn.workers.UvicornWorker`: only WSGI is served, not ASGI\n  = fix: a WSGI application, or a server for ASGI (`uvicorn`)"
    );
    assert_eq!(
        said("site.Worker"),
        "error: no worker class `site.Worker`: the workers are our own\n  = fix: `sync`, or `gthread` with `threads`"
    );
}

#[test]
fn a_value_that_does_not_fit_names_its_option_and_what_would_fit() {
    for (name, given, said) in [
        ("workers", json!(0), "`0` does not fit `--workers`\n  = fix: a whole number from 1 to 1024"),
        ("workers", json!(1.5), "`1.5` does not fit `--workers`\n  = fix: a whole number from 1 to 1024"),
        ("workers", json!([1]), "a list does not fit `--workers`\n  = fix: a whole number from 1 to 1024"),
        (
            "umask",
            json!("22"),
            "`22` does not fit `--umask`\n  = fix: an octal number with a leading zero, from 0 to 0777, like 027",
        ),
        ("loglevel", json!("inof"), "`inof` does not fit `--log-level`\n  = fix: did you mean `info`?"),
        (
            "header_map",
            json!("x"),
            "`x` does not fit `--header-map`\n  = fix: one of: drop, refuse, dangerous",
        ),
        ("proxy_protocol", json!("v3"), "`v3` does not fit `--proxy-protocol`\n  = fix: did you mean `v1`?"),
        ("reload", json!("maybe"), "`maybe` does not fit `--reload`\n  = fix: true or false"),
        ("raw_env", json!(["a-secret"]), "a list does not fit `--env`\n  = fix: NAME=VALUE"),
        ("raw_env", json!("a-secret"), "what was given does not fit `--env`\n  = fix: NAME=VALUE"),
        (
            "mount",
            json!("shop/"),
            "`shop/` does not fit `--mount`\n  = fix: a path like `/shop`: a slash in front, none at the end, nothing encoded",
        ),
        (
            "max_rss",
            json!("much"),
            "`much` does not fit `--max-rss`\n  = fix: a size like `512MB`, `2GB` or a number of bytes",
        ),
        ("pidfile", json!(""), "`` does not fit `--pid`\n  = fix: a path"),
        (
            "forwarded_allow_ips",
            json!("10.0.0.1/8"),
            "`10.0.0.1/8` is neither an address nor a network\n  = fix: like `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`, with commas between; `*` is everyone",
        ),
        (
            "bind",
            json!([":80", "0.0.0.0:80"]),
            "the same bind twice: `0.0.0.0:80`\n  = fix: remove one of the two",
        ),
    ] {
        assert_eq!(set(name, given), Err(format!("error: {said}")));
    }
}

#[test]
fn two_ports_to_be_picked_are_not_the_same_bind() {
    let settings = set("bind", json!([":0", ":0"])).unwrap();
    assert_eq!(settings.bind.len(), 2);
}

#[test]
fn the_page_has_a_line_for_every_setting_and_every_hook() {
    let page = reference::page();
    for row in rows() {
        let start = format!("\n| `{}`{} |", row.name, if row.is_ours { " +" } else { "" });
        assert_eq!(page.matches(&start).count(), 1, "{}", row.name);
    }
    for hook in &hook::HOOKS {
        assert_eq!(page.matches(&format!("\n| `{}(", hook.name)).count(), 1, "{}", hook.name);
    }
    let line = "| `timeout` | `-t, --timeout SECONDS` | `30` | s | How long a request may take before its worker is replaced; 0 is for ever. Unlike Gunicorn's: counts a request in every worker class, and never a worker that waits |";
    assert!(page.lines().any(|found| found == line), "{page}");
}
