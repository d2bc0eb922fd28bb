//! A balancer before two hosts, whichever program it is: who answers, what a lost host costs, and how a change goes over them.

mod haproxy;
mod nginx;

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::desk::{Desk, Login, Said};
use crate::support::host::{Sandbox, changed};
use crate::support::http::{self, Answer};
use crate::support::load::{self, Count};
use crate::support::wait;

const BALANCER: &str = "host-1";
const HOSTS: [&str; 2] = ["host-2", "host-3"];
/// How many servers are drained at it, by its program's own file.
const DRAINED: &str = "cat /etc/nginx/deployer/deployer.servers /etc/haproxy/haproxy.cfg 2>/dev/null | grep -cE ' (down;|disabled)$' || true";
/// What both hosts answer.
const SITE: &str = r#"
    apps:
      onepage: { run: "@hbnb/onepage", workers: 2, settings: { accesslog: "-" }, routes: [{ path: /airbnb-onepage/ }] }
      dynamic: { run: "@hbnb/dynamic", workers: 2, routes: [{ path: /airbnb-dynamic/ }] }
      web: { run: "@hbnb/web", workers: 1, routes: [{ path: / }] }
    probes:
      - { name: home, get: / }
      - { name: onepage, get: /airbnb-onepage/, expect: { status: 200, body: Hello HBNB! } }
      - { name: dynamic, get: /airbnb-dynamic/number_odd_or_even/5, expect: { status: 200, body: "Number: 5 is odd" } }
"#;
/// Takes every request at port 80, notes its method and ends the connection.
const SILENT: &str = r#"
use Socket;
use IO::Handle;
socket(S, PF_INET, SOCK_STREAM, 0);
setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
bind(S, sockaddr_in(80, INADDR_ANY)) or die;
listen(S, 9);
open(L, ">>/tmp/seen");
L->autoflush(1);
while (accept(C, S)) { sysread(C, $b, 9999); print L substr($b, 0, 4), "\n"; close C }
"#;
/// What is asked under load.
const PATHS: [&str; 2] = ["/airbnb-onepage/", "/airbnb-dynamic/number_odd_or_even/5"];

