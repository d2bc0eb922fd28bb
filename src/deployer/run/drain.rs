//! Hosts that are changed get no new requests: their balancers drain them before, and send to them again after.

use std::collections::{BTreeMap, BTreeSet};

use crate::agent::wire::{Plan, ToAgent, ToDesk};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::deployer::ssh::{Channel, Stay};
use crate::deployer::target::Target;
use crate::resource::converge::Outcome;
use crate::resource::fault::Fault;
use crate::resource::web::drain::{Drain, Upstream};
use crate::resource::{Resource, Step};

use super::report::Report;
use super::{Mode, Options, interrupted, refused};

/// The balancers in front of a run's hosts.
#[derive(Clone, Debug, Default)]
pub struct Front {
    /// A site each; a host can have several.
    pub balancers: Vec<Balancer>,
    /// Who runs this, from where.
    pub who: String,
    /// Seconds to wait for another run's lock.
    pub lock_wait: u64,
}

/// A site that balances.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// How to reach its host.
    pub target: Target,
    /// The group of the servers behind it.
    pub upstream: Upstream,
    /// The hosts behind it, by name, each as it is asked.
    pub seats: BTreeMap<String, String>,
}

/// The hosts that are drained now.
#[derive(Default)]
pub struct Drained {
    hosts: BTreeSet<String>,
    /// Balancers that did not do as told; told once.
    lost: BTreeSet<String>,
}

impl Drained {
    /// Drains these hosts, and ends it for those before that are as expected; the others stay drained.
    ///
    /// A balancer that does not drain is no reason to change nothing: the hosts' own services restart without a gap. One
    /// that does not send again is an error of the host that it leaves out.
    pub async fn only(&mut self, hosts: &[&str], options: &Options, reports: &mut BTreeMap<usize, Report>) {
        let is_good = |r: &&Report| r.held.is_none() && r.exit(Mode::Change) == Exit::Wanted;
        let good = reports.values().filter(is_good);
        let expected: BTreeSet<String> = good.map(|report| report.host.clone()).collect();
        let stay = self.hosts.difference(&expected).cloned();
        let wanted: BTreeSet<String> = stay.chain(hosts.iter().map(ToString::to_string)).collect();
        let balancers = &options.front.balancers;
        let names: BTreeSet<&String> = balancers.iter().map(|balancer| &balancer.target.name).collect();
        let mut kept = BTreeSet::new();
        for name in names {
            let sites: Vec<&Balancer> = balancers.iter().filter(|b| b.target.name == *name).collect();
            let behind = |host: &String| sites.iter().any(|site| site.seats.contains_key(host));
            let now: BTreeSet<String> = wanted.iter().filter(|host| behind(host)).cloned().collect();
            let before: BTreeSet<String> = self.hosts.iter().filter(|host| behind(host)).cloned().collect();
            if now == before {
                continue;
            }
            match tell(&sites, &now, &expected, options).await {
                Ok(true) => options.watcher.aside(name, &words(&before, &now)),
                Ok(false) => {}
                Err(error) => {
                    if self.lost.insert(name.clone()) {
                        options.watcher.aside(name, &format!("does not drain: {}", error.message));
                    }
                    kept.extend(before.difference(&now).cloned());
                }
            }
        }
        for report in reports.values_mut().filter(|report| kept.contains(&report.host)) {
            let left = format!("{}: its balancer still sends it nothing", report.host);
            let error = Diagnostic::error(left).exit(Exit::Failed);
            report.errors.push(error.fix("run the same command again; it puts the host back"));
        }
        self.hosts =
            wanted.into_iter().filter(|host| balancers.iter().any(|b| b.seats.contains_key(host))).collect();
        self.hosts.extend(kept);
    }

    /// Notes in their reports which hosts are left drained.
    pub fn tell(&self, options: &Options, reports: &mut BTreeMap<usize, Report>) {
        for report in reports.values_mut().filter(|report| self.hosts.contains(&report.host)) {
            let own = options.front.balancers.iter().filter(|b| b.seats.contains_key(&report.host));
            let names = own.map(|b| b.target.name.clone()).filter(|name| !self.lost.contains(name));
            report.drained = names.collect();
            report.drained.dedup();
        }
    }
}

/// `drained web-01`, `sends to web-01 again, drained web-02`.
fn words(before: &BTreeSet<String>, now: &BTreeSet<String>) -> String {
    let list = |hosts: Vec<&String>| hosts.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let back = list(before.difference(now).collect());
    let down = list(now.difference(before).collect());
    let back = if back.is_empty() { back } else { format!("sends to {back} again") };
    let down = if down.is_empty() { down } else { format!("drained {down}") };
    [back, down].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Tells one balancer which hosts are drained at all its sites and which are good, and waits until it is so; whether it
/// was not so before.
async fn tell(
    sites: &[&Balancer],
    hosts: &BTreeSet<String>,
    good: &BTreeSet<String>,
    options: &Options,
) -> Result<bool, Diagnostic> {
    let Some(target) = sites.first().map(|site| &site.target) else { return Ok(false) };
    let plan = plan(sites, hosts, good, &options.front);
    tokio::select! {
        told = converse(target, plan, options) => told,
        () = options.interrupt.wait() => Err(interrupted(&target.name)),
    }
}

fn plan(sites: &[&Balancer], hosts: &BTreeSet<String>, good: &BTreeSet<String>, front: &Front) -> Plan {
    let step = |site: &&Balancer| {
        let servers = |wanted: &dyn Fn(&String) -> bool| {
            site.seats.iter().filter(|(host, _)| wanted(host)).map(|(_, server)| server.clone()).collect()
        };
        let resource = Resource::Drain(Drain {
            upstream: site.upstream.clone(),
            down: servers(&|host| hosts.contains(host)),
            up: servers(&|host| good.contains(host) && !hosts.contains(host)),
        });
        Step { name: format!("drain at {}", site.upstream.name()), place: String::new(), resource }
    };
    let steps = sites.iter().map(step).collect();
    Plan { steps, mode: Mode::Change, who: front.who.clone(), lock_wait: front.lock_wait, ..Plan::default() }
}

async fn converse(target: &Target, plan: Plan, options: &Options) -> Result<bool, Diagnostic> {
    let failed = |fault: Fault| Diagnostic::error(fault.message).exit(Exit::Failed);
    let mut channel = Channel::open(target, &options.binaries.agent, Stay::Kept, &options.control).await?;
    match channel.receive().await? {
        ToDesk::Facts(_) => {}
        other => return Err(refused(&target.name, other)),
    }
    channel.send(&ToAgent::Plan(plan)).await?;
    match channel.receive().await? {
        ToDesk::Checked { steps, .. } => {
            let checked: Result<Vec<_>, Fault> = steps.into_iter().collect();
            if checked.map_err(failed)?.iter().all(Vec::is_empty) {
                return Ok(false);
            }
        }
        other => return Err(refused(&target.name, other)),
    }
    channel.send(&ToAgent::Go).await?;
    loop {
        match channel.receive().await? {
            ToDesk::Finished(_, Outcome::Failed(fault)) => return Err(failed(fault)),
            ToDesk::Started(_) | ToDesk::Finished(..) => {}
            ToDesk::Proved(_) => return Ok(true),
            other => return Err(refused(&target.name, other)),
        }
    }
}
