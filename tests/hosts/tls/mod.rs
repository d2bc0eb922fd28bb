//! Sites with TLS on a host, as others see them.

mod acme;

use std::fs;
use std::io::BufReader;
use std::net::TcpStream;

use crate::support::desk::{Desk, Login};
use crate::support::host::Sandbox;
use crate::support::http;
use crate::support::server::DEADLINE;
use crate::support::tls::{Server, make_pair};

const HOST: &str = "host-1";
/// Two sites on one port, one whose pair the host makes and one whose pair comes from the desk; the other profiles.
const SITES: &str = r#"
    apps: { hello: { run: "@hbnb/onepage", workers: 1, routes: [{ path: / }], site: one } }
    sites:
      one: { server_name: [one.test, "*.one.test"], tls: { mode: self_signed, hsts: true } }
      two: { server_name: [two.test], tls: { mode: files, certificate: two.pem, key: !file two.key }, redirects: { /here: /there } }
      old: { server_name: [old.test], listen: 8081, tls: { mode: self_signed, profile: old, listen: 8443, redirect: false }, redirects: { /here: /there } }
      new: { server_name: [new.test], listen: 8082, tls: { mode: self_signed, profile: modern, listen: 9443, http2: false }, redirects: { /here: /there } }
    probes:
      - { name: one, get: /airbnb-onepage/, site: one, expect: { body: Hello HBNB!, header: { Strict-Transport-Security: max-age=63072000 } } }
      - { name: below one, get: /airbnb-onepage/, host: a.one.test, site: one }
      - { name: two, get: /here, site: two, expect: { status: 301, header: { Location: "https://two.test/there" } } }
      - { name: old, get: /here, site: old, expect: { status: 301 } }
      - { name: new, get: /here, site: new, expect: { status: 301, header: { Location: "https://new.test:9443/there" } } }
"#;

#[test]
#[ignore = "needs root"]
fn sites_speak_tls_as_their_profiles_say_and_with_their_own_certificates() {
    let hosts = Sandbox::start("tls", 1);
    let desk = Desk::with(&hosts, Login::Sandbox, SITES);
    make_pair(desk.path(), "two", &["two.test"], "90");
    desk.apply();
    assert_eq!(desk.apply().len(), 0);
    let server = |name: &'static str, port| Server { address: hosts.host(HOST).address, port, name };
    let (one, two) = (server("one.test", 443), server("two.test", 443));
    each_profile_takes_what_it_lists(one, two, server("old.test", 8443), server("new.test", 9443));
    http_leads_to_the_same_page_of_https(&hosts);
    a_pair_from_the_desk_stays_a_secret_and_is_taken_up(&hosts, &desk, two);
    what_is_shown_is_what_is_installed(&hosts, &desk);
    a_certificate_at_its_end_is_made_anew(&hosts, &desk, one);
}

/// One has a key of ECDSA, two one of RSA: each takes the ciphers of its kind.
fn each_profile_takes_what_it_lists(one: Server, two: Server, old: Server, new: Server) {
    let listed = |kind: &str| {
        ["AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-GCM-SHA256"]
            .map(|cipher| format!("ECDHE-{kind}-{cipher}"))
    };
    for (server, kind) in [(one, "ECDSA"), (two, "RSA")] {
        assert_eq!(server.protocols(), ["tls1_2", "tls1_3"]);
        assert_eq!(server.ciphers(), listed(kind));
        assert_eq!(server.shake(&["-alpn", "h2,http/1.1"]).inside(), Some("h2"));
    }
    assert_eq!(old.protocols(), ["tls1", "tls1_1", "tls1_2", "tls1_3"]);
    assert!(old.ciphers().contains(&"AES128-SHA".to_string()), "{:?}", old.ciphers());
    assert_eq!(new.protocols(), ["tls1_3"]);
    assert_eq!(new.shake(&["-alpn", "h2,http/1.1"]).inside(), Some("http/1.1"));
    let shown = |server: Server| server.shake(&[]).certificate();
    assert_ne!(shown(one), shown(two));
    assert_eq!(shown(one), shown(Server { name: "a.one.test", ..one }));
    assert!(Server { name: "stranger.test", ..one }.shake(&[]).is_unknown_name());
}

