//! Two desks and one host: one run at a time.

use std::collections::BTreeSet;

use crate::support::desk::{Desk, Login, Said};
use crate::support::host::Sandbox;

const HOST: &str = "host-1";

#[test]
#[ignore = "needs root"]
fn of_two_runs_at_once_one_waits_for_the_other() {
    let hosts = Sandbox::start("two", 1);
    let (one, mut other) = (Desk::new(&hosts, Login::Sandbox), Desk::new(&hosts, Login::Variables));
    both_are_good_and_one_does_the_work(&one, &other);
    without_patience_the_second_is_told_who_holds_the_lock(&hosts, &one, &other);
    other.new_version("other");
    two_versions_at_once_are_both_put_down(&hosts, &one, &other);
}

fn both_are_good_and_one_does_the_work(one: &Desk, other: &Desk) {
    let arguments = ["apply", "--format", "json", "--lock-wait", "200"];
    let runs = [one.begin("one", &arguments), other.begin("other", &arguments)];
    let said = runs.map(|run| run.finish());
    assert_eq!(said.each_ref().map(|s| s.exit), [Some(0); 2], "{said:#?}");
    let mut changed = said.each_ref().map(Said::changed);
    changed.sort_by_key(BTreeSet::len);
    assert_eq!(changed[0], BTreeSet::new());
    assert!(changed[1].len() > 20, "{changed:?}");
}

fn without_patience_the_second_is_told_who_holds_the_lock(hosts: &Sandbox, one: &Desk, other: &Desk) {
    take_the_releases_away(hosts);
    let mut first = one.begin("first", &["apply", "--format", "plain"]);
    first.wait_for("changed release");
    // The agent stops where it is, so that the second surely comes in between.
    signal_agent(hosts, "STOP");
    let second = other.run(&["apply", "--lock-wait", "0"]);
    signal_agent(hosts, "CONT");
    assert_eq!(second.exit, Some(4), "{second:#?}");
    let holder = "host-1: another run holds this host's lock: first on ";
    assert!(second.err.contains(holder), "{second:#?}");
    assert!(second.err.contains("fix: wait for it to end"), "{second:#?}");
    let first = first.finish();
    assert_eq!(first.exit, Some(0), "{first:#?}");
    assert_eq!(other.apply().len(), 0);
}

fn two_versions_at_once_are_both_put_down(hosts: &Sandbox, one: &Desk, other: &Desk) {
    take_the_releases_away(hosts);
    let arguments = ["apply", "--format", "json", "--lock-wait", "200"];
    let runs = [one.begin("one", &arguments), other.begin("other", &arguments)];
    let said = runs.map(|run| run.finish());
    assert_eq!(said.each_ref().map(|s| s.exit), [Some(0); 2], "{said:#?}");
    assert!(said.iter().all(|s| s.changed().contains("release")), "{said:#?}");
    assert_eq!(hosts.read(HOST, "ls /opt/hbnb/releases | wc -l"), "2");
}

/// A run after this one has much to do.
fn take_the_releases_away(hosts: &Sandbox) {
    hosts.read(HOST, "sudo sh -c 'systemctl stop hbnb-*; rm -r /opt/hbnb /var/lib/hbnb'");
}

/// Signals every agent on the host; its program lies where only agents lie.
fn signal_agent(hosts: &Sandbox, signal: &str) {
    let script = format!(
        "for p in /proc/[0-9]*; do case $(readlink $p/exe) in /var/lib/deployer/bin/*) kill -{signal} ${{p#/proc/}} && echo done;; esac; done"
    );
    assert_eq!(hosts.read(HOST, &format!("sudo sh -c '{script}'")), "done", "one agent works");
}
