//! What the kernel tells of a process.
//! Format: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The kernel tells programs of processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);
/// Where the state stands in a line: behind the name, which may hold anything.
const BEHIND_NAME: char = ')';
/// Behind the name: time in user mode, time in the kernel, the moment it was started.
const COLUMNS: [usize; 3] = [11, 12, 19];

/// What a process used until now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Its memory, in bytes.
    pub memory: u64,
    /// Processor time.
    pub cpu: Duration,
    /// How long ago it was started.
    pub age: Duration,
}

/// What a process used; none if it has ended.
pub fn usage(pid: u32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let words: Vec<&str> = stat.rsplit_once(BEHIND_NAME)?.1.split_whitespace().collect();
    let ticks =
        COLUMNS.map(|column| words.get(column).and_then(|word| word.parse::<u32>().ok()).unwrap_or(0));
    let [user, system, started] = ticks.map(|ticks| TICK * ticks);
    // A unit may not see the file of the kernel that tells it, `/proc/uptime`.
    let uptime = Duration::try_from(clock_gettime(ClockId::Boottime)).ok()?;
    Some(Usage { memory: memory(pid).unwrap_or(0), cpu: user + system, age: uptime.saturating_sub(started) })
}

/// The memory of a process, in bytes; none if it has ended.
pub fn memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_runs_has_memory_and_one_that_does_not_is_none() {
        let own = usage(std::process::id()).unwrap();
        assert!(own.memory > 1 << 20 && own.age < Duration::from_secs(3600), "{own:?}");
        assert_eq!(usage(u32::MAX), None);
    }
}
