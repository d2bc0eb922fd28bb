//! Which hosts are changed together, and when no further ones are; pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::exit::Exit;
use crate::deployer::playbook::Serial;

use super::Mode;
use super::report::Report;

/// How a run goes over its hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rolling {
    /// Hosts that take turns. A host in no lane has no reason to wait.
    pub lanes: Vec<Lane>,
    /// How many hosts may fail. A host behind no gate may not.
    pub gates: Vec<Gate>,
    /// Hosts whose turn is when all others are done.
    pub last: BTreeSet<String>,
}

/// Hosts that take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// By name.
    pub hosts: BTreeSet<String>,
    /// How many at once.
    pub serial: Serial,
}

/// Hosts of which some may fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// By name.
    pub hosts: BTreeSet<String>,
    /// With one more, no further host is begun.
    pub max_fail: usize,
}

impl Rolling {
    /// The batches of some hosts, by their places in `hosts`; each host with whether it is to be changed.
    ///
    /// A host goes into the first batch in which all its lanes have room. One that is not changed takes no room.
    pub fn batches(&self, hosts: &[(&str, bool)]) -> Vec<Vec<usize>> {
        let mut batches: Vec<Vec<usize>> = Vec::new();
        for is_last in [false, true] {
            let first = batches.len();
            let mut taken: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            let ours = hosts.iter().enumerate().filter(|(_, (name, _))| self.last.contains(*name) == is_last);
            for (place, (name, differs)) in ours {
                let lanes =
                    self.lanes.iter().enumerate().filter(|(_, l)| *differs && l.hosts.contains(*name));
                let has_room = |batch: usize| {
                    lanes.clone().all(|(at, lane)| {
                        let taken = taken.get(&(at, batch)).copied().unwrap_or_default();
                        taken < lane.serial.size(batch, lane.hosts.len())
                    })
                };
                // Every size is at least one, so a batch beyond all others has room.
                let batch = (0..).find(|batch| has_room(*batch)).unwrap_or_default();
                lanes.for_each(|(at, _)| *taken.entry((at, batch)).or_default() += 1);
                batches.resize(batches.len().max(first + batch + 1), Vec::new());
                batches[first + batch].push(place);
            }
        }
        batches
    }

    /// Whether more hosts failed than may.
    pub fn is_over<'r>(&self, reports: impl Iterator<Item = &'r Report>) -> bool {
        let failed = reports.filter(|r| r.exit(Mode::Change) != Exit::Wanted).map(|r| r.host.as_str());
        let failed: Vec<&str> = failed.collect();
        let behind = |gate: &Gate| failed.iter().filter(|host| gate.hosts.contains(**host)).count();
        failed.iter().any(|host| !self.gates.iter().any(|gate| gate.hosts.contains(*host)))
            || self.gates.iter().any(|gate| behind(gate) > gate.max_fail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diagnostic::Diagnostic;
    use crate::deployer::playbook::Share;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn lane(hosts: &[&str], sizes: &[Share]) -> Lane {
        Lane { hosts: names(hosts), serial: Serial(sizes.to_vec()) }
    }

    fn batches(rolling: &Rolling, hosts: &[&str]) -> Vec<Vec<usize>> {
        rolling.batches(&hosts.iter().map(|host| (*host, true)).collect::<Vec<_>>())
    }

    #[test]
    fn without_a_lane_all_hosts_are_changed_at_once() {
        assert_eq!(batches(&Rolling::default(), &["a", "b"]), [[0, 1]]);
        assert_eq!(batches(&Rolling::default(), &[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_lane_has_room_for_so_many_and_the_others_do_not_wait_for_it() {
        let lanes = vec![lane(&["a", "b", "c", "d"], &[Share::Count(1), Share::Percent(50)])];
        let rolling = Rolling { lanes, ..Rolling::default() };
        assert_eq!(batches(&rolling, &["a", "x", "b", "c", "d"]), [vec![0, 1], vec![2, 3], vec![4]]);
    }

    #[test]
    fn a_host_of_two_lanes_waits_until_both_have_room() {
        let one = [Share::Count(1)];
        let lanes = vec![lane(&["a", "b"], &one), lane(&["x", "a"], &one)];
        let rolling = Rolling { lanes, ..Rolling::default() };
        assert_eq!(batches(&rolling, &["x", "a", "b"]), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn a_host_that_is_as_wanted_takes_no_room_and_the_last_come_last() {
        let lanes = vec![lane(&["a", "b"], &[Share::Count(1)])];
        let rolling = Rolling { lanes, last: names(&["lb"]), ..Rolling::default() };
        let hosts = [("lb", false), ("a", false), ("b", true)];
        assert_eq!(rolling.batches(&hosts), [vec![1, 2], vec![0]]);
    }

    #[test]
    fn more_failures_than_may_be_end_a_run_and_hosts_that_cannot_be_reached_count() {
        let report = |host: &str, lost: bool| {
            let error = Diagnostic::error("lost").exit(Exit::Unreachable);
            let errors = if lost { vec![error] } else { Vec::new() };
            Report { host: host.into(), errors, ..Report::default() }
        };
        let gates = vec![Gate { hosts: names(&["a", "b", "c"]), max_fail: 1 }];
        let rolling = Rolling { gates, ..Rolling::default() };
        let is_over = |lost: &[&str]| {
            let reports = ["a", "b", "c", "x"].map(|host| report(host, lost.contains(&host)));
            rolling.is_over(reports.iter())
        };
        assert_eq!(
            [is_over(&[]), is_over(&["a"]), is_over(&["a", "c"]), is_over(&["x"])],
            [false, false, true, true]
        );
    }
}
