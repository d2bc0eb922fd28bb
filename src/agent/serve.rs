//! A run on the host: facts, the plan, a look, then on the desk's word the changes, then the proofs.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use crate::base::exit::Exit;
use crate::resource::app::release::Release;
use crate::resource::converge::{Change, Outcome};
use crate::resource::fault::Fault;
use crate::resource::guard;
use crate::resource::host::{Access, Host, Look};
use crate::resource::probe::Asker;
use crate::resource::{Resource, Step};

use super::local::LocalHost;
use super::wire::{Mode, Plan, ToAgent, ToDesk, receive, receive_length, send};
use super::{confirm, facts, lock, store};

/// Where every run that changed something is recorded, a JSON line a run.
const LOG: &str = "/var/lib/deployer/log";

/// Serves one desk on its standard streams. A desk that went away ends the run after the step under way.
pub fn serve(mut from: impl Read, mut to: impl Write) -> Exit {
    // What programs of ours create can be read by the services, whatever the login's umask is.
    rustix::process::umask(rustix::fs::Mode::WGRP | rustix::fs::Mode::WOTH);
    let host = LocalHost::default();
    match converse(&host, &mut from, &mut to) {
        Ok(()) => Exit::Wanted,
        Err(_) => Exit::Failed,
    }
}

fn converse(host: &LocalHost, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    match facts::read(host) {
        Ok(facts) => send(to, &ToDesk::Facts(facts))?,
        Err(fault) => return send(to, &ToDesk::Locked(fault)),
    }
    let plan = match receive(from)? {
        Some(ToAgent::Plan(plan)) => plan,
        Some(ToAgent::Confirm(token)) => {
            let state = guard::confirm(host, &token);
            return send(to, &state.map_or_else(ToDesk::Locked, ToDesk::Confirmed));
        }
        _ => return Ok(()),
    };
    if let Err(fault) = unguarded(host, &plan) {
        return send(to, &ToDesk::Locked(fault));
    }
    host.expect_units(units(&plan));
    let checked: Vec<Result<Vec<Change>, Fault>> =
        plan.steps.iter().map(|step| step.resource.verbs().changes(host)).collect();
    let differs = checked.iter().any(|c| c.as_ref().map_or(true, |changes| !changes.is_empty()));
    let missing = missing(host, &plan);
    send(to, &ToDesk::Checked { steps: checked, missing })?;
    if !differs {
        return if plan.mode == Mode::Look { Ok(()) } else { prove(host, &plan, to) };
    }
    let mut refused = None;
    loop {
        match receive(from)? {
            Some(ToAgent::Blob(digest)) => {
                let length = receive_length(from)?.unwrap_or(0);
                refused = refused.or(store::take(from, length, &digest).err());
                host.hold(&digest);
            }
            Some(ToAgent::Go) => break,
            _ => return Ok(()),
        }
    }
    match refused {
        Some(fault) => send(to, &ToDesk::Locked(fault)),
        None => change(host, &plan, to),
    }
}

/// Sees to it that no change waits to be undone under our eyes: the guard of another run is waited for, and where nobody
/// decides it, as its waiter is gone, a run that changes puts back itself what was there before.
fn unguarded(host: &LocalHost, plan: &Plan) -> Result<(), Fault> {
    match plan.mode {
        Mode::Look => guard::look(host),
        Mode::Prove => guard::outlast(host).and_then(|()| guard::look(host)),
        Mode::Change => {
            guard::outlast(host)?;
            if guard::look(host).is_ok() { Ok(()) } else { locked(host, plan).map(drop) }
        }
    }
}

/// The host's lock, and no guard left undecided.
fn locked(host: &LocalHost, plan: &Plan) -> Result<File, Fault> {
    let lock = lock::take(&plan.who, Duration::from_secs(plan.lock_wait))?;
    guard::settle(host).map(|()| lock)
}

