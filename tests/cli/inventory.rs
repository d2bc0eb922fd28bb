//! Inventories: read as `ansible-inventory` (core 2.19) reads them, and refused with whole sentences.

use std::fs;
use std::path::Path;

use deployer::appserver::config::option::words;
use deployer::base::diagnostic::Diagnostic;
use deployer::deployer::desk::{Desk, Secrets};
use deployer::deployer::inventory::Inventory;
use deployer::deployer::options::Input;
use deployer::deployer::stack::Stack;

/// `list.json` and `graph.txt` are what `ansible-inventory --list` and `--graph` printed (without `_meta.profile`).
#[test]
fn the_listing_is_what_ansible_inventory_prints() {
    for name in ["plain", "nested", "beside"] {
        let golden = Path::new("tests/golden/inventory").join(name);
        let inventory = Inventory::load(&golden.join("hosts.yml"), &[]).unwrap();
        let listed = serde_json::to_string_pretty(&inventory.to_json()).unwrap();
        assert_eq!(listed + "\n", fs::read_to_string(golden.join("list.json")).unwrap(), "{name}");
        assert_eq!(inventory.graph(), fs::read_to_string(golden.join("graph.txt")).unwrap(), "{name}");
    }
}

/// Everything that is said about an inventory: its errors, or the errors of what its hosts are to run.
fn said(path: &Path) -> Vec<Diagnostic> {
    let input = Input { inventory: path.into(), playbook: None, limit: None, extra: Vec::new() };
    Desk::open(&input, Secrets::Unknown, words).err().unwrap_or_default()
}

fn shown(said: &[Diagnostic]) -> String {
    said.iter().map(|d| format!("{d}\n")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_mistake_is_said_with_its_line_a_caret_and_a_reason() {
    let mut wrong = Vec::new();
    let mut paths: Vec<_> =
        fs::read_dir("tests/golden/errors-of-inventory").unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "yml"));
    paths.sort();
    assert_eq!(paths.len(), 19);
    for path in paths {
        let (seen, wanted) = (shown(&said(&path)), fs::read_to_string(path.with_extension("txt")));
        if wanted.as_deref().ok() != Some(&seen) {
            wrong.push(format!("{} is not what was said:\n{seen}", path.with_extension("txt").display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_limit_that_matches_nothing_is_an_error_with_a_suggestion() {
    let inventory = Inventory::load(Path::new("inventories/production.yml"), &[]).unwrap();
    for (pattern, wanted) in [
        (
            "wbe",
            "error: `wbe` matches no host and no group\n --> --limit:1:1\n  |\n1 | wbe\n  | ^^^ groups: all, web, lb\n  = fix: did you mean `web`?",
        ),
        (
            "web, !web-10",
            "error: `web-10` matches no host and no group\n --> --limit:1:6\n  |\n1 | web, !web-10\n  |      ^^^^^^^ groups: all, web, lb\n  = fix: did you mean `web-01`?",
        ),
        (
            "zebra*",
            "error: `zebra*` matches no host and no group\n --> --limit:1:1\n  |\n1 | zebra*\n  | ^^^^^^ groups: all, web, lb\n  = fix: `deployer inventory INVENTORY --graph` shows all names",
        ),
        (
            "web:&lb",
            "error: `web:&lb` chooses no host\n --> --limit:1:1\n  |\n1 | web:&lb\n  | ^^^^^^^ hosts: web-01, web-02, lb-01",
        ),
        (
            "@no-such-file",
            "error: the list of hosts `no-such-file` cannot be read\n --> --limit:1:1\n  |\n1 | @no-such-file\n  | ^^^^^^^^^^^^^ No such file or directory (os error 2)",
        ),
        (
            "~web.*",
            "error: regular expressions are not supported in patterns\n --> --limit:1:1\n  |\n1 | ~web.*\n  | ^^^^^^\n  = fix: use `*` and `?`: `web-0*`",
        ),
    ] {
        assert_eq!(inventory.select(pattern).unwrap_err().to_string(), wanted, "{pattern}");
    }
}

#[test]
fn an_unknown_host_and_a_missing_file_are_errors_with_a_fix() {
    let inventory = Inventory::load(Path::new("inventories/production.yml"), &[]).unwrap();
    assert_eq!(
        inventory.host_json("web-1").unwrap_err().to_string(),
        "error: no host is named `web-1`\n --> --host:1:1\n  |\n1 | web-1\n  | ^^^^^\n  = fix: did you mean `web-01`?"
    );
    assert_eq!(
        shown(&said(Path::new("inventories/none.yml"))),
        "error: the inventory `inventories/none.yml` cannot be read\n  = why: No such file or directory (os error 2)\n  = fix: name an inventory that exists; `deployer init` writes one to start from\n"
    );
}

#[test]
fn the_inventories_of_the_manual_load_without_a_warning() {
    for (name, wanted) in [
        ("inventories/local.yml", vec![("localhost", 1, 2)]),
        ("inventories/sandbox.yml", vec![("web-01", 4, 7), ("web-02", 4, 7), ("lb-01", 0, 2)]),
        ("inventories/production.yml", vec![("web-01", 4, 7), ("web-02", 4, 7), ("lb-01", 0, 1)]),
    ] {
        let inventory = Inventory::load(Path::new(name), &[]).unwrap();
        assert_eq!(shown(&inventory.warnings), "", "{name}");
        let mut found = Vec::new();
        for host in &inventory.hosts {
            let stack = Stack::of(host, words).unwrap();
            assert_eq!(shown(&stack.warnings), "", "{name}: {}", host.name);
            found.push((host.name.as_str(), stack.apps.len(), stack.probes.len()));
        }
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn a_secret_is_masked_in_the_listing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "all: {hosts: {a: {db: {password: !env PATH}}}}\n").unwrap();
    let inventory = Inventory::load(file.path(), &[]).unwrap();
    let wanted = serde_json::json!({
        "_meta": {"hostvars": {"a": {"db": {"password": "********"}}}},
        "all": {"children": ["ungrouped"]},
        "ungrouped": {"hosts": ["a"]},
    });
    assert_eq!(inventory.to_json(), wanted);
}
