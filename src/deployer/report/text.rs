//! The end of a run as text.

use std::fmt::Write;

use super::difference;
use crate::deployer::run::{Mode, Report};

/// The differences of every host (in `plan`), and a line a host.
pub fn summary(reports: &[Report], mode: Mode) -> String {
    let mut text = String::new();
    for report in reports.iter().filter(|_| mode == Mode::Look) {
        for (step, changes) in report.plan.steps.iter().zip(&report.checked) {
            let Ok(changes) = changes else { continue };
            if !changes.is_empty() {
                let _ = writeln!(text, "{}: {} ({})", report.host, step.name, step.place);
            }
            for line in changes.iter().flat_map(difference::lines) {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    let width = reports.iter().map(|r| r.host.len()).max().unwrap_or(0);
    for report in reports {
        let _ = writeln!(text, "{:width$}  {}", report.host, line(report, mode));
    }
    text
}

fn line(report: &Report, mode: Mode) -> String {
    if report.plan.steps.is_empty() && !report.errors.is_empty() {
        return "not reached, nothing changed".to_string();
    }
    if report.held.is_some() {
        let (differ, total) = (report.changed(Mode::Look), report.plan.steps.len());
        return format!("nothing changed, differs={differ} steps={total}");
    }
    let asked = report.proved.len() + report.proved_here.len();
    let probes = format!("probes={}/{asked}", asked - report.missed());
    if mode == Mode::Prove {
        return probes;
    }
    let word = if mode == Mode::Look { "differs" } else { "changed" };
    let total = report.plan.steps.len();
    let stopped = if report.errors.is_empty() { "" } else { "stopped early, " };
    let mut line =
        format!("{stopped}{word}={} failed={} steps={total}", report.changed(mode), report.failed());
    if asked > 0 {
        line = format!("{line} {probes}");
    }
    line
}

/// A line a probe, for `verify`.
pub fn probes(report: &Report) -> String {
    let mut text = String::new();
    for (from, answers) in [("on the host", &report.proved), ("from here", &report.proved_here)] {
        for (probe, miss) in report.plan.probes.iter().zip(answers) {
            let said = miss.as_ref().map_or("ok".to_string(), ToString::to_string);
            let _ = writeln!(text, "{}  {from:<11}  {}: {said}", report.host, probe.get);
        }
    }
    text
}
