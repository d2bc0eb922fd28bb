//! Reaching hosts, compiling their plans, and hearing what differs; nothing is changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::agent::wire::{ToAgent, ToDesk};
use crate::base::diagnostic::Diagnostic;
use crate::deployer::payload::Binaries;
use crate::deployer::ssh::{Channel, Stay};
use crate::resource::probe::Miss;

use super::prove::{PATIENCE, prove};
use super::report::Report;
use super::{Job, Mode, Options, interrupted, refused};

/// A host that was asked and has compared.
pub struct Asked {
    /// Its place among the jobs.
    pub index: usize,
    /// The conversation with its agent, which waits for the word.
    pub channel: Channel,
    /// What is known of it.
    pub report: Report,
    /// Digests of contents that it lacks.
    pub missing: Vec<String>,
    /// Where its site is asked from here.
    pub address: String,
    /// The probes of a host that is as wanted, asked from here already.
    pub early: Option<JoinHandle<Vec<Option<Miss>>>>,
}

impl Asked {
    /// Whether anything is not as wanted.
    pub fn differs(&self) -> bool {
        self.report.checked.iter().any(|c| c.as_ref().map_or(true, |list| !list.is_empty()))
    }
}

/// Asks all hosts, some at once: those that answered, in the order of the jobs; the others' reports are added.
pub async fn ask_all(jobs: Vec<Job>, options: &Options, reports: &mut BTreeMap<usize, Report>) -> Vec<Asked> {
    let mut under_way = JoinSet::new();
    let limit = Arc::new(Semaphore::new(options.forks.max(1)));
    for (index, job) in jobs.into_iter().enumerate() {
        let (limit, binaries) = (Arc::clone(&limit), Arc::clone(&options.binaries));
        let (control, watcher, mode) = (options.control.clone(), Arc::clone(&options.watcher), options.mode);
        let interrupt = options.interrupt.clone();
        under_way.spawn(async move {
            let asked = async {
                let _slot = limit.acquire().await;
                ask(index, &job, &binaries, &control, mode).await
            };
            let asked = tokio::select! {
                asked = asked => asked,
                () = interrupt.wait() => Err(vec![interrupted(&job.target.name)]),
            };
            if let Ok(asked) = &asked {
                watcher.planned(&job.target.name, asked.report.plan.steps.len());
            }
            asked.map_err(|errors| {
                (index, Report { host: job.target.name.clone(), errors, ..Report::default() })
            })
        });
    }
    let mut asked = Vec::new();
    while let Some(joined) = under_way.join_next().await {
        match joined {
            Ok(Ok(host)) => asked.push(host),
            Ok(Err((index, report))) => drop(reports.insert(index, report)),
            Err(_) => {}
        }
    }
    asked.sort_by_key(|host: &Asked| host.index);
    asked
}

async fn ask(
    index: usize,
    job: &Job,
    binaries: &Binaries,
    control: &std::path::Path,
    mode: Mode,
) -> Result<Asked, Vec<Diagnostic>> {
    let one = |error: Diagnostic| vec![error];
    let stay = if mode == Mode::Change { Stay::Kept } else { Stay::Gone };
    let mut channel = Channel::open(&job.target, &binaries.agent, stay, control).await.map_err(one)?;
    let facts = match channel.receive().await.map_err(one)? {
        ToDesk::Facts(facts) => facts,
        other => return Err(vec![refused(&job.target.name, other)]),
    };
    let mut plan = (job.compile)(&facts)?;
    plan.mode = mode;
    if mode == Mode::Change {
        plan.patience = PATIENCE.as_secs();
    }
    if mode == Mode::Prove {
        plan.steps.clear();
    }
    let address = job.target.probe_address();
    channel.send(&ToAgent::Plan(plan.clone())).await.map_err(one)?;
    let (checked, missing) = match channel.receive().await.map_err(one)? {
        ToDesk::Checked { steps, missing } => (steps, missing),
        other => return Err(vec![refused(&job.target.name, other)]),
    };
    // A host that is as wanted is asked from here while it asks itself. Not earlier: a request wakes a stopped
    // service through its socket, and what differs would be mended unseen.
    let proves_itself = mode != Mode::Look && checked.iter().all(|c| c.as_ref().is_ok_and(Vec::is_empty));
    let early =
        proves_itself.then(|| tokio::spawn(prove(address.clone(), plan.probes.clone(), Duration::ZERO)));
    let report = Report { host: job.target.name.clone(), plan, checked, ..Report::default() };
    Ok(Asked { index, channel, report, missing, address, early })
}
