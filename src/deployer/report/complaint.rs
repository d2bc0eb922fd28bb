//! What went wrong in a run, for people: each thing once, with what was changed, what was not, and what to type next.

use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::resource::converge::Outcome;
use crate::resource::fault::Fault;
use crate::resource::probe::{Miss, Probe};

use super::Ending;
use crate::deployer::run::{Held, Mode, Report};

/// Every complaint of a run, each once.
pub fn all(reports: &[Report], ending: &Ending) -> Vec<Diagnostic> {
    let mut errors: Vec<Diagnostic> = Vec::new();
    for report in reports {
        let own = report.errors.iter().map(|error| ended_early(report, error, ending.mode));
        let own: Vec<Diagnostic> = own.filter(|e| !errors.contains(e)).collect();
        errors.extend(own);
        errors.extend(report.faults().into_iter().map(|(index, fault)| failure(report, index, fault)));
        errors.extend(misses(report, ending));
        errors.extend(drained(report));
    }
    errors.extend(held_back(reports, ending));
    errors
}

/// A host that was not reached or got lost; mistakes of the input are the same for every host and change nothing.
fn ended_early(report: &Report, error: &Diagnostic, mode: Mode) -> Diagnostic {
    if mode == Mode::Look || error.exit == Exit::Input {
        return error.clone();
    }
    let told = error.clone().note("done", done_and_left(report));
    match report.begun.filter(|begun| *begun >= report.outcomes.len()) {
        Some(begun) => {
            let name = report.plan.steps.get(begun).map_or("", |step| step.name.as_str());
            told.note("under way", format!("`{name}` may still come to its end on {}", report.host))
        }
        None => told,
    }
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

/// What was changed before the end, and that the rest was not touched.
fn done_and_left(report: &Report) -> String {
    let changed: Vec<&str> = report
        .outcomes
        .iter()
        .zip(&report.plan.steps)
        .filter(|(o, _)| matches!(o, Outcome::Changed(_)))
        .map(|(_, s)| s.name.as_str())
        .collect();
    let begun = report.begun.map_or(0, |begun| begun + 1).max(report.outcomes.len());
    let left = match report.plan.steps.len().saturating_sub(begun) {
        0 => String::new(),
        1 => "; 1 later step was not begun".to_string(),
        left => format!("; {left} later steps were not begun"),
    };
    match changed.as_slice() {
        [] if begun == 0 => format!("nothing was changed on {}", report.host),
        [] => format!("no step before this one changed anything{left}"),
        _ => format!("changed before: {}{left}", changed.join(", ")),
    }
}

/// Hosts that were ready and are as they were, and how to go on.
fn held_back(reports: &[Report], ending: &Ending) -> Option<Diagnostic> {
    let why = reports.iter().find_map(|report| report.held)?;
    let names = |list: &mut dyn Iterator<Item = &Report>| list.map(|r| r.host.clone()).collect::<Vec<_>>();
    let held = names(&mut reports.iter().filter(|r| r.held.is_some()));
    let failed = names(&mut reports.iter().filter(|r| r.exit(ending.mode) != Exit::Wanted));
    let verb = if held.len() == 1 { "was" } else { "were" };
    let error = Diagnostic::error(format!("{} {verb} left unchanged", held.join(", ")));
    let failed = (failed.join(", "), failed.iter().map(|host| format!(":!{host}")).collect::<String>());
    Some(match why {
        Held::Unready => {
            let pattern = format!("{}{}", ending.limit.unwrap_or("all"), failed.1);
            let fix = format!("repair {}, or go on without: --limit '{pattern}'", failed.0);
            error.note("why", "no host is changed before every host is ready").fix(fix)
        }
        Held::Batch => {
            let fix = format!("repair {}, then run the same command again; it goes on with them", failed.0);
            error.note("why", "a host of the batch before is not as expected").fix(fix)
        }
    })
}

/// A host that is not as expected gets no requests; people must know where they went.
fn drained(report: &Report) -> Option<Diagnostic> {
    let balancers = report.drained.join(", ");
    let told = format!("{}: {balancers} sends it no requests until it is as expected", report.host);
    let told = Diagnostic::warning(told).fix("repair it, then run the same command again");
    (!report.drained.is_empty()).then_some(told)
}

/// Probes that failed; the same answer on the host and from here is one complaint.
fn misses(report: &Report, ending: &Ending) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for (index, probe) in report.plan.probes.iter().enumerate() {
        let miss = |answers: &[Option<Miss>]| answers.get(index).cloned().flatten();
        let (there, here) = (miss(&report.proved), miss(&report.proved_here));
        let mut tell = |from: &str, miss: &Miss| all.push(missed(report, (probe, miss, from), ending));
        match (&there, &here) {
            (Some(there), Some(here)) if there == here => tell("on the host and from here", there),
            _ => {
                there.iter().for_each(|miss| tell("on the host", miss));
                here.iter().for_each(|miss| tell("from here", miss));
            }
        }
    }
    all
}

fn missed(report: &Report, (probe, miss, from): (&Probe, &Miss, &str), ending: &Ending) -> Diagnostic {
    let (host, inventory) = (&report.host, ending.inventory.display());
    let error =
        Diagnostic::error(format!("{host}: probe `{}` failed: GET {}: {miss}", probe.name, probe.get));
    let look = format!("look at the journal: deployer ssh {inventory} {host} -- sudo journalctl -n 50");
    error.note("asked", from).exit(Exit::Probe).fix(look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Mask;
    use crate::resource::probe::{Expect, sample};
    use std::path::Path;

    fn told(reports: &[Report], limit: Option<&str>) -> Vec<String> {
        let mask = Mask::default();
        let inventory = Path::new("hosts.yml");
        let ending = Ending { mode: Mode::Change, format: None, mask: &mask, inventory, limit };
        all(reports, &ending).iter().map(ToString::to_string).collect()
    }

    fn host(name: &str) -> Report {
        Report { host: name.into(), ..Report::default() }
    }

    #[test]
    fn the_same_answer_there_and_here_is_told_once_and_different_ones_apart() {
        let mut report = host("web-01");
        let home = sample::probe(80, Expect::default());
        report.plan.probes = vec![home.clone(), home];
        let status = |seen| Some(Miss::Status { seen, wanted: 200 });
        report.proved = vec![status(502), status(502)];
        report.proved_here = vec![status(502), Some(Miss::Silent("refused".into()))];
        let one = |answer: &str, from: &str| {
            format!(
                "error: web-01: probe `home` failed: GET /: {answer}\n  = asked: {from}\n  = fix: look at the journal: deployer ssh hosts.yml web-01 -- sudo journalctl -n 50"
            )
        };
        let wanted = [
            one("status 502, wanted 200", "on the host and from here"),
            one("status 502, wanted 200", "on the host"),
            one("no answer: refused", "from here"),
        ];
        assert_eq!(told(&[report], None), wanted);
    }

    #[test]
    fn hosts_that_were_ready_are_told_and_how_to_go_on_without_the_others() {
        let lost = Diagnostic::error("web-02: cannot be reached").exit(Exit::Unreachable);
        let reports = [
            Report { held: Some(Held::Unready), ..host("web-01") },
            Report { errors: vec![lost], ..host("web-02") },
            Report { held: Some(Held::Unready), ..host("web-03") },
        ];
        let wanted = [
            "error: web-02: cannot be reached\n  = done: nothing was changed on web-02",
            "error: web-01, web-03 were left unchanged\n  = why: no host is changed before every host is ready\n  = fix: repair web-02, or go on without: --limit 'web:!web-02'",
        ];
        assert_eq!(told(&reports, Some("web")), wanted);
    }
}
