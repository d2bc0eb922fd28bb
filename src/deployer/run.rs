//! A run over many hosts: read, plan, wait until every host's plan has compiled, change, prove.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::agent::facts::Facts;
use crate::agent::wire::{Plan, ToAgent, ToDesk};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::resource::converge::{Change, Outcome};
use crate::resource::fault::Fault;
use crate::resource::probe::{Asker, Miss, Probe};

use super::interrupt::Interrupt;
use super::payload::Binaries;
use super::ssh::{Channel, Stay};
use super::target::Target;

/// How long a site that was changed may take until its probes are as expected from here.
const PATIENCE: Duration = Duration::from_secs(10);

/// Compiles one host's plan from its facts; all mistakes at once.
pub type Compile = Box<dyn Fn(&Facts) -> Result<Plan, Vec<Diagnostic>> + Send + Sync>;

/// One host of a run.
pub struct Job {
    /// How to reach it.
    pub target: Target,
    /// What it should be.
    pub compile: Compile,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Read and compare.
    Look,
    /// Ask the probes alone.
    Prove,
    /// Change and prove.
    Change,
}

/// What a run needs beside its jobs.
pub struct Options {
    /// How far it goes.
    pub mode: Mode,
    /// How many hosts at once.
    pub forks: usize,
    /// The directory for SSH's control sockets; at most 57 bytes long.
    pub control: PathBuf,
    /// The programs that can be sent.
    pub binaries: Arc<Binaries>,
    /// Who is told what happens.
    pub watcher: Arc<dyn Watch>,
    /// Who may end it early.
    pub interrupt: Interrupt,
}

/// What happens, as it happens.
pub trait Watch: Send + Sync {
    /// A host was asked; its plan has so many steps.
    fn planned(&self, host: &str, steps: usize);
    /// Step `index` begins.
    fn started(&self, host: &str, index: usize, name: &str);
    /// A step ended.
    fn finished(&self, host: &str, name: &str, outcome: &Outcome);
    /// Content is being sent, so many compressed bytes.
    fn sending(&self, host: &str, bytes: usize);
    /// A host is done.
    fn done(&self, host: &str);
}

/// What became of one host.
#[derive(Debug, Default)]
pub struct Report {
    /// The host's name.
    pub host: String,
    /// Its plan; empty when it was not reached.
    pub plan: Plan,
    /// What differed before the run, step by step.
    pub checked: Vec<Result<Vec<Change>, Fault>>,
    /// What became of every step that ended.
    pub outcomes: Vec<Outcome>,
    /// The step that had begun last.
    pub begun: Option<usize>,
    /// The host was ready and is as it was, because another was not ready.
    pub held: bool,
    /// The host's own probes: `None` is as expected. Empty when they were not asked.
    pub proved: Vec<Option<Miss>>,
    /// The probes asked from here, in the same order.
    pub proved_here: Vec<Option<Miss>>,
    /// Why the run on this host ended early.
    pub errors: Vec<Diagnostic>,
}

impl Report {
    /// How many steps differ (looking), or were changed.
    pub fn changed(&self, mode: Mode) -> usize {
        match mode {
            Mode::Look => {
                self.checked.iter().filter(|c| c.as_ref().is_ok_and(|list| !list.is_empty())).count()
            }
            Mode::Prove | Mode::Change => {
                self.outcomes.iter().filter(|o| matches!(o, Outcome::Changed(_))).count()
            }
        }
    }

    /// What failed, by the index of its step: what could not be looked at, as long as nothing was done.
    pub fn faults(&self) -> Vec<(usize, &Fault)> {
        let seen = self.checked.iter().enumerate().filter_map(|(i, c)| Some((i, c.as_ref().err()?)));
        let done = self.outcomes.iter().enumerate().filter_map(|(i, o)| match o {
            Outcome::Failed(fault) => Some((i, fault)),
            _ => None,
        });
        if self.outcomes.is_empty() { seen.collect() } else { done.collect() }
    }

    /// How many steps failed.
    pub fn failed(&self) -> usize {
        self.faults().len()
    }

    /// Probes that failed, on the host or from here.
    pub fn missed(&self) -> usize {
        self.proved.iter().chain(&self.proved_here).filter(|p| p.is_some()).count()
    }

    /// The exit status of this host alone.
    pub fn exit(&self, mode: Mode) -> Exit {
        if let Some(worst) = Exit::worst(self.errors.iter().map(|e| e.exit)) {
            return worst;
        }
        if self.failed() > 0 {
            Exit::Failed
        } else if self.missed() > 0 {
            Exit::Probe
        } else if mode == Mode::Look && self.changed(mode) > 0 {
            Exit::Differs
        } else {
            Exit::Wanted
        }
    }
}

/// A host that was asked and has compared.
struct Asked {
    index: usize,
    channel: Channel,
    report: Report,
    missing: Vec<String>,
    address: String,
    early: Option<JoinHandle<Vec<Option<Miss>>>>,
}

