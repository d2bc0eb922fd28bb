//! Peak memory of both sides of a run, read from /proc while it lasts (the hosts' processes are seen from here).

use std::fs;
use std::process::Child;
use std::time::Duration;

/// Largest resident sizes, kilobytes.
#[derive(Default)]
pub struct Peaks {
    /// Of any agent.
    pub agent: u64,
    /// Of the desk.
    pub desk: u64,
}

/// Follows a run to its end.
pub fn of(mut run: Child) -> Peaks {
    let mut peaks = Peaks::default();
    loop {
        peaks.desk = peaks.desk.max(peak(&run.id().to_string()));
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let pid = entry.file_name().to_string_lossy().into_owned();
            let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if command.starts_with("/var/lib/deployer/bin/") {
                peaks.agent = peaks.agent.max(peak(&pid));
            }
        }
        if let Some(status) = run.try_wait().unwrap() {
            assert!(status.success(), "apply failed");
            return peaks;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn peak(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or(0)
}
