//! Nginx as the balancer.

use std::time::Duration;

use super::{
    BALANCER, DRAINED, HOSTS, OVER, PATHS, SILENT, a_failed_probe_stops_what_comes_after,
    a_host_that_is_left_drained_comes_back, a_host_that_vanishes_loses_nothing,
    a_new_release_loses_no_request, ask, balanced, batches, both_serve,
    each_host_answers_in_its_turn_under_its_own_name, served_by,
    the_application_sees_the_client_and_believes_no_stranger,
    the_scheme_is_the_balancers_word_and_nobody_elses, until, without_loss,
};
use crate::support::desk::Desk;
use crate::support::gixy;
use crate::support::host::Sandbox;
use crate::support::load;

/// What it is told.
const NGINX: &str = "{ balance: { group: web, health: /airbnb-onepage/ } }";

#[test]
#[ignore = "needs root"]
fn requests_go_round_and_a_lost_host_costs_none() {
    let (hosts, _desk) = balanced("balance", NGINX);
    each_host_answers_in_its_turn_under_its_own_name(&hosts);
    the_application_sees_the_client_and_believes_no_stranger(&hosts);
    the_scheme_is_the_balancers_word_and_nobody_elses(&hosts);
    a_host_without_its_nginx_costs_nothing(&hosts);
    a_request_that_may_not_be_done_twice_is_sent_once(&hosts);
    a_host_that_vanishes_loses_nothing(&hosts);
    [BALANCER, HOSTS[0], HOSTS[1]].iter().for_each(|host| gixy::finds_nothing(&hosts, host));
}

fn a_host_without_its_nginx_costs_nothing(hosts: &Sandbox) {
    let address = hosts.host(BALANCER).address;
    let count = load::during(address, 300, &PATHS, Duration::from_secs(6), || {
        hosts.read(HOSTS[0], "sudo pkill -9 nginx; true");
    });
    without_loss(&count, "nginx of one of two hosts killed");
    assert_eq!(served_by(&ask(hosts, BALANCER, "GET", "")), [HOSTS[1]]);
    hosts.read(HOSTS[0], "sudo systemctl restart nginx");
}

/// The first host takes requests and answers nothing: a GET is asked of the other one, a POST is not.
fn a_request_that_may_not_be_done_twice_is_sent_once(hosts: &Sandbox) {
    both_serve(hosts);
    hosts.read(HOSTS[0], &format!("cat >/tmp/silent.pl <<'END'\n{SILENT}END\nsudo systemctl stop nginx; sudo systemd-run -u silent perl /tmp/silent.pl; until grep -q ':0050 00000000:0000 0A' /proc/net/tcp; do :; done"));
    let posts = || {
        let other = "sudo grep -c '\"POST ' /var/log/nginx/access.log || true";
        let silent = "grep -c POST /tmp/seen || true";
        let count = |host, command| hosts.read(host, command).parse::<usize>().unwrap();
        (count(HOSTS[0], silent), count(HOSTS[1], other))
    };
    let refused = (0..10).filter(|_| ask(hosts, BALANCER, "POST", "").status == 502).count();
    let (silent, other) = posts();
    assert!(
        refused > 0 && silent == refused && silent + other == 10,
        "{refused} refused, {silent} + {other}"
    );
    until("a GET meets the silent host", || {
        assert_eq!(ask(hosts, BALANCER, "GET", "").status, 200);
        hosts.read(HOSTS[0], "grep -c GET /tmp/seen || true") != "0"
    });
    hosts.read(HOSTS[0], "sudo systemctl stop silent; sudo systemctl start nginx");
}

#[test]
#[ignore = "needs root"]
fn a_change_goes_over_the_hosts_one_after_the_other_and_stops_at_the_first_that_fails() {
    let (hosts, mut desk) = balanced("rolling", NGINX);
    a_new_release_loses_no_request(&hosts, &mut desk);
    a_failed_probe_stops_what_comes_after(&hosts, &mut desk);
    a_host_that_is_left_drained_comes_back(&hosts, &desk);
    of_some_hosts_only_the_balancer_still_drains(&hosts, &mut desk);
}

fn of_some_hosts_only_the_balancer_still_drains(hosts: &Sandbox, desk: &mut Desk) {
    desk.new_version("fourth");
    let said = desk.run(&["apply", "--format", "plain", "--limit", "host-2"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
    assert_eq!(batches(&said), ["host-1: drained host-2", "host-1: sends to host-2 again"], "{said:#?}");
    desk.new_version("fifth");
    let said = desk.run(&["apply", "--format", "plain", "-e", "serial=2"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
    assert!(!batches(&said).contains(&OVER[0]), "both at once: {said:#?}");
    assert_eq!(hosts.read(BALANCER, DRAINED), "0");
}
