//! The Nginx that runs on a host: its test of what lies there, and its reload.

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::host::{Host, Look, Ran, Run};

/// How long new workers may take to appear after a reload.
const RELOAD_DEADLINE: Duration = Duration::from_secs(10);

/// Lets Nginx read its files as they lie; nothing is loaded.
pub fn test(host: &dyn Host) -> Result<Ran, Fault> {
    host.run(&Run::new(&["nginx", "-t"]))
}

/// Reloads Nginx and waits until a new generation of workers serves; a stopped Nginx will read the files when
/// its service starts. The workers of before, which finish what they have begun.
pub fn reload(host: &dyn Host) -> Result<Vec<String>, Fault> {
    let Some(master) = master_pid(host)? else { return Ok(Vec::new()) };
    let before = workers(host, &master)?;
    let ran = host.run(&Run::new(&["nginx", "-s", "reload"]))?;
    if ran.status != 0 {
        return Err(Fault::new("`nginx -s reload` failed").output(&ran.text()));
    }
    let deadline = Instant::now() + RELOAD_DEADLINE;
    while workers(host, &master)?.iter().all(|pid| before.contains(pid)) {
        if Instant::now() > deadline {
            return Err(Fault::new("nginx was told to reload and no new worker appeared within 10 s")
                .fix("look at /var/log/nginx/error.log on the host"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(before)
}

/// Whether any of these workers still runs.
pub fn any_runs(look: &dyn Look, pids: &[String]) -> Result<bool, Fault> {
    let Some(master) = master_pid(look)? else { return Ok(false) };
    Ok(workers(look, &master)?.iter().any(|pid| pids.contains(pid)))
}

/// The pid of the running master; a stale pid file is not one.
fn master_pid(look: &dyn Look) -> Result<Option<String>, Fault> {
    let pid = look.read("/run/nginx.pid")?.unwrap_or_default();
    let pid = String::from_utf8_lossy(&pid).trim().to_string();
    let name = look.read(&format!("/proc/{pid}/comm"))?.unwrap_or_default();
    Ok((!pid.is_empty() && name.starts_with(b"nginx")).then_some(pid))
}

fn workers(look: &dyn Look, master: &str) -> Result<Vec<String>, Fault> {
    let children = look.read(&format!("/proc/{master}/task/{master}/children"))?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&children).split_whitespace().map(str::to_string).collect())
}
