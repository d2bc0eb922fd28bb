//! The story of one host: bare, looked at, deployed, left alone, damaged, repaired, rebooted.

use std::collections::BTreeSet;

use crate::support::desk::{Desk, Login};
use crate::support::host::{Sandbox, changed};

const HOST: &str = "host-1";

#[test]
#[ignore = "needs root"]
fn a_bare_host_becomes_a_verified_site_and_stays_one() {
    let hosts = Sandbox::start("apply", 1);
    let desk = Desk::new(&hosts, Login::Sandbox);
    a_plan_lists_everything_and_moves_nothing(&hosts, &desk);
    an_apply_makes_it_so_and_the_next_moves_nothing(&hosts, &desk);
    what_was_broken_is_what_is_repaired(&hosts, &desk);
    after_a_reboot_the_site_answers_by_itself(&hosts, &desk);
}

fn a_plan_lists_everything_and_moves_nothing(hosts: &Sandbox, desk: &Desk) {
    let before = hosts.files(HOST);
    let said = desk.run(&["plan", "--format", "json"]);
    assert_eq!(said.exit, Some(6), "{said:#?}");
    let document = said.json();
    let kinds: BTreeSet<&str> = document["hosts"][0]["steps"].as_array().unwrap().iter().map(kind).collect();
    let wanted = [
        "account",
        "database",
        "environment",
        "example",
        "nginx",
        "release",
        "service",
        "sites",
        "socket",
        "state",
        "unit",
    ];
    assert_eq!(kinds, wanted.into());
    assert_eq!(changed(&before, &hosts.files(HOST)), Vec::<String>::new());
}

/// The first word of a step that differs; each begins with the kind of thing it is.
fn kind(step: &serde_json::Value) -> &str {
    let differences = step["checked"]["Ok"].as_array().unwrap_or_else(|| panic!("{step}"));
    assert_ne!(differences.len(), 0, "{step}");
    step["name"].as_str().unwrap().split(' ').next().unwrap()
}

fn an_apply_makes_it_so_and_the_next_moves_nothing(hosts: &Sandbox, desk: &Desk) {
    let done = desk.apply();
    assert!(done.is_superset(&steps(&["nginx", "release", "database", "service web", "sites"])), "{done:?}");
    let before = hosts.files(HOST);
    assert_eq!(desk.apply(), steps(&[]));
    assert_eq!(changed(&before, &hosts.files(HOST)), Vec::<String>::new());
    let said = desk.run(&["plan"]);
    assert_eq!((said.exit, said.out.as_str()), (Some(0), "host-1  differs=0 failed=0 steps=28\n"));
}

fn what_was_broken_is_what_is_repaired(hosts: &Sandbox, desk: &Desk) {
    let whole = hosts.files(HOST);
    let cases = [
        (
            "echo '# mine' >>/etc/nginx/sites-available/deployer; systemctl stop hbnb-api.service; \
             chmod 644 /etc/default/hbnb-web",
            ["sites", "service api", "environment of web"],
        ),
        (
            "rm /etc/systemd/system/hbnb-onepage.service; chmod 755 /var/lib/hbnb; \
             systemctl disable hbnb-web.socket",
            ["unit of onepage", "state directory", "socket of web"],
        ),
        (
            "echo x >>/opt/hbnb/current/static/styles/hbnb.css; systemctl disable --now nginx; rm /opt/hbnb/current /etc/nginx/sites-enabled/deployer",
            ["nginx runs", "release", "sites"],
        ),
    ];
    for (damage, repaired) in &cases {
        hosts.read(HOST, &format!("sudo sh -c '{}'", damage.replace('\'', r"'\''")));
        assert_eq!(desk.apply(), steps(repaired), "after {damage}");
        assert_eq!(changed(&whole, &hosts.files(HOST)), ["var/lib/deployer/log"], "after {damage}");
    }
    assert_eq!(desk.apply(), steps(&[]));
}

fn after_a_reboot_the_site_answers_by_itself(hosts: &Sandbox, desk: &Desk) {
    let boot = hosts.read(HOST, "stat -c %Y /proc/1");
    hosts.reboot(HOST);
    assert_ne!(hosts.read(HOST, "systemctl is-system-running --wait >/dev/null; stat -c %Y /proc/1"), boot);
    let said = desk.run(&["verify"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
    assert_eq!(desk.apply(), steps(&[]));
}

fn steps(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}
