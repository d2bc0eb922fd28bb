//! Certificates from an authority: Let's Encrypt's own test server, Pebble, asks the host as Let's Encrypt would.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::HOST;
use crate::support::desk::{Desk, Login};
use crate::support::host::Sandbox;
use crate::support::server::{DEADLINE, wait_or};
use crate::support::tls::Server;
use crate::support::wait;

const PORT: u16 = 14000;
const MANAGEMENT: u16 = 8055;

/// The authority, and the name server it asks.
struct Pebble {
    programs: Vec<Child>,
}

impl Pebble {
    /// Starts it on this side of the hosts' network; every name leads to the first host.
    fn start(hosts: &Sandbox, dir: &Path) -> Self {
        let here = hosts.gateway().to_string();
        let config = format!(
            r#"{{ "pebble": {{ "listenAddress": "{here}:{PORT}", "managementListenAddress": "{here}:15000", "certificate": "ca.pem",
                "privateKey": "ca.key", "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": false }} }}"#
        );
        fs::write(dir.join("pebble.json"), config).unwrap();
        let begin = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(dir).env("PEBBLE_VA_NOSLEEP", "1");
            // Else it refuses one nonce in twenty, and certbot tries each request only twice.
            command.env("PEBBLE_WFE_NONCEREJECT", "0");
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap_or_else(|e| panic!("{program}: {e}; run `make test`"))
        };
        let names = format!("{here}:8053");
        let host = hosts.host(HOST).address.to_string();
        let dns = [
            "-defaultIPv4",
            &host,
            "-defaultIPv6",
            "",
            "-dns01",
            &names,
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
        ];
        let management = ["-management", &format!("{here}:{MANAGEMENT}")];
        let mut started = Self { programs: Vec::new() };
        started.programs.push(begin("pebble-challtestsrv", &[&dns[..], &management[..]].concat()));
        listens(&here, MANAGEMENT);
        started.programs.push(begin("pebble", &["-config", "pebble.json", "-dnsserver", &names]));
        listens(&here, PORT);
        started
    }
}

/// Waits until somebody listens.
fn listens(here: &str, port: u16) {
    let complaint = || format!("nobody listens on {here}:{port}");
    wait_or(complaint, || TcpStream::connect((here, port)).ok());
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for program in &mut self.programs {
            drop(program.kill());
            drop(program.wait());
        }
    }
}

#[test]
#[ignore = "needs root and pebble"]
fn a_site_gets_its_certificate_from_an_authority_and_keeps_it_fresh() {
    let hosts = Sandbox::start("acme", 1);
    let (here, address) = (hosts.gateway(), hosts.host(HOST).address);
    let desk = Desk::with(
        &hosts,
        Login::Sandbox,
        &format!(
            "    apps: {{ hello: {{ run: '@hbnb/onepage', workers: 1, routes: [{{ path: / }}] }} }}\n    \
         site: {{ server_name: [one.test, www.one.test], tls: {{ mode: acme, email: me@example.com, directory_url: 'https://{here}:{PORT}/dir' }} }}\n    \
         probes: [{{ name: hello, get: /airbnb-onepage/, expect: {{ body: Hello HBNB! }} }}]\n"
        ),
    );
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=pebble", "-addext"]);
    openssl.arg(format!("subjectAltName=IP:{here}")).args(["-keyout", "ca.key", "-out", "ca.pem"]);
    assert!(openssl.current_dir(desk.path()).output().unwrap().status.success());
    // The host trusts this authority as it does those that its packages name.
    let trusted = fs::read_to_string(desk.path().join("ca.pem")).unwrap();
    hosts.read(HOST, &format!("sudo tee /usr/local/share/ca-certificates/pebble.crt <<'END'\n{trusted}END\nsudo update-ca-certificates"));
    let site = Server { address, port: 443, name: "one.test" };
    without_an_authority_the_site_runs_with_a_stand_in(&desk, site);
    let pebble = Pebble::start(&hosts, desk.path());
    let stand_in = site.shake(&[]).certificate();
    let done = desk.apply();
    let wanted = ["certificate of one.test from its authority", "nginx has the certificates"];
    assert_eq!(done.into_iter().collect::<Vec<_>>(), wanted);
    let first = site.shake(&[]).certificate();
    assert_ne!(first, stand_in);
    assert_eq!(desk.apply().len(), 0);
    assert_eq!(
        hosts.read(HOST, "systemctl is-active certbot.timer; systemctl is-enabled certbot.timer"),
        "active\nenabled"
    );
    a_renewal_is_shown_without_a_run(&hosts, &desk, site, &first);
    a_name_that_is_dropped_is_in_no_certificate(&hosts, &desk);
    drop(pebble);
    what_the_authority_gave_is_not_renewed_any_more(&hosts, &desk, site);
}

fn without_an_authority_the_site_runs_with_a_stand_in(desk: &Desk, site: Server) {
    let said = desk.run(&["apply"]);
    assert_eq!(said.exit, Some(4), "{said:#?}");
    for words in [
        "the authority cannot be reached; the site goes on with the certificate it has",
        "Connection refused",
        "fix: see why, on the host: curl -sS https://",
    ] {
        assert!(said.err.contains(words), "{said:#?}");
    }
    assert!(site.shake(&[]).is_done());
}

fn a_renewal_is_shown_without_a_run(hosts: &Sandbox, desk: &Desk, site: Server, first: &str) {
    hosts.read(HOST, "sudo certbot renew --force-renewal --no-random-sleep-on-renew");
    wait::holds(DEADLINE, "the new certificate is shown", || site.shake(&[]).certificate() != first);
    assert_eq!(desk.apply().len(), 0);
}

/// Its renewal would fail as soon as the name leads elsewhere.
fn a_name_that_is_dropped_is_in_no_certificate(hosts: &Sandbox, desk: &Desk) {
    desk.edit(|text| text.replace("[one.test, www.one.test]", "[one.test]"));
    assert!(desk.apply().contains("certificate of one.test from its authority"));
    let names = "sudo openssl x509 -in /etc/letsencrypt/live/*/fullchain.pem -noout -ext subjectAltName";
    let said = hosts.read(HOST, &format!("sudo sh -c '{names}'"));
    assert_eq!(said.lines().last().map(str::trim), Some("DNS:one.test"));
    assert_eq!(desk.apply().len(), 0);
}

fn what_the_authority_gave_is_not_renewed_any_more(hosts: &Sandbox, desk: &Desk, site: Server) {
    let before = site.shake(&[]).certificate();
    desk.edit(|text| {
        let (before, rest) = text.split_once("mode: acme").unwrap();
        format!("{before}mode: self_signed }} }}{}", &rest[rest.find('\n').unwrap()..])
    });
    assert!(desk.apply().contains("certificate of one.test"));
    assert_ne!(site.shake(&[]).certificate(), before);
    let left = "sudo find /etc/letsencrypt/renewal /etc/letsencrypt/live -name '*.conf' -o -name '*.pem'";
    assert_eq!(hosts.read(HOST, left), "");
    assert_eq!(desk.apply().len(), 0);
}
