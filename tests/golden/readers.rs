//! The real readers read what is rendered: Nginx, systemd and the shell of this machine.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{RELEASES, files, ran, render};
use crate::support::gixy;
use crate::support::tls::make_pair;

/// The first Nginx that knows `http2 on;`.
const HTTP2_DIRECTIVE_SINCE: [u32; 3] = [1, 25, 1];
/// The first systemd that knows `Type=notify-reload`; an older one says the line below about it, and nothing else.
const NOTIFY_RELOAD_SINCE: u32 = 253;
const NOT_YET_KNOWN: &str = "Failed to parse service type, ignoring: notify-reload";

/// A configuration with a host's sites in a directory of its own, where logs can be written too.
fn configuration(sites: &Path) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().display().to_string();
    fs::create_dir(home.path().join("sites")).unwrap();
    for (name, text) in files(sites) {
        let text = for_nginx_here(with_pair(&text.replace("/var/log/nginx", &at), home.path()));
        fs::write(home.path().join("sites").join(name), text).unwrap();
    }
    let main = format!(
        "user root root;\npid {at}/pid;\nworker_rlimit_nofile 2048;\nevents {{ worker_connections 1024; }}\nhttp {{ access_log off; \
         client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; \
         scgi_temp_path {at}/s; include {at}/sites/*; }}\n"
    );
    fs::write(home.path().join("nginx.conf"), main).unwrap();
    let included = sites.with_file_name("deployer");
    if included.exists() {
        symlink(included, home.path().join("deployer")).unwrap();
    }
    home
}

/// The same site in the words of this machine's Nginx, which may be older than the release's.
fn for_nginx_here(site: String) -> String {
    let (_, said) = ran(Command::new("nginx").arg("-v"));
    let version: Vec<u32> = said.trim().split(['/', '.', ' ']).filter_map(|word| word.parse().ok()).collect();
    assert_eq!(version.len(), 3, "{said}");
    match version >= HTTP2_DIRECTIVE_SINCE.to_vec() || !site.contains("http2 on;") {
        true => site,
        false => site.replace(" ssl;\n", " ssl http2;\n").replace("    http2 on;\n", ""),
    }
}

/// The same site with a pair that is there.
fn with_pair(site: &str, dir: &Path) -> String {
    if !site.contains("ssl_certificate") {
        return site.to_string();
    }
    make_pair(dir, "pair", &["example.com"], "30");
    let pair = |line: &str| {
        let end = match line.split_whitespace().next() {
            Some("ssl_certificate") => "pem",
            Some("ssl_certificate_key") => "key",
            _ => return line.to_string(),
        };
        let directive = if end == "pem" { "ssl_certificate" } else { "ssl_certificate_key" };
        format!("{directive} {}/pair.{end};", dir.display())
    };
    site.lines().map(|line| pair(line) + "\n").collect()
}

/// Tests a host's sites with an nginx of their own, in a network of their own: the ports need not be free.
pub fn nginx_says(sites: &Path) -> (Option<i32>, String) {
    let home = configuration(sites);
    let conf = home.path().join("nginx.conf");
    let mut nginx = Command::new("unshare");
    nginx.args(["--net", "--map-root-user", "nginx", "-t", "-e", "stderr", "-p"]).arg(home.path());
    let (status, said) = ran(nginx.arg("-c").arg(&conf));
    (status, said.replace(&conf.display().to_string(), "CONF"))
}

/// The hosts of a rendered tree that have sites.
fn hosts(tree: &Path) -> Vec<PathBuf> {
    let hosts =
        fs::read_dir(tree).unwrap().map(|host| host.unwrap().path().join("etc/nginx/sites-available"));
    let mut hosts: Vec<PathBuf> = hosts.filter(|sites| sites.exists()).collect();
    hosts.sort();
    hosts
}

#[test]
fn nginx_accepts_the_sites_of_every_release() {
    let fine = "nginx: the configuration file CONF syntax is ok\nnginx: configuration file CONF test is successful\n";
    for release in RELEASES {
        let tree = render(release);
        let hosts = hosts(tree.path());
        // A release with an old Python has no Python applications, nor certbot.
        assert_eq!(hosts.len(), if release == "ubuntu-14.04" { 7 } else { 10 });
        for host in hosts {
            assert_eq!(nginx_says(&host), (Some(0), fine.to_string()), "{release}: {}", host.display());
        }
    }
}

#[test]
fn the_linter_of_nginx_finds_nothing_in_the_sites_of_every_release() {
    let mut read = BTreeSet::new();
    for release in RELEASES {
        let tree = render(release);
        // Neighbours have the same files.
        let new: Vec<PathBuf> =
            hosts(tree.path()).into_iter().filter(|host| read.insert(files(host))).collect();
        for host in new {
            let home = configuration(&host);
            let is_old = files(&host).values().any(|site| site.contains("ssl_protocols TLSv1 "));
            // Whether browsers are told to keep to https is a choice, and so is to speak with old ones.
            let skips = if is_old { "hsts_header,weak_ssl_tls" } else { "hsts_header" };
            let found = gixy::findings(&home.path().join("nginx.conf"), skips);
            assert_eq!(found, Vec::<serde_json::Value>::new(), "{release}: {}", host.display());
        }
    }
    let home = tempfile::tempdir().unwrap();
    let flawed = "events { }\nhttp { server { location /i { alias /x/; } } }\n";
    fs::write(home.path().join("nginx.conf"), flawed).unwrap();
    let found = gixy::findings(&home.path().join("nginx.conf"), "hsts_header");
    assert!(
        found.iter().any(|one| one["plugin"] == "alias_traversal"),
        "it finds nothing anywhere: {found:?}"
    );
}

