//! A run over many hosts: read, plan, wait until every host's plan has compiled, change, prove.

mod ask;
mod batch;
mod change;
mod confirm;
mod drain;
mod prove;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::agent::facts::Facts;
use crate::agent::wire::{Plan, ToDesk};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::resource::converge::Outcome;

use super::interrupt::Interrupt;
use super::payload::Binaries;
use super::target::Target;

use ask::{Asked, ask_all};
use change::change;
use drain::Drained;

pub use crate::agent::wire::Mode;
pub use batch::{Gate, Lane, Rolling};
pub use drain::{Balancer, Front};
pub use prove::prove;
pub use report::{Held, Report};

/// Compiles one host's plan from its facts; all mistakes at once.
pub type Compile = Box<dyn Fn(&Facts) -> Result<Plan, Vec<Diagnostic>> + Send + Sync>;

/// One host of a run.
pub struct Job {
    /// How to reach it.
    pub target: Target,
    /// What it should be.
    pub compile: Compile,
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
    /// Which hosts are changed together, and how many may fail.
    pub rolling: Rolling,
    /// The balancers in front of them.
    pub front: Front,
}

/// What happens, as it happens.
pub trait Watch: Send + Sync {
    /// Of several batches one begins: its number, counted from 1, and theirs; the hosts that it changes.
    fn batch(&self, turn: (usize, usize), hosts: &[&str]);
    /// Something beside the steps happened on a host.
    fn aside(&self, host: &str, text: &str);
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

/// Runs all jobs; reports come in their order.
///
/// No host is changed unless every host's plan compiled, and no more hosts could not be reached than may fail. Batches are
/// changed one after the other, each only if those before are as expected.
pub async fn run(jobs: Vec<Job>, options: &Options) -> Vec<Report> {
    let mut reports: BTreeMap<usize, Report> = BTreeMap::new();
    let mut asked = ask_all(jobs, options, &mut reports).await;
    match options.mode {
        Mode::Look => asked.drain(..).for_each(|host| leave(host, None, options, &mut reports)),
        Mode::Prove => change_all(asked, options, &mut reports).await,
        Mode::Change => change_in_batches(asked, options, &mut reports).await,
    }
    reports.into_values().collect()
}

async fn change_in_batches(asked: Vec<Asked>, options: &Options, reports: &mut BTreeMap<usize, Report>) {
    let (ready, unready): (Vec<Asked>, Vec<Asked>) = asked.into_iter().partition(|a| a.report.failed() == 0);
    unready.into_iter().for_each(|host| leave(host, None, options, reports));
    let mut why = Held::Unready;
    let mut stopped = reports.values().any(|r| r.errors.iter().any(|e| e.exit == Exit::Input));
    let hosts: Vec<(&str, bool)> = ready.iter().map(|a| (a.report.host.as_str(), a.differs())).collect();
    let batches = options.rolling.batches(&hosts);
    let mut turn = (0, batches.iter().filter(|batch| batch.iter().any(|index| hosts[*index].1)).count());
    let mut waiting: Vec<Option<Asked>> = ready.into_iter().map(Some).collect();
    let mut drained = Drained::default();
    for (number, batch) in batches.iter().enumerate() {
        let mut hosts: Vec<Asked> = batch.iter().filter_map(|index| waiting[*index].take()).collect();
        stopped = stopped || options.interrupt.is_set() || options.rolling.is_over(reports.values());
        if stopped {
            hosts.into_iter().for_each(|host| leave(host, Some(why), options, reports));
            continue;
        }
        let changing: Vec<&str> =
            hosts.iter().filter(|h| h.differs()).map(|h| h.report.host.as_str()).collect();
        turn.0 += usize::from(!changing.is_empty());
        if turn.1 > 1 && !changing.is_empty() {
            options.watcher.batch(turn, &changing);
        }
        drained.only(&changing, options, reports).await;
        if number > 0 {
            // What was answered before others were changed proves nothing now.
            hosts.iter_mut().for_each(|host| host.early = None);
        }
        change_all(hosts, options, reports).await;
        why = Held::Batch;
    }
    drained.only(&[], options, reports).await;
    drained.tell(options, reports);
}

/// A host that is not changed: it was only looked at, is not ready, or is held back.
fn leave(mut host: Asked, held: Option<Held>, options: &Options, reports: &mut BTreeMap<usize, Report>) {
    if options.interrupt.is_set() {
        host.report.errors.push(interrupted(&host.report.host));
    } else {
        host.report.held = held;
    }
    reports.insert(host.index, host.report);
}

/// Changes hosts, some at once, and waits for their ends.
async fn change_all(hosts: Vec<Asked>, options: &Options, reports: &mut BTreeMap<usize, Report>) {
    let mut under_way = JoinSet::new();
    let limit = Arc::new(Semaphore::new(options.forks.max(1)));
    for mut host in hosts {
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
