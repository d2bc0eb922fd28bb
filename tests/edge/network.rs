//! A network of a test's own, where every port is free.

use std::process::{Command, Stdio};

/// Set where a test runs in its network.
const INSIDE: &str = "IN_A_NETWORK_OF_ITS_OWN";

/// Runs what the test of this name does in a network of its own: as that test once more, in another process.
pub fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let mut again = Command::new("unshare");
    again.args(["--net", "--map-root-user", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]);
    again.arg(std::env::current_exe().unwrap()).args([name, "--exact", "--nocapture"]).env(INSIDE, "yes");
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    // What it has to say is on standard error, which is ours.
    let ended = again.env("PATH", path).stdout(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}
