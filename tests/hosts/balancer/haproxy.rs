//! HAProxy before two hosts: what it tells them, what a lost host costs, and how a change goes over them.

use std::process::Command;
use std::time::Duration;

use super::{
    BALANCER, DRAINED, HOSTS, PATHS, SILENT, a_failed_probe_stops_what_comes_after,
    a_host_that_is_left_drained_comes_back, a_host_that_vanishes_loses_nothing,
    a_new_release_loses_no_request, ask, balanced, both_serve,
    each_host_answers_in_its_turn_under_its_own_name, served_by,
    the_application_sees_the_client_and_believes_no_stranger,
    the_scheme_is_the_balancers_word_and_nobody_elses, until, without_loss,
};
use crate::support::desk::Desk;
use crate::support::host::{Sandbox, changed};
use crate::support::load;
use crate::support::tls::Server;

const SITE: &str = "{ tls: { mode: self_signed, redirect: false }, balance: { group: web, with: haproxy, health: /airbnb-onepage/ } }";

#[test]
#[ignore = "needs root"]
fn haproxy_loses_no_request_when_a_host_is_killed_or_changed() {
    let (hosts, mut desk) = balanced("haproxy", SITE);
    nothing_of_nginx_is_there(&hosts);
    each_host_answers_in_its_turn_under_its_own_name(&hosts);
    the_site_speaks_tls_and_tells_so(&hosts);
    the_application_sees_the_client_and_believes_no_stranger(&hosts);
    the_scheme_is_the_balancers_word_and_nobody_elses(&hosts);
    a_host_without_its_nginx_is_taken_out_and_back(&hosts);
    a_request_that_may_not_be_done_twice_is_sent_once(&hosts);
    a_host_that_vanishes_loses_nothing(&hosts);
    a_new_release_loses_no_request(&hosts, &mut desk);
    a_failed_probe_stops_what_comes_after(&hosts, &mut desk);
    a_host_that_is_left_drained_comes_back(&hosts, &desk);
    a_file_that_haproxy_refuses_changes_nothing(&hosts, &desk);
    the_client_is_told_by_the_proxy_protocol(&hosts, &desk);
    plain_requests_are_sent_to_https(&hosts, &desk);
}

fn nothing_of_nginx_is_there(hosts: &Sandbox) {
    assert_eq!(hosts.read(BALANCER, "ls -d /etc/nginx /usr/sbin/nginx 2>/dev/null || true"), "");
}

/// What `curl` gets over TLS, with further words.
fn curl(hosts: &Sandbox, words: &[&str]) -> String {
    let address = hosts.host(BALANCER).address;
    let mut curl = Command::new("curl");
    curl.args(["-ksS", "--max-time", "10"]).args(words).arg(format!("https://{address}/log-in"));
    let ran = curl.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// A page's cookie is `Secure` where the application believes that the visitor came by https.
fn the_site_speaks_tls_and_tells_so(hosts: &Sandbox) {
    let server = Server { address: hosts.host(BALANCER).address, port: 443, name: BALANCER };
    assert_eq!(server.protocols(), ["tls1_2", "tls1_3"]);
    for (words, protocol) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let told = curl(hosts, &[words, "-o", "/dev/null", "-w", "%{http_version} %{http_code}"]);
        assert_eq!(told, format!("{protocol} 200"));
        let head = curl(hosts, &[words, "-D", "-", "-o", "/dev/null", "-H", "X-Forwarded-Proto: http"]);
        let is_secure =
            |line: &str| line.to_ascii_lowercase().starts_with("set-cookie:") && line.contains("; Secure");
        assert!(head.lines().any(is_secure), "{head}");
    }
}

/// How often HAProxy noted that the first host is up, or down.
fn noted(hosts: &Sandbox, state: &str) -> usize {
    let lines = "sudo journalctl -u haproxy -o cat | grep -c";
    let count = hosts.read(BALANCER, &format!("{lines} '/{} is {state}' || true", HOSTS[0]));
    count.parse().unwrap()
}

fn a_host_without_its_nginx_is_taken_out_and_back(hosts: &Sandbox) {
    let before = noted(hosts, "UP");
    let address = hosts.host(BALANCER).address;
    let count = load::during(address, 300, &PATHS, Duration::from_secs(6), || {
        hosts.read(HOSTS[0], "sudo pkill -9 nginx; true");
        until("it is taken out", || noted(hosts, "DOWN") > 0);
    });
    without_loss(&count, "nginx of one of two hosts killed behind haproxy");
    assert_eq!(served_by(&ask(hosts, BALANCER, "GET", "")), [HOSTS[1]]);
    hosts.read(HOSTS[0], "sudo systemctl restart nginx");
    until("it is back", || noted(hosts, "UP") > before);
    both_serve(hosts);
}

