//! The end of a run as one JSON document.

use serde_json::{Value, json};

use crate::base::secret::Mask;
use crate::deployer::run::{Mode, Report};
use crate::resource::Step;
use crate::resource::probe::{Miss, Probe};

/// `{"exit": N, "hosts": [{host, changed, failed, held, steps: […], probes: […], errors: […]}]}`.
pub fn document(reports: &[Report], mode: Mode) -> Value {
    let hosts: Vec<Value> = reports.iter().map(|report| host(report, mode)).collect();
    json!({ "exit": super::exit(reports, mode) as u8, "hosts": hosts })
}

/// The same document with secrets hidden in its texts; numbers and names of keys are ours.
pub fn hidden(value: Value, mask: &Mask) -> Value {
    match value {
        Value::String(text) => Value::String(mask.hide(&text)),
        Value::Array(items) => items.into_iter().map(|item| hidden(item, mask)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, field)| (key, hidden(field, mask))).collect(),
        other => other,
    }
}

fn host(report: &Report, mode: Mode) -> Value {
    let steps = report.plan.steps.iter().enumerate().map(|(index, s)| step(report, index, s));
    let probes = report.plan.probes.iter().enumerate().map(|(index, p)| probe(report, index, p));
    json!({
        "host": report.host,
        "exit": report.exit(mode) as u8,
        "changed": report.changed(mode),
        "failed": report.failed(),
        "held": report.held.is_some(),
        "steps": steps.collect::<Vec<_>>(),
        "probes": probes.collect::<Vec<_>>(),
        "errors": report.errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn step(report: &Report, index: usize, step: &Step) -> Value {
    json!({
        "name": step.name,
        "place": step.place,
        "checked": report.checked.get(index),
        "outcome": report.outcomes.get(index),
    })
}

/// `ok`, what it was instead, or null where it was not asked.
fn probe(report: &Report, index: usize, probe: &Probe) -> Value {
    let said = |list: &[Option<Miss>]| {
        list.get(index).map(|miss| miss.as_ref().map_or("ok".to_string(), ToString::to_string))
    };
    json!({
        "name": probe.name,
        "get": probe.get,
        "on_host": said(&report.proved),
        "from_here": said(&report.proved_here),
    })
}
