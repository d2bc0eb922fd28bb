//! The whole application on a host, as people meet it: through Nginx, as `deployer apply` put it there.

use std::process::Command;

use crate::app::served::{API, INSIDE, is_whole};
use crate::support::desk::{Desk, Login};
use crate::support::elsewhere::Elsewhere;
use crate::support::host::Sandbox;

const HOST: &str = "host-1";
/// The password of the database's account; nothing that is said may have it.
const PASSWORD: &str = "it's-a-$ecret";
/// A MariaDB of the host's own.
const MARIADB: &str =
    "    database: { engine: mysql, name: hbnb_dev_db, user: hbnb_dev, password: !file password }\n";
/// Empties the database in the way of the course's tests, and starts the applications anew, which keep the site's key.
const RENEW: &str = "set -a; . /etc/default/hbnb-web
as_hbnb() { runuser -u hbnb -- env \"$1\" /opt/hbnb/current/hbnb \"$2\" >/dev/null; }
as_hbnb HBNB_ENV=test migrate
[ \"$1\" != seeded ] || { as_hbnb HBNB_ENV= seed; systemctl restart hbnb-web hbnb-api; }
";

/// A host that was deployed.
struct Deployed {
    hosts: Sandbox,
    desk: Desk,
    site: Elsewhere,
}

fn deployed(name: &str, database: &str) -> Deployed {
    let hosts = Sandbox::start(name, 1);
    let desk = Desk::new(&hosts, Login::Sandbox);
    std::fs::write(desk.path().join("password"), PASSWORD).unwrap();
    desk.add(database);
    desk.apply();
    assert_eq!(desk.apply().len(), 0);
    hosts.read(HOST, &format!("sudo tee /usr/local/sbin/renew <<'END'\n{RENEW}END"));
    let renew = format!("exec {} sudo sh -e /usr/local/sbin/renew \"$1\"", hosts.login(HOST));
    let address = format!("http://{}", hosts.host(HOST).address);
    let site = Elsewhere::new(address, desk.path(), &renew);
    Deployed { hosts, desk, site }
}

#[test]
#[ignore = "needs root"]
fn every_row_of_the_api_holds_through_nginx_on_sqlite() {
    let host = deployed("rows-sqlite", "");
    every_answer_has_an_id_that_no_stranger_chose(&host);
    is_whole(&host.site.holds(&[API], &INSIDE));
}

fn every_answer_has_an_id_that_no_stranger_chose(host: &Deployed) {
    let url = format!("http://{}/api/v1/status", host.hosts.host(HOST).address);
    let ids = || -> Vec<String> {
        let mut curl = Command::new("curl");
        curl.args(["-s", "--max-time", "20", "-D", "-", "-o", "/dev/null", "-H", "X-Request-ID: mine", &url]);
        let head = String::from_utf8(curl.output().unwrap().stdout).unwrap();
        head.lines().filter_map(|line| line.strip_prefix("x-request-id: ").map(str::to_string)).collect()
    };
    let (first, second) = (ids(), ids());
    assert!(first.len() == 1 && first[0].len() == 32 && first != second, "{first:?} {second:?}");
}

#[test]
#[ignore = "needs root"]
fn every_row_of_the_api_holds_through_nginx_on_mariadb() {
    let host = deployed("rows-mariadb", MARIADB);
    nobody_is_told_the_password(&host);
    is_whole(&host.site.holds(&[API], &INSIDE));
    after_a_reboot_the_rows_are_there(&host);
}

fn nobody_is_told_the_password(host: &Deployed) {
    let hosts = &host.hosts;
    let rows = "sudo mariadb -N -e 'SELECT COUNT(*) FROM hbnb_dev_db.places'";
    assert_eq!(hosts.read(HOST, rows), "164");
    // The pattern does not match itself: `sudo` logs it.
    let places = "sudo grep -rlE -- 's-a-.?.?ecre[t]' /etc /opt /var/log /var/lib/deployer /var/lib/hbnb /run/log /tmp /root | sort";
    assert_eq!(hosts.read(HOST, places), "/etc/default/hbnb-api\n/etc/default/hbnb-web");
    let modes = "sudo stat -c '%a %U' /etc/default/hbnb-api /etc/default/hbnb-web";
    assert_eq!(hosts.read(HOST, modes), "600 root\n600 root");
    // The account is made anew, and everything that is said of it is seen.
    hosts.read(HOST, "sudo mariadb -e \"DROP USER hbnb_dev@localhost\"");
    for arguments in [&["plan"][..], &["plan", "--format", "json"], &["apply", "--format", "json"]] {
        let said = host.desk.run(arguments);
        assert!(format!("{}{}", said.out, said.err).contains("database account"), "{said:#?}");
        assert!(!format!("{}{}", said.out, said.err).contains("it's-a-"), "{said:#?}");
    }
    assert_eq!(host.desk.apply().len(), 0);
}

fn after_a_reboot_the_rows_are_there(host: &Deployed) {
    host.site.start_afresh(crate::support::elsewhere::Rows::Seeded);
    host.hosts.reboot(HOST);
    host.hosts.read(HOST, "systemctl is-system-running --wait >/dev/null; true");
    let said = host.desk.run(&["verify"]);
    assert_eq!(said.exit, Some(0), "{said:#?}");
}

#[test]
#[ignore = "needs root, chromium, chromedriver and axe-core, which `make test` takes from npm"]
fn every_journey_ends_well_through_nginx() {
    let host = deployed("journeys", "");
    let held = host.site.holds(&["browser::"], &[]);
    assert!(held.tests > 8, "{held:?}");
}
