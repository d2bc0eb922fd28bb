//! The end of a run as text.

use std::fmt::Write;

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::resource::converge::Outcome;
use crate::resource::fault::Fault;
use crate::resource::probe::{Miss, Probe};

use super::difference;
use crate::deployer::run::{Mode, Report};

/// Every complaint of a run, each once.
pub fn errors(reports: &[Report]) -> Vec<Diagnostic> {
    let mut errors: Vec<Diagnostic> = Vec::new();
    for report in reports {
        let own = report.errors.iter().filter(|e| !errors.contains(e)).cloned().collect::<Vec<_>>();
        errors.extend(own);
        errors.extend(failures(report));
        errors.extend(misses(report));
    }
    errors
}

fn failures(report: &Report) -> Vec<Diagnostic> {
    let done = report.outcomes.iter().enumerate().filter_map(|(i, o)| match o {
        Outcome::Failed(fault) => Some((i, fault)),
        _ => None,
    });
    let seen =
        report.checked.iter().enumerate().filter_map(|(i, c)| c.as_ref().err().map(|fault| (i, fault)));
    let failed: Vec<(usize, &Fault)> =
        if report.outcomes.is_empty() { seen.collect() } else { done.collect() };
    failed.into_iter().map(|(index, fault)| failure(report, index, fault)).collect()
}

fn failure(report: &Report, index: usize, fault: &Fault) -> Diagnostic {
    let (name, place) =
        report.plan.steps.get(index).map_or(("", ""), |s| (s.name.as_str(), s.place.as_str()));
    let error = Diagnostic::error(format!("{}: {}", report.host, fault.message)).exit(Exit::Failed);
    let mut error = error.note("task", format!("`{name}` ({place})"));
    if !fault.output.is_empty() {
        error = error.note("last lines", fault.output.clone());
    }
    let again = "repair it, then run the same command again; what is done stays done";
    error.note("done", done_and_left(report)).fix(fault.fix.as_deref().unwrap_or(again))
}

/// What was changed before the failure, and that the rest was not touched.
fn done_and_left(report: &Report) -> String {
    let changed: Vec<&str> = report
        .outcomes
        .iter()
        .zip(&report.plan.steps)
        .filter(|(o, _)| matches!(o, Outcome::Changed(_)))
        .map(|(_, s)| s.name.as_str())
        .collect();
    let left = report.plan.steps.len().saturating_sub(report.outcomes.len());
    match changed.as_slice() {
        [] => format!("nothing was changed on {}", report.host),
        _ => format!("changed before: {}; {left} later steps were not begun", changed.join(", ")),
    }
}

fn misses(report: &Report) -> Vec<Diagnostic> {
    let tell = |from: &str, answers: &[Option<Miss>]| {
        let pairs = report.plan.probes.iter().zip(answers);
        let missed = pairs.filter_map(|(probe, miss)| miss.as_ref().map(|m| (probe, m.clone())));
        missed.map(|(probe, miss)| missed_probe(&report.host, from, probe, &miss)).collect::<Vec<_>>()
    };
    let mut all = tell("on the host", &report.proved);
    all.extend(tell("from here", &report.proved_here));
    all
}

fn missed_probe(host: &str, from: &str, probe: &Probe, miss: &Miss) -> Diagnostic {
    let error =
        Diagnostic::error(format!("{host}: probe `{}` failed: GET {}: {miss}", probe.name, probe.get));
    let look = format!("look at the journal: deployer ssh INVENTORY {host} -- sudo journalctl -n 50");
    error.note("asked", from).exit(Exit::Probe).fix(look)
}

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
    let word = if mode == Mode::Look { "differs" } else { "changed" };
    let total = report.plan.steps.len();
    let mut line = format!("{word}={} failed={} steps={total}", report.changed(mode), report.failed());
    let asked = report.proved.len() + report.proved_here.len();
    if asked > 0 {
        let _ = write!(line, " probes={}/{asked}", asked - report.missed());
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
