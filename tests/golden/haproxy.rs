//! The real HAProxy reads what is rendered for it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{RELEASES, ran, render};
use crate::support::tls::make_pair;

/// What it says of a file, in which every certificate is one that is there.
fn said_of(file: &Path) -> (Option<i32>, String) {
    let home = tempfile::tempdir().unwrap();
    make_pair(home.path(), "pair", &["example.com"], "30");
    let [chain, key] =
        ["pem", "key"].map(|end| fs::read_to_string(home.path().join(format!("pair.{end}"))).unwrap());
    let pair = home.path().join("both.pem");
    fs::write(&pair, chain + &key).unwrap();
    let word = |word: &str| {
        let is_pair = word.starts_with("/etc/ssl/deployer/") && word.ends_with("/combined.pem");
        if is_pair { pair.display().to_string() } else { word.to_string() }
    };
    let text = fs::read_to_string(file).unwrap();
    let text: Vec<String> = text.split(' ').map(word).collect();
    let copy = home.path().join("haproxy.cfg");
    fs::write(&copy, text.join(" ")).unwrap();
    ran(Command::new("haproxy").args(["-c", "-f"]).arg(copy))
}

#[test]
fn haproxy_accepts_the_file_of_every_release_that_has_a_new_enough_one() {
    let releases: Vec<&str> = RELEASES
        .into_iter()
        .filter(|r| !["ubuntu-14.04", "ubuntu-16.04", "ubuntu-18.04"].contains(r))
        .collect();
    for release in &releases {
        let tree = render(release);
        let (status, said) = said_of(&tree.path().join("ha-01/etc/haproxy/haproxy.cfg"));
        assert_eq!(status, Some(0), "{release}: {said}");
        // What 2.0 understands is out of date for the HAProxy of this machine.
        let warns = said.contains("[WARNING]");
        assert_eq!(warns, *release == "ubuntu-20.04", "{release}: {said}");
    }
    assert_eq!(releases.len(), 7);
}

#[test]
fn haproxy_2_0_which_ends_an_expression_at_the_first_bracket_reads_each_whole() {
    let tree = render("ubuntu-20.04");
    let text = fs::read_to_string(tree.path().join("ha-01/etc/haproxy/haproxy.cfg")).unwrap();
    let expressions: Vec<&str> =
        text.split("%[").skip(1).map(|rest| rest.split(']').next().unwrap()).collect();
    assert!(!expressions.is_empty());
    for one in expressions {
        assert!(one.matches('(').count() == one.matches(')').count() && !one.contains('['), "{one}");
    }
}

#[test]
fn an_older_haproxy_is_refused_with_a_way_out() {
    let arguments = [
        "render",
        "tests/golden/trees/inventory.yml",
        "--limit",
        "ha-01",
        "--out",
        "-",
        "--os",
        "ubuntu-18.04",
    ];
    let (status, said) = ran(Command::new(env!("CARGO_BIN_EXE_deployer")).args(arguments));
    assert_eq!(status, Some(2), "{said}");
    assert!(said.starts_with("error: ha-01: its HAProxy is too old to balance\n"), "{said}");
    assert!(said.contains("it has 1.8; only 2.0 and newer ask another host when one is lost\n"), "{said}");
    assert!(
        said.contains(" = fix: write `with: nginx`, or take Ubuntu 20.04, Debian 11 or newer\n"),
        "{said}"
    );
}