/// Runs all jobs; reports come in their order.
///
/// No host is changed unless every host was reached and every host's plan compiled.
pub async fn run(jobs: Vec<Job>, options: &Options) -> Vec<Report> {
    let mut reports: BTreeMap<usize, Report> = BTreeMap::new();
    let mut asked = ask_all(jobs, options, &mut reports).await;
    let failed =
        reports.values().any(|r| !r.errors.is_empty()) || asked.iter().any(|a| a.report.failed() > 0);
    let stopped = options.mode == Mode::Change && failed;
    let mut under_way = JoinSet::new();
    let limit = Arc::new(Semaphore::new(options.forks.max(1)));
    for mut host in asked.drain(..) {
        if stopped || options.mode == Mode::Look {
            let ready = host.report.errors.is_empty() && host.report.failed() == 0;
            if options.interrupt.is_set() {
                host.report.errors.push(interrupted(&host.report.host));
            } else {
                host.report.held = options.mode == Mode::Change && ready;
            }
            reports.insert(host.index, host.report);
            continue;
        }
        let (limit, binaries) = (Arc::clone(&limit), Arc::clone(&options.binaries));
        let (watcher, interrupt) = (Arc::clone(&options.watcher), options.interrupt.clone());
        under_way.spawn(async move {
            let changed = async {
                let _slot = limit.acquire().await;
                change(&mut host, &binaries, watcher.as_ref()).await
            };
            let changed = tokio::select! {
                changed = changed => changed,
                () = interrupt.wait() => Err(interrupted(&host.report.host)),
            };
            host.report.errors.extend(changed.err());
            watcher.done(&host.report.host);
            (host.index, host.report)
        });
    }
    while let Some(joined) = under_way.join_next().await {
        if let Ok((index, report)) = joined {
            reports.insert(index, report);
        }
    }
    reports.into_values().collect()
}

async fn ask_all(jobs: Vec<Job>, options: &Options, reports: &mut BTreeMap<usize, Report>) -> Vec<Asked> {
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
    plan.prove = match mode {
        Mode::Look => None,
        Mode::Prove => Some(0),
        Mode::Change => Some(PATIENCE.as_secs()),
    };
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
    let proves_itself = plan.prove.is_some() && checked.iter().all(|c| c.as_ref().is_ok_and(Vec::is_empty));
    let early =
        proves_itself.then(|| tokio::spawn(prove(address.clone(), plan.probes.clone(), Duration::ZERO)));
    let report = Report { host: job.target.name.clone(), plan, checked, ..Report::default() };
    Ok(Asked { index, channel, report, missing, address, early })
}

/// Sends what is missing, gives the word, and follows the host to its end.
async fn change(host: &mut Asked, binaries: &Binaries, watcher: &dyn Watch) -> Result<(), Diagnostic> {
    let differs = host.report.checked.iter().any(|c| c.as_ref().map_or(true, |list| !list.is_empty()));
    if differs {
        for digest in &host.missing {
            let packed = binaries.with_digest(digest).map(|b| b.packed());
            let Some(Ok(packed)) = packed else {
                return Err(
                    Diagnostic::error(format!("the program with digest {digest} is gone")).exit(Exit::Failed)
                );
            };
            watcher.sending(&host.report.host, packed.len());
            host.channel.send(&ToAgent::Blob(digest.clone())).await?;
            host.channel.send_bytes(&packed).await?;
        }
        host.channel.send(&ToAgent::Go).await?;
    }
    loop {
        match host.channel.receive().await? {
            ToDesk::Started(index) => {
                host.report.begun = Some(index);
                if let Some(step) = host.report.plan.steps.get(index) {
                    watcher.started(&host.report.host, index, &step.name);
                }
            }
            ToDesk::Finished(index, outcome) => {
                let name = host.report.plan.steps.get(index).map_or("", |s| s.name.as_str());
                watcher.finished(&host.report.host, name, &outcome);
                let failed = matches!(outcome, Outcome::Failed(_));
                host.report.outcomes.push(outcome);
                if failed {
                    return Ok(());
                }
            }
            ToDesk::Proved(proved) => {
                host.report.proved = proved;
                host.report.proved_here = proved_here(host, differs).await;
                return Ok(());
            }
            other => return Err(refused(&host.report.host, other)),
        }
    }
}

/// Somebody ended the run.
pub fn interrupted(host: &str) -> Diagnostic {
    let error = Diagnostic::error(format!("{host}: the run was interrupted")).exit(Exit::Failed);
    error.fix("run the same command again; it continues where this one stopped")
}

/// A fault that ended the conversation.
fn refused(host: &str, frame: ToDesk) -> Diagnostic {
    match frame {
        ToDesk::Locked(fault) => {
            let error = Diagnostic::error(format!("{host}: {}", fault.message)).exit(Exit::Failed);
            Diagnostic { fix: fault.fix, ..error }
        }
        _ => Diagnostic::error(format!("{host}: the agent spoke out of turn")).exit(Exit::Bug),
    }
}

/// The probes from here: what was answered while the host asked itself, unless it has changed since or did not suffice.
async fn proved_here(host: &mut Asked, differs: bool) -> Vec<Option<Miss>> {
    if let Some(early) = host.early.take().filter(|_| !differs)
        && let Ok(answers) = early.await
        && answers.iter().all(Option::is_none)
    {
        return answers;
    }
    // Where the host itself missed some, waiting longer helps no more.
    let patience = if host.report.missed() > 0 { Duration::ZERO } else { PATIENCE };
    prove(host.address.clone(), host.report.plan.probes.clone(), patience).await
}

/// Asks every probe of a host from here, all at once, each until it is as expected or `patience` is over.
pub async fn prove(address: String, probes: Vec<Probe>, patience: Duration) -> Vec<Option<Miss>> {
    let mut under_way = JoinSet::new();
    let mut answers = vec![None; probes.len()];
    for (index, probe) in probes.into_iter().enumerate() {
        let address = address.clone();
        under_way.spawn_blocking(move || (index, probe.check(&address, patience, Asker::Desk).err()));
    }
    while let Some(Ok((index, miss))) = under_way.join_next().await {
        answers[index] = miss;
    }
    answers
}
