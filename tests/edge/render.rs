//! What deployer renders for hosts that are like this machine.

use std::fs;
use std::path::Path;
use std::process::Command;

/// This machine, as far as files depend on it; one that has no IPv6 is like every other here.
const FACTS: &str = "hostname: a\nos: debian\nos_version: '12'\narch: x86_64\ninit: systemd\nsystemd: 252\n\
                     nginx: [1, 22, 1]\nipv6: false\n";

/// Renders an inventory to `hosts` in `dir`, where it and the facts are left too.
pub fn render(dir: &Path, inventory: &str) {
    fs::write(dir.join("inventory.yml"), inventory).unwrap();
    fs::write(dir.join("facts.yml"), FACTS).unwrap();
    let mut render = Command::new(env!("CARGO_BIN_EXE_deployer"));
    render.current_dir(dir).args(["render", "inventory.yml", "--facts", "facts.yml", "--out", "hosts"]);
    let said = render.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}
