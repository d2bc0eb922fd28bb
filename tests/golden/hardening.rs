//! What the hardening playbook writes, and what those who read it say.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{files, ran, rendered};

const RELEASES: [&str; 3] = ["ubuntu-14.04", "ubuntu-22.04", "debian-12"];

fn harden(release: &str) -> tempfile::TempDir {
    let playbook = ["--playbook", "playbooks/hardening.yml", "--os", release];
    rendered(&[&["tests/golden/hardening/inventory.yml"], playbook.as_slice()].concat())
}

#[test]
fn the_files_of_a_hardened_host_are_the_golden_ones() {
    for release in RELEASES {
        let (seen, golden) = (harden(release), Path::new("tests/golden/hardening").join(release));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let _ = fs::remove_dir_all(&golden);
            ran(Command::new("cp").arg("-a").args([seen.path(), &golden]));
        }
        assert_eq!(files(seen.path()), files(&golden), "{release}");
    }
}

#[test]
fn nft_apt_and_systemd_read_them() {
    let tree = harden("debian-12");
    let host = tree.path().join("web-01");
    let mut nft = Command::new("unshare");
    nft.args(["--net", "--map-root-user", "nft", "-c", "-f"]).arg(host.join("etc/nftables.d/deployer.nft"));
    assert_eq!(ran(&mut nft), (Some(0), String::new()));
    let mut apt = Command::new("apt-config");
    apt.arg("-c").arg(host.join("etc/apt/apt.conf.d/60deployer")).arg("dump");
    let (status, said) = ran(&mut apt);
    assert!(
        status == Some(0) && said.contains("Unattended-Upgrade::Automatic-Reboot-Time \"04:30\";"),
        "{said}"
    );
    let unit = host.join("etc/systemd/system/deployer-firewall.service");
    assert_eq!(ran(Command::new("systemd-analyze").arg("verify").arg(unit)), (Some(0), String::new()));
}

/// The rest of the world, sshd, both ports of the site and the inventory; nothing else.
#[test]
fn every_port_that_is_wanted_is_open_and_no_other() {
    let tree = harden("debian-12");
    let rules = fs::read_to_string(tree.path().join("web-01/etc/nftables.d/deployer.nft")).unwrap();
    let open: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_suffix(" accept")).collect();
    let wanted = [
        "iifname \"lo\"",
        "ct state established,related",
        "meta l4proto { 1, 58 }",
        "udp sport 67 udp dport 68",
        "udp sport 547 udp dport 546",
        "tcp dport { 22, 80, 443, 3306, 8000, 8080, 8443 }",
        "udp dport { 51820 }",
    ];
    assert_eq!(open, wanted);
    assert_eq!(rules.matches("accept").count(), wanted.len());
}
