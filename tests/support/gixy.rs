//! The linter of Nginx.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::host::Sandbox;
use crate::wsgi::venv;

/// What it finds in a configuration, but for these rules.
pub fn findings(conf: &Path, skips: &str) -> Vec<Value> {
    let gixy = venv::with("tests/golden/gixy.txt").with_file_name("gixy");
    let said = Command::new(gixy).args(["--format", "json", "--skips", skips]).arg(conf).output().unwrap();
    let findings = serde_json::from_slice(&said.stdout);
    findings.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&said.stderr)))
}

/// Nginx itself and the linter find nothing in the configuration of a host, but for what its distribution wrote there.
pub fn finds_nothing(hosts: &Sandbox, host: &str) {
    let tested = hosts.read(host, "sudo nginx -t 2>&1");
    assert!(tested.ends_with("test is successful") && !tested.contains("[warn]"), "{host}: {tested}");
    let copy = tempfile::tempdir().unwrap();
    fs::write(copy.path().join("tar"), hosts.ssh(host, "sudo tar c -C / etc/nginx").stdout).unwrap();
    let unpacked = Command::new("tar").arg("x").arg("-f").arg("tar").current_dir(copy.path()).status();
    assert!(unpacked.unwrap().success());
    let (etc, main) = (copy.path().join("etc/nginx"), copy.path().join("etc/nginx/nginx.conf"));
    let text = fs::read_to_string(&main).unwrap();
    fs::write(&main, text.replace("/etc/nginx/", &format!("{}/", etc.display()))).unwrap();
    // Links lead out of the copy.
    for site in fs::read_dir(etc.join("sites-enabled")).unwrap() {
        let site = site.unwrap().path();
        let file = etc.join("sites-available").join(site.file_name().unwrap());
        fs::remove_file(&site).unwrap();
        fs::copy(file, site).unwrap();
    }
    let is_ours = |finding: &Value| finding["path"] != main.display().to_string();
    // Whether browsers are told to keep to https is a choice.
    let all = findings(&main, "hsts_header");
    let ours: Vec<&Value> = all.iter().filter(|finding| is_ours(finding)).collect();
    assert_eq!(ours, Vec::<&Value>::new(), "{host}");
    // Debian's own file lets old protocols through, which no site of ours does: the linter has read it all.
    assert!(all.iter().any(|finding| finding["plugin"] == "weak_ssl_tls"), "{host}: {all:?}");
}