/// A root file system with a host's units, this machine's units, and programs where the units start them.
fn with_units(host: &Path) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for dir in ["etc/systemd", "usr/lib/systemd", "opt/hbnb/current", "bin"] {
        fs::create_dir_all(root.path().join(dir)).unwrap();
    }
    ran(Command::new("cp").args(["-a", "/usr/lib/systemd/system"]).arg(root.path().join("usr/lib/systemd")));
    symlink(host.join("etc/systemd/system"), root.path().join("etc/systemd/system")).unwrap();
    for program in ["opt/hbnb/current/appserver", "bin/kill"] {
        let program = root.path().join(program);
        fs::write(&program, "#!/bin/sh\n").unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    root
}

fn systemd_here() -> u32 {
    let (_, said) = ran(Command::new("systemd-analyze").arg("--version"));
    said.split_whitespace().find_map(|word| word.parse().ok()).unwrap()
}

/// In tenths: as little as can be, what a service on TCP needs, and a tenth for a systemd that knows no strict protection.
fn threshold(unit: &str) -> String {
    let alone = unit.contains("PrivateNetwork=yes");
    let old = unit.contains("ProtectSystem=full");
    format!("--threshold={}", if alone { 3 } else { 11 } + u8::from(old))
}

#[test]
fn systemd_verifies_the_units_of_every_release_in_silence_and_finds_them_hardened() {
    for release in RELEASES.into_iter().filter(|r| *r != "ubuntu-14.04") {
        let tree = render(release);
        let hosts = fs::read_dir(tree.path()).unwrap().map(|host| host.unwrap().path());
        let read = hosts.filter(|host| host.join("etc/systemd/system").exists());
        // A socket and a service for each app.
        let count: usize = read.map(|host| verified(release, &host)).sum();
        assert_eq!(count, 30, "{release}");
    }
}

/// Lets systemd read the units of a host; how many there are.
fn verified(release: &str, host: &Path) -> usize {
    let root = with_units(host);
    let at_root = format!("--root={}", root.path().display());
    let units: Vec<String> =
        files(&host.join("etc/systemd/system")).keys().map(|unit| unit.display().to_string()).collect();
    let paths = units.iter().map(|unit| root.path().join("etc/systemd/system").join(unit));
    let (status, said) = ran(Command::new("systemd-analyze").arg("verify").arg(&at_root).args(paths));
    let known = |line: &&str| systemd_here() < NOTIFY_RELOAD_SINCE && line.ends_with(NOT_YET_KNOWN);
    let said: Vec<&str> = said.lines().filter(|line| !known(line)).collect();
    assert_eq!((status, said), (Some(0), Vec::new()), "{release}: {}", host.display());
    for service in units.iter().filter(|unit| unit.ends_with(".service")) {
        let threshold =
            threshold(&fs::read_to_string(host.join("etc/systemd/system").join(service)).unwrap());
        let mut exposure = Command::new("systemd-analyze");
        exposure.args(["security", "--no-pager", "--offline=true", &threshold, &at_root, service]);
        let (status, said) = ran(&mut exposure);
        assert_eq!(status, Some(0), "{release}: {service} is more exposed than {threshold}:\n{said}");
    }
    units.len()
}

/// Shapes that the golden inventory does not have, in one site each.
#[test]
fn nginx_accepts_sites_of_other_shapes() {
    for site in [
        "site: { static: { /: /srv/www } }",
        "apps: { a: { run: '@hbnb/web', static: { /: /srv/www } } }",
        "apps: { a-b: { run: '@hbnb/web', routes: [{ path: / }] }, a-c: { run: '@hbnb/api', routes: [{ path: /api }] } }",
        "site: { listen: 65535, server_name: .example.com, error_pages: { 404: /x, 503: 'A \"long\" {text}; #1' } }",
        "site: { balance: { group: z, method: ip_hash, port: 8080 } }",
        "site: { balance: { group: z, sticky: SESSION_ID, health: /x }, redirects: { /y: /x } }",
        "site: { redirects: { /: /start, /a~b/: 'http://example.com/?q=%20&b=(c)' }, headers: { X-A: '', X-B: '#' } }",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let inventory = dir.path().join("inventory.yml");
        fs::write(&inventory, format!("y: {{ hosts: {{ a: {{ ansible_host: 10.0.0.1 }} }}, vars: {{ {site} }} }}\nz: {{ hosts: {{ b: {{ ansible_host: 'fd00::2' }} }} }}\n")).unwrap();
        let mut render = Command::new(env!("CARGO_BIN_EXE_deployer"));
        render.arg("render").arg(&inventory).arg("--out").arg(dir.path());
        let (status, said) = ran(&mut render);
        assert_eq!(status, Some(0), "{site}: {said}");
        let (status, said) = nginx_says(&dir.path().join("a/etc/nginx/sites-available"));
        assert_eq!(status, Some(0), "{site}: {said}");
    }
}

#[test]
fn a_host_without_ipv6_does_not_listen_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let facts = dir.path().join("facts.yml");
    let text = "hostname: a\nos: debian\nos_version: '12'\narch: x86_64\ninit: systemd\nsystemd: 252\nnginx: [1, 22, 1]\n";
    for (ipv6, wanted) in [("", true), ("ipv6: false\n", false)] {
        fs::write(&facts, format!("{text}{ipv6}")).unwrap();
        let mut render = Command::new(env!("CARGO_BIN_EXE_deployer"));
        render.args(["render", "tests/golden/trees/inventory.yml", "--limit", "lb", "--out", "-", "--facts"]);
        let (_, said) = ran(render.arg(&facts));
        assert_eq!(said.contains("listen [::]:8080 default_server;"), wanted, "{said}");
        assert!(said.contains("listen 8080 default_server;"), "{said}");
    }
}
