//! What is said of other people's lines for Nginx: nothing of ours, and nothing wrong that Nginx takes to be right.

use std::fs;
use std::path::Path;
use std::process::Command;

use deployer::base::source::Source;
use deployer::deployer::lint::{self, Around, Listener, syntax};

use super::readers::nginx_says;
use super::{RELEASES, files, ran};

fn deployer(words: &[&str], inventory: &Path) -> (Option<i32>, String) {
    ran(Command::new(env!("CARGO_BIN_EXE_deployer")).args(words).arg(inventory))
}

#[test]
fn nothing_is_found_in_the_sites_of_any_release() {
    let mut seen = 0;
    for release in RELEASES {
        for host in fs::read_dir(Path::new("tests/golden/trees").join(release)).unwrap() {
            let texts = files(&host.unwrap().path().join("etc/nginx"));
            let texts = texts.iter().filter(|(_, text)| !text.starts_with("-> "));
            let parsed = texts.map(|(name, text)| {
                let source = Source::new(format!("{release}: {}", name.display()), text.as_str());
                syntax::parse(&source).unwrap_or_else(|mistake| panic!("{:?}: {}", mistake.at, mistake.why))
            });
            let parsed: Vec<_> = parsed.collect();
            let mut around = Around::default();
            for text in &parsed {
                around.add(text);
                // Whoever is behind a site listens.
                let upstreams = text.directives.iter().filter(|directive| directive.is("upstream"));
                let servers =
                    upstreams.flat_map(|up| up.all("server")).filter_map(|server| server.args.first());
                around.listeners.extend(servers.filter_map(|address| Listener::of(&address.text, "80")));
            }
            for text in &parsed {
                assert_eq!(lint::findings(text, &around), []);
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "only {seen} sites were read");
}

#[test]
fn nothing_is_found_in_our_sites_where_a_template_is_the_users_own() {
    let dir = tempfile::tempdir().unwrap();
    let (inventory, here) = (dir.path().join("inventory.yml"), std::env::current_dir().unwrap());
    let text = fs::read_to_string("tests/golden/trees/inventory.yml").unwrap();
    let absolute = |from: &str| here.join("tests/golden/trees").join(from).display().to_string();
    let text =
        text.replace("../../hosts/", &absolute("../../hosts/")).replace("beside/", &absolute("beside/"));
    fs::write(&inventory, text).unwrap();
    let own = dir.path().join("templates/nginx/log.conf.tera");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    let check = || {
        let (status, said) = deployer(&["check", "--limit", "all:!python:!authority"], &inventory);
        let findings = said.split("\n\n").filter(|one| one.contains("= rule: ")).map(str::to_string);
        (status, findings.collect::<Vec<_>>())
    };
    let ours = fs::read_to_string("templates/nginx/log.conf.tera").unwrap();
    fs::write(&own, format!("\n    # Mine.\n{ours}")).unwrap();
    assert_eq!(check(), (Some(0), Vec::new()));
    fs::write(&own, format!("\n    location /mine {{ alias /srv/; }}\n{ours}")).unwrap();
    let (status, findings) = check();
    assert_eq!((status, findings.len()), (Some(2), 1), "it finds nothing anywhere: {findings:?}");
}

#[test]
fn nginx_refuses_what_is_called_an_error_of_its_own() {
    for (rule, snippet, refusal) in [
        ("duplicate_location", "location = /a { return 204; }", "duplicate location \"/a\""),
        ("duplicate_location", "location ^~ / { return 204; }", "duplicate location \"/\""),
        ("proxy_pass_uri", "location ~ ^/b { proxy_pass http://deployer_web/; }", "cannot have URI part"),
        ("proxy_pass_uri", "location @b { proxy_pass http://deployer_web/b; }", "cannot have URI part"),
        ("unknown_upstream", "location /b { proxy_pass http://web; }", "host not found in upstream \"web\""),
        ("missing_semicolon", "client_max_body_size 2m\nkeepalive_timeout 5;", "invalid number of arguments"),
        ("missing_semicolon", "server_name_in_redirect on\nlocation /b { }", "terminated by \";\""),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let inventory = dir.path().join("inventory.yml");
        let vars = "apps: { web: { run: '@hbnb/web', bind: 127.0.0.1:5003, routes: [{ path: / }, { path: /a }] } }, site: { include: own.conf }";
        let text = format!("web: {{ hosts: {{ a: {{ ansible_host: 10.0.0.1 }} }}, vars: {{ {vars} }} }}\n");
        fs::write(&inventory, text).unwrap();
        fs::write(dir.path().join("own.conf"), snippet).unwrap();
        let (status, said) = deployer(&["check"], &inventory);
        let found = (status, said.matches("error: ").count(), said.contains(&format!("= rule: {rule}\n")));
        assert_eq!(found, (Some(2), 1, true), "{snippet}: {said}");
        let out = dir.path().display().to_string();
        let (status, said) = deployer(&["render", "--out", &out], &inventory);
        assert_eq!(status, Some(0), "{snippet}: {said}");
        let (status, said) = nginx_says(&dir.path().join("a/etc/nginx/sites-available"));
        assert_eq!((status, said.contains(refusal)), (Some(1), true), "{snippet}: {said}");
    }
}