/// Converges step by step under the lock; stops at the first failure; proves when all went well.
fn change(host: &LocalHost, plan: &Plan, to: &mut impl Write) -> io::Result<()> {
    let _lock = match locked(host, plan) {
        Ok(lock) => lock,
        Err(fault) => return send(to, &ToDesk::Locked(fault)),
    };
    // While we waited for the lock, its holder worked.
    host.forget_units();
    let mut changed = Vec::new();
    let done = converge(host, plan, &mut changed, to);
    let outcome = match &done {
        Ok(true) => "done",
        Ok(false) => "failed",
        Err(_) => "cut off",
    };
    record(host, plan, &changed, outcome);
    if !done? {
        return Ok(());
    }
    store::clear(&releases(plan).flat_map(|r| &r.files).map(|f| f.digest.as_str()).collect::<Vec<_>>());
    prove(host, plan, to)
}

/// Whether every step went well; an error is a desk that went away.
fn converge<'p>(
    host: &LocalHost,
    plan: &'p Plan,
    changed: &mut Vec<&'p str>,
    to: &mut impl Write,
) -> io::Result<bool> {
    for (index, step) in plan.steps.iter().enumerate() {
        send(to, &ToDesk::Started(index))?;
        let outcome = converge_one(host, step, to);
        let failed = matches!(outcome, Outcome::Failed(_) | Outcome::Undone(_));
        if outcome != Outcome::Unchanged {
            changed.push(step.name.as_str());
        }
        send(to, &ToDesk::Finished(index, outcome))?;
        if failed {
            return Ok(false);
        }
    }
    Ok(true)
}

fn converge_one(host: &LocalHost, step: &Step, to: &mut impl Write) -> Outcome {
    match &step.resource {
        Resource::Config(config) if let Some(seconds) = config.confirm => {
            // A desk that went away is noticed at the end of the step.
            confirm::converge(host, config, seconds, |token| {
                drop(send(to, &ToDesk::Confirm { token, seconds }))
            })
        }
        other => other.verbs().converge(host),
    }
}

fn prove(host: &LocalHost, plan: &Plan, to: &mut impl Write) -> io::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(plan.patience);
    let left = || deadline.saturating_duration_since(Instant::now());
    let answers = plan.probes.iter().map(|p| p.check("127.0.0.1", left(), Asker::Host(host)).err()).collect();
    send(to, &ToDesk::Proved(answers))
}

fn releases(plan: &Plan) -> impl Iterator<Item = &Release> {
    plan.steps.iter().filter_map(|step| match &step.resource {
        Resource::Release(release) => Some(release),
        _ => None,
    })
}

/// Digests of releases that are not here yet; hold is kept of those that are.
fn missing(host: &LocalHost, plan: &Plan) -> Vec<String> {
    let mut missing = Vec::new();
    for release in releases(plan) {
        if release.needs_payloads(host).unwrap_or(true) {
            let digests = release.files.iter().map(|f| f.digest.clone());
            missing.extend(digests.filter(|d| !host.hold(d)));
        }
    }
    missing.sort();
    missing.dedup();
    missing
}

/// Every unit the plan speaks of, so that one program run answers for all.
fn units(plan: &Plan) -> Vec<String> {
    let name = |resource: &Resource| match resource {
        Resource::Unit(unit) => Some(unit.name.clone()),
        Resource::Service(service) => Some(service.name.clone()),
        _ => None,
    };
    let mut names: Vec<String> = plan.steps.iter().filter_map(|s| name(&s.resource)).collect();
    names.sort();
    names.dedup();
    names
}

/// Adds a line to the host's log; a log that cannot be written does not undo what was done.
fn record(host: &LocalHost, plan: &Plan, changed: &[&str], outcome: &str) {
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let line = serde_json::json!({ "at": at, "who": plan.who, "outcome": outcome, "changed": changed });
    let access = Access::root(0o600);
    let written =
        host.make_directory("/var/lib/deployer", &Access { mode: 0o755, ..access.clone() }).and_then(|()| {
            let mut log = host.read(LOG)?.unwrap_or_default();
            log.extend_from_slice(format!("{line}\n").as_bytes());
            host.write(LOG, &log, &access)
        });
    drop(written);
}
