//! Figures and health over HTTP: what `metrics_bind` answers, in a process that accepts.
//! Format: <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::os::unix::process::parent_id;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::routing::get;

use super::census::Census;
use super::tally::{BOUNDS, Sum, Tally};
use super::{backlog, process};

/// The version of the format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const STATES: [&str; 5] = ["booting", "waiting", "serving", "retiring", "leaving"];

/// What is told.
pub struct Metrics {
    /// Figures of all who accept.
    pub tally: Arc<Tally>,
    /// Who is there, as the master said last.
    pub census: Mutex<Census>,
    /// What the kernel calls the sockets of the application.
    pub sockets: Vec<u64>,
}

impl Metrics {
    /// Takes what the master says.
    pub fn hear(&self, census: Census) {
        *self.census.lock().unwrap_or_else(PoisonError::into_inner) = census;
    }

    fn census(&self) -> Census {
        self.census.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn health(&self) -> (StatusCode, &'static str) {
        let census = self.census();
        // A server whose master died ends as well.
        let is_ending = census.phase == "stopping" || (census.master > 0 && census.master != parent_id());
        match (is_ending, census.is_serving()) {
            (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "leaving\n"),
            (false, true) => (StatusCode::OK, "serving\n"),
            (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "no worker\n"),
        }
    }

    fn page(&self) -> String {
        let mut page = Page(String::with_capacity(4096));
        requests(&mut page, &self.tally.sum(), backlog::length(&self.sockets));
        processes(&mut page, &self.census());
        page.0
    }
}

/// Answers `/metrics` and `/health`.
pub fn router(metrics: Arc<Metrics>) -> Router {
    let asked = Arc::clone(&metrics);
    Router::new()
        .route("/metrics", get(move || async move { ([(CONTENT_TYPE, TEXT)], metrics.page()) }))
        .route("/health", get(move || async move { asked.health() }))
}

/// A page of figures.
struct Page(String);

impl Page {
    /// What follows is of this name.
    fn about(&mut self, name: &str, kind: &str, meaning: &str) {
        let _ = write!(self.0, "# HELP appserver_{name} {meaning}\n# TYPE appserver_{name} {kind}\n");
    }

    fn value(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "appserver_{name} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, meaning: &str, value: impl Display) {
        self.about(name, kind, meaning);
        self.value(name, value);
    }

    fn each<L: Display, V: Display>(
        &mut self,
        name: &str,
        label: &str,
        values: impl IntoIterator<Item = (L, V)>,
    ) {
        for (of, value) in values {
            let _ = writeln!(self.0, "appserver_{name}{{{label}=\"{of}\"}} {value}");
        }
    }
}

fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

fn requests(page: &mut Page, sum: &Sum, backlog: Option<u64>) {
    page.about("requests_total", "counter", "Requests answered, by class of status");
    let classes = (1..).map(|class| format!("{class}xx"));
    page.each("requests_total", "status", classes.zip(sum.requests()));
    page.about(
        "request_duration_seconds",
        "histogram",
        "From the head of a request to the end of its answer",
    );
    let mut count = 0;
    let bounds = BOUNDS.iter().map(|bound| seconds(*bound).to_string()).chain(["+Inf".into()]);
    let buckets = bounds.zip(sum.durations()).map(|(bound, more)| {
        count += more;
        (bound, count)
    });
    let buckets: Vec<_> = buckets.collect();
    page.each("request_duration_seconds_bucket", "le", buckets);
    page.value("request_duration_seconds_sum", seconds(sum.duration()));
    page.value("request_duration_seconds_count", count);
    page.one("requests_in_flight", "gauge", "Requests being answered", sum.in_flight());
    page.one("queue_length", "gauge", "Requests that wait for a worker", sum.queued());
    let (taken, waited) = sum.waits();
    page.about("queue_seconds", "summary", "How long requests waited for a worker");
    page.value("queue_seconds_sum", seconds(waited));
    page.value("queue_seconds_count", taken);
    page.one("connections", "gauge", "Open connections", sum.open());
    page.one("connections_total", "counter", "Connections accepted", sum.accepted());
    if let Some(length) = backlog {
        page.one("listen_queue_length", "gauge", "Connections that wait to be accepted", length);
    }
}

fn processes(page: &mut Page, census: &Census) {
    page.one("generation", "gauge", "The generation that serves", census.generation);
    page.one("workers_wanted", "gauge", "How many workers there are to be", census.wanted);
    page.about("workers", "gauge", "Workers, by where they are in their life");
    page.each("workers", "state", STATES.map(|state| (state, census.count(state))));
    page.about("restarts_total", "counter", "Workers that were replaced, by reason");
    page.each("restarts_total", "reason", &census.restarts);
    let mut memory = BTreeMap::from([("master", process::memory(census.master).unwrap_or(0))]);
    for member in &census.members {
        *memory.entry(&member.role).or_default() += process::memory(member.pid).unwrap_or(0);
    }
    page.about("resident_memory_bytes", "gauge", "Memory of all processes of a kind");
    page.each("resident_memory_bytes", "role", memory);
}
