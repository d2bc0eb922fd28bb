//! The site under load while everything behind it is renewed.

use std::time::Duration;

use crate::support::desk::{Desk, Login};
use crate::support::host::Sandbox;
use crate::support::load;

const HOST: &str = "host-1";
/// Requests per second.
const RATE: u32 = 1000;
/// How many of them must have been answered at least.
const ENOUGH: f64 = 950.0;
/// Every application and a file; the page that costs most comes once in eight.
const PATHS: [&str; 8] = [
    "/airbnb-onepage/",
    "/api/v1/states",
    "/static/styles/hbnb.css",
    "/airbnb-dynamic/number_odd_or_even/5",
    "/api/v1/status",
    "/airbnb-onepage/",
    "/",
    "/static/styles/hbnb.css",
];

#[test]
#[ignore = "needs root"]
fn a_thousand_requests_a_second_lose_none_to_reloads_and_releases() {
    let hosts = Sandbox::start("load", 1);
    let mut desk = Desk::new(&hosts, Login::Variables);
    desk.apply();
    reloads_lose_nothing(&hosts);
    a_new_release_loses_nothing(&hosts, &mut desk);
}

fn reloads_lose_nothing(hosts: &Sandbox) {
    let reloads = "for round in 1 2 3 4 5; do \
                   for app in onepage dynamic api web; do sudo systemctl reload hbnb-$app; sleep 1; done; \
                   sudo systemctl reload nginx; sleep 1; done";
    let masters = "systemctl show -P MainPID hbnb-onepage hbnb-dynamic hbnb-api hbnb-web nginx";
    let before = hosts.read(HOST, masters);
    let address = hosts.host(HOST).address;
    let count =
        load::during(address, RATE, &PATHS, Duration::from_secs(30), || drop(hosts.read(HOST, reloads)));
    count.tell("20 reloads of applications, 5 of nginx");
    assert_eq!(count.failed, Vec::<String>::new());
    assert!(count.rate() >= ENOUGH, "{:.0}/s", count.rate());
    assert_eq!(hosts.read(HOST, masters), before, "the masters are the same processes");
    let reloaded = "sudo journalctl -u 'hbnb-*' -o cat | grep -c '^Reloaded '";
    assert_eq!(hosts.read(HOST, reloaded), "20");
}

fn a_new_release_loses_nothing(hosts: &Sandbox, desk: &mut Desk) {
    let releases = || hosts.read(HOST, "ls /opt/hbnb/releases; readlink /opt/hbnb/current");
    let old = releases();
    let (old, current) = old.rsplit_once('\n').unwrap();
    desk.new_version("another");
    let count = load::during(hosts.host(HOST).address, RATE, &PATHS, Duration::from_secs(20), || {
        let changed = desk.apply();
        assert!(changed.contains("release") && changed.contains("service web"), "{changed:?}");
    });
    count.tell("a new release");
    assert_eq!(count.failed, Vec::<String>::new());
    let now = releases();
    let (kept, live) = now.rsplit_once('\n').unwrap();
    assert_ne!(live, current);
    assert_eq!(kept.lines().filter(|id| format!("releases/{id}") != live).collect::<Vec<_>>(), [old]);
    assert_eq!(desk.apply().len(), 0);
}