fn http_leads_to_the_same_page_of_https(hosts: &Sandbox) {
    let ask = |port: u16, request: &str| {
        let stream = TcpStream::connect((hosts.host(HOST).address, port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let request = format!("{request}\r\nConnection: close\r\n\r\n");
        let answer = http::ask(&mut BufReader::new(stream), request).unwrap();
        let field = |name: &str| answer.field(name).map(str::to_string);
        (answer.line.clone(), field("location"), field("strict-transport-security"))
    };
    let moved = "HTTP/1.1 308 Permanent Redirect".to_string();
    let path = "/a//b/../%2f%20c?q=1&r=%20x&s=//";
    for (method, name) in [("GET", "one.test"), ("POST", "a.one.test"), ("HEAD", "two.test")] {
        let wanted = (moved.clone(), Some(format!("https://{name}{path}")), None);
        assert_eq!(ask(80, &format!("{method} {path} HTTP/1.1\r\nHost: {name}")), wanted);
    }
    let wanted = (moved, Some("https://new.test:9443/x".into()), None);
    assert_eq!(ask(8082, "GET /x HTTP/1.1\r\nHost: new.test:8082"), wanted);
    let itself = ("HTTP/1.1 301 Moved Permanently".into(), Some("http://old.test:8081/there".into()), None);
    assert_eq!(ask(8081, "GET /here HTTP/1.1\r\nHost: old.test:8081"), itself);
}

fn a_pair_from_the_desk_stays_a_secret_and_is_taken_up(hosts: &Sandbox, desk: &Desk, two: Server) {
    let text = |name: &str| fs::read_to_string(desk.path().join(name)).unwrap();
    assert_eq!(two.shake(&[]).certificate(), text("two.pem"));
    make_pair(desk.path(), "two", &["two.test"], "91");
    let line = text("two.key").lines().nth(1).unwrap().to_string();
    for arguments in [&["plan"][..], &["plan", "--format", "json"], &["apply", "--format", "json"]] {
        let said = desk.run(arguments);
        assert!(
            said.out.contains("certificate of two") || said.err.contains("certificate of two"),
            "{said:#?}"
        );
        assert!(!format!("{}{}", said.out, said.err).contains(&line), "{said:#?}");
    }
    assert_eq!(two.shake(&[]).certificate(), text("two.pem"));
    let found = |what: &str| hosts.read(HOST, &format!("sudo find /etc/ssl/deployer {what} | wc -l"));
    let pairs = r"-type d \( -name 'self-*' -o -name 'files-*' \)";
    assert_ne!([found("-name privkey.pem"), found(pairs)], ["0", "0"]);
    assert_eq!(
        [found("-name privkey.pem -not -perm 600"), found(&format!("{pairs} -not -perm 700"))],
        ["0", "0"]
    );
    // The pattern does not match itself: `sudo` logs it.
    let (first, rest) = line.split_at(1);
    let places =
        format!("sudo grep -rl -- '[{first}]{rest}' /etc /opt /var/log /var/lib /run/log /tmp /root | wc -l");
    assert_eq!(hosts.read(HOST, &places), "1");
    assert_eq!(desk.apply().len(), 0);
}

/// Nginx goes on with the pair it has read; what lies on the disk is another one.
fn what_is_shown_is_what_is_installed(hosts: &Sandbox, desk: &Desk) {
    let link = "/etc/ssl/deployer/deployer_two/live";
    hosts.read(HOST, &format!("sudo ln -sfnT /etc/ssl/deployer/deployer_one/live {link}"));
    let said = desk.run(&["verify"]);
    assert_eq!(said.exit, Some(5), "{said:#?}");
    assert!(said.err.contains("another certificate than the installed one is shown"), "{said:#?}");
    let done = desk.apply();
    assert_eq!(done.into_iter().collect::<Vec<_>>(), ["certificate of two", "nginx runs"]);
}

fn a_certificate_at_its_end_is_made_anew(hosts: &Sandbox, desk: &Desk, one: Server) {
    let sign = "cd \"$(sudo readlink -f /etc/ssl/deployer/deployer_one/live)\" && \
        openssl req -new -x509 -days 29 -config openssl.cnf -key privkey.pem -out fullchain.pem && nginx -s reload";
    hosts.read(HOST, &format!("sudo sh -c '{sign}'"));
    let done = desk.apply();
    assert_eq!(done.into_iter().collect::<Vec<_>>(), ["certificate of one", "nginx runs"]);
    let installed = hosts.read(HOST, "sudo cat /etc/ssl/deployer/deployer_one/live/fullchain.pem");
    assert_eq!(one.shake(&[]).certificate().trim(), installed);
    assert_eq!(desk.apply().len(), 0);
}