/// The first host answers its checks, and reads a POST without a word: that is not sent to the other one.
fn a_request_that_may_not_be_done_twice_is_sent_once(hosts: &Sandbox) {
    let before = noted(hosts, "UP");
    let fine = r#"print C "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" if $b =~ /^GET/; close C"#;
    let script = SILENT.replace("close C", fine);
    hosts.read(HOSTS[0], &format!("cat >/tmp/silent.pl <<'END'\n{script}END\nsudo systemctl stop nginx"));
    until("it is taken out", || noted(hosts, "DOWN") > before);
    hosts.read(HOSTS[0], "sudo systemd-run -u silent perl /tmp/silent.pl");
    until("its checks are answered", || noted(hosts, "UP") > before);
    let refused = (0..10).filter(|_| ask(hosts, BALANCER, "POST", "").status == 502).count();
    let count = |host, command| hosts.read(host, command).parse::<usize>().unwrap();
    let silent = count(HOSTS[0], "grep -c POST /tmp/seen || true");
    let other = count(HOSTS[1], "sudo grep -c '\"POST ' /var/log/nginx/access.log || true");
    assert_eq!((refused, silent, other), (5, 5, 5));
    hosts.read(HOSTS[0], "sudo systemctl stop silent; sudo systemctl start nginx");
    until("it is back", || ask(hosts, HOSTS[0], "GET", "").status == 200);
    both_serve(hosts);
}

fn a_file_that_haproxy_refuses_changes_nothing(hosts: &Sandbox, desk: &Desk) {
    let own = desk.path().join("templates/haproxy");
    std::fs::create_dir_all(&own).unwrap();
    let text = std::fs::read_to_string("templates/haproxy/haproxy.cfg.tera").unwrap();
    std::fs::write(own.join("haproxy.cfg.tera"), text.replace("maxconn", "maxcon")).unwrap();
    let before = hosts.files(BALANCER);
    let said = desk.run(&["apply", "--format", "plain"]);
    assert_eq!(said.exit, Some(4), "{said:#?}");
    assert!(
        said.err
            .contains("`haproxy -c` refused the new `/etc/haproxy/haproxy.cfg`; the old one was not touched"),
        "{said:#?}"
    );
    assert!(said.err.contains("maxcon"), "{said:#?}");
    assert_eq!(changed(&before, &hosts.files(BALANCER)), ["var/lib/deployer/log"]);
    std::fs::remove_dir_all(desk.path().join("templates")).unwrap();
    each_host_answers_in_its_turn_under_its_own_name(hosts);
}

fn the_client_is_told_by_the_proxy_protocol(hosts: &Sandbox, desk: &Desk) {
    desk.edit(|text| text.replace("    probes:\n", "    site: { proxy_protocol: true }\n    probes:\n"));
    let said = desk.run(&["apply", "--format", "plain"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
    let again = desk.run(&["apply", "--format", "plain"]);
    assert!(again.out.contains("changed=0"), "{again:#?}");
    both_serve(hosts);
    let client = hosts.gateway();
    for (number, head) in ["", "X-Forwarded-For: 192.0.2.66\r\n"].iter().enumerate() {
        ask(hosts, BALANCER, "GET", &format!("User-Agent: told-{number}\r\n{head}"));
        let lines =
            format!("sudo journalctl -u hbnb-onepage -o cat | grep -c '^{client} .*told-{number}' || true");
        let seen = HOSTS.map(|host| hosts.read(host, &lines));
        assert_eq!(seen.iter().filter(|count| *count == "1").count(), 1, "{number}: {seen:?}");
    }
    let url = format!("http://{}/airbnb-onepage/", hosts.host(HOSTS[0]).address);
    let direct = Command::new("curl").args(["-sS", "--max-time", "10", &url]).output().unwrap();
    assert!(!direct.status.success(), "who does not announce itself gets no answer: {direct:?}");
}

fn plain_requests_are_sent_to_https(hosts: &Sandbox, desk: &Desk) {
    desk.edit(|text| text.replace("self_signed, redirect: false", "self_signed"));
    let said = desk.run(&["apply", "--format", "plain"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
    let answer = ask(hosts, BALANCER, "POST", "");
    let led = (answer.status, answer.field("location"));
    assert_eq!(led, (308, Some("https://site/airbnb-onepage/")), "{answer:?}");
    assert_eq!(served_by(&answer), [BALANCER]);
    let long = format!("/log-in?next={}", "a".repeat(8000));
    let url = format!("http://{}:80{long}", hosts.host(BALANCER).address);
    let words =
        ["-sS", "--max-time", "10", "-o", "/dev/null", "-w", "%{redirect_url}", "-H", "Host: Site:80", &url];
    let led = Command::new("curl").args(words).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&led.stdout), format!("https://site{long}"), "{led:?}");
    assert_eq!(curl(hosts, &["-o", "/dev/null", "-w", "%{http_code}"]), "200");
    assert_eq!(hosts.read(BALANCER, DRAINED), "0");
}