/// A deployed balancer before two hosts, with this site.
fn balanced(name: &str, site: &str) -> (Sandbox, Desk) {
    let hosts = Sandbox::start(name, 3);
    let desk = Desk::with(&hosts, Login::Sandbox, SITE);
    let address = hosts.host(BALANCER).address;
    desk.edit(|text| text.replace(&format!("    {BALANCER}: {{ ansible_host: {address} }}\n"), ""));
    desk.add(&format!(
        "lb:\n  hosts:\n    {BALANCER}: {{ ansible_host: {address} }}\n  vars:\n    ansible_user: ubuntu\n    sandbox: {{ suite: bookworm }}\n    site: {site}\n"
    ));
    let said = desk.run(&["apply", "--format", "plain"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
    // The balancer comes last, and there was nothing to drain.
    assert_eq!(batches(&said), ["batch 1 of 3: host-2", "batch 2 of 3: host-3", "batch 3 of 3: host-1"]);
    assert!(!said.err.contains("drained"), "{said:#?}");
    let again = desk.run(&["apply", "--format", "plain"]);
    assert!(again.out.contains("changed=0") && !again.err.contains("batch"), "{again:#?}");
    (hosts, desk)
}

/// What a run said of its batches and of draining.
fn batches(said: &Said) -> Vec<&str> {
    let told = said.err.lines().filter_map(|line| line.split_once(' ').map(|(_, text)| text));
    told.filter(|text| text.starts_with("batch ") || text.contains("drain") || text.contains("sends to"))
        .collect()
}

/// What a host answers to one request.
fn ask(hosts: &Sandbox, host: &str, method: &str, more: &str) -> Answer {
    let stream = TcpStream::connect((hosts.host(host).address, 80)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let request = format!(
        "{method} /airbnb-onepage/ HTTP/1.1\r\nHost: site\r\nConnection: close\r\nContent-Length: 0\r\n{more}\r\n"
    );
    http::ask(&mut BufReader::new(stream), request).unwrap()
}

/// The hosts that an answer names.
fn served_by(answer: &Answer) -> Vec<&str> {
    answer.all("x-served-by")
}

/// Tries until it is so; a host that failed is left out for five seconds.
fn until(what: &str, is_so: impl FnMut() -> bool) {
    wait::holds(Duration::from_secs(30), what, is_so);
}

fn each_host_answers_in_its_turn_under_its_own_name(hosts: &Sandbox) {
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..10 {
        let answer = ask(hosts, BALANCER, "GET", "");
        assert_eq!(answer.status, 200, "{answer:?}");
        *answers.entry(served_by(&answer).join(" and ")).or_default() += 1;
    }
    assert_eq!(answers, HOSTS.map(|host| (host.to_string(), 5)).into());
}

fn the_application_sees_the_client_and_believes_no_stranger(hosts: &Sandbox) {
    let client = hosts.gateway();
    let lines = "sudo journalctl -u hbnb-onepage -o cat | grep -c";
    for (number, host) in [BALANCER, BALANCER, HOSTS[0], HOSTS[1]].iter().enumerate() {
        let more = format!(
            "User-Agent: forger-{number}\r\nX-Forwarded-For: 192.0.2.66\r\nX-Real-IP: 192.0.2.66\r\n"
        );
        ask(hosts, host, "GET", &more);
        let seen =
            HOSTS.map(|host| hosts.read(host, &format!("{lines} '^{client} .*forger-{number}' || true")));
        assert_eq!(seen.iter().filter(|count| *count == "1").count(), 1, "{number}: {seen:?}");
    }
}

/// A page's cookie is `Secure` where the application believes that the visitor came by https.
fn the_scheme_is_the_balancers_word_and_nobody_elses(hosts: &Sandbox) {
    let request = "GET /log-in HTTP/1.1\\r\\nHost: site\\r\\nX-Forwarded-For: 192.0.2.1\\r\\nX-Forwarded-Proto: https\\r\\nConnection: close\\r\\n\\r\\n";
    let from = |host: &str| {
        let address = hosts.host(HOSTS[0]).address;
        let script =
            format!("exec 3<>/dev/tcp/{address}/80; printf \"{request}\" >&3; grep -i ^set-cookie <&3");
        hosts.read(host, &format!("bash -c '{script}'")).contains("; Secure")
    };
    assert_eq!([from(BALANCER), from(HOSTS[1])], [true, false]);
}

fn without_loss(count: &Count, what: &str) {
    count.tell(what);
    assert_eq!(count.failed, Vec::<String>::new());
}

fn both_serve(hosts: &Sandbox) {
    let mut seen = BTreeSet::new();
    until("both serve again", || {
        seen.insert(served_by(&ask(hosts, BALANCER, "GET", "")).join(""));
        seen.len() == 2
    });
}

fn a_host_that_vanishes_loses_nothing(hosts: &Sandbox) {
    let address = hosts.host(BALANCER).address;
    both_serve(hosts);
    let vanish = "sudo systemd-run sh -c 'ip link set eth0 down; sleep 18; ip link set eth0 up'";
    let count = load::during(address, 300, &PATHS, Duration::from_secs(20), || {
        hosts.read(HOSTS[0], vanish);
    });
    without_loss(&count, "one of two hosts vanished");
    assert!(count.within(1.0) < Duration::from_secs(15), "{:?}", count.within(1.0));
}

const OVER: [&str; 5] = [
    "batch 1 of 2: host-2",
    "host-1: drained host-2",
    "batch 2 of 2: host-3",
    "host-1: sends to host-2 again, drained host-3",
    "host-1: sends to host-3 again",
];

fn a_new_release_loses_no_request(hosts: &Sandbox, desk: &mut Desk) {
    desk.new_version("second");
    let mut said = None;
    let address = hosts.host(BALANCER).address;
    let count = load::during(address, 300, &PATHS, Duration::from_secs(10), || {
        said = Some(desk.run(&["apply", "--format", "plain"]));
    });
    let said = said.unwrap();
    assert_eq!(said.exit, Some(0), "{said:#?}");
    assert_eq!(batches(&said), OVER, "{said:#?}");
    without_loss(&count, "a release over two hosts");
    assert_eq!(hosts.read(BALANCER, DRAINED), "0");
}

fn a_failed_probe_stops_what_comes_after(hosts: &Sandbox, desk: &mut Desk) {
    desk.new_version("third");
    desk.edit(|text| text.replace("body: Hello HBNB!", "body: Another page"));
    let before = hosts.files(HOSTS[1]);
    let said = desk.run(&["apply", "--format", "plain"]);
    assert_eq!(said.exit, Some(5), "{said:#?}");
    assert_eq!(batches(&said)[..2], ["batch 1 of 2: host-2", "host-1: drained host-2"], "{said:#?}");
    let told = [
        "error: host-3, host-1 were left unchanged\n  = why: a host of the batch before is not as expected\n  = fix: repair host-2, then run the same command again; it goes on with them\n",
        "warning: host-2: host-1 sends it no requests until it is as expected\n  = fix: repair it, then run the same command again\n",
    ];
    told.iter().for_each(|told| assert!(said.err.contains(told), "{said:#?}"));
    assert_eq!(changed(&before, &hosts.files(HOSTS[1])), Vec::<String>::new());
    for _ in 0..4 {
        assert_eq!(served_by(&ask(hosts, BALANCER, "GET", "")), [HOSTS[1]]);
    }
    desk.edit(|text| text.replace("body: Another page", "body: Hello HBNB!"));
}

fn a_host_that_is_left_drained_comes_back(hosts: &Sandbox, desk: &Desk) {
    let said = desk.run(&["apply", "--format", "plain"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
    assert_eq!(hosts.read(BALANCER, DRAINED), "0");
    each_host_answers_in_its_turn_under_its_own_name(hosts);
    let again = desk.run(&["plan"]);
    assert_eq!(again.exit, Some(0), "{again:#?}");
}
