//! Inventories read as `ansible-inventory` (core 2.19) reads them.

use std::fs;
use std::path::{Path, PathBuf};

use deployer::deployer::inventory::Inventory;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/inventory").join(name)
}

/// `list.json` and `graph.txt` are what `ansible-inventory --list` and `--graph` printed (without `_meta.profile`).
#[test]
fn the_listing_is_what_ansible_inventory_prints() {
    for name in ["plain", "nested", "beside"] {
        let inventory = Inventory::load(&golden(name).join("hosts.yml"), &[]).unwrap();
        let listed = serde_json::to_string_pretty(&inventory.to_json()).unwrap();
        assert_eq!(listed + "\n", fs::read_to_string(golden(name).join("list.json")).unwrap(), "{name}");
        assert_eq!(inventory.graph(), fs::read_to_string(golden(name).join("graph.txt")).unwrap(), "{name}");
    }
}
