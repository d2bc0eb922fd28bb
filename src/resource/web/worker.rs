//! The workers of a web server's master process: one generation follows another at every reload.

use std::time::{Duration, Instant};

use crate::resource::fault::Fault;
use crate::resource::host::Look;

/// How long new workers may take to appear after a reload.
const RELOAD_DEADLINE: Duration = Duration::from_secs(10);

/// The pid of the running master of a program; a stale pid file is not one.
pub fn master(look: &dyn Look, program: &str) -> Result<Option<String>, Fault> {
    let pid = look.text(&format!("/run/{program}.pid"))?.unwrap_or_default().trim().to_string();
    let name = look.read(&format!("/proc/{pid}/comm"))?.unwrap_or_default();
    Ok((!pid.is_empty() && name.starts_with(program.as_bytes())).then_some(pid))
}

/// The pids of a master's workers.
pub fn of(look: &dyn Look, master: &str) -> Result<Vec<String>, Fault> {
    let children = look.text(&format!("/proc/{master}/task/{master}/children"))?.unwrap_or_default();
    Ok(children.split_whitespace().map(str::to_string).collect())
}

/// Whether any of these workers still runs.
pub fn any_runs(look: &dyn Look, program: &str, pids: &[String]) -> Result<bool, Fault> {
    let Some(master) = master(look, program)? else { return Ok(false) };
    Ok(of(look, &master)?.iter().any(|pid| pids.contains(pid)))
}

/// Waits until a worker is there that was not there before; whether one came.
pub fn renewed(look: &dyn Look, master: &str, before: &[String]) -> Result<bool, Fault> {
    let deadline = Instant::now() + RELOAD_DEADLINE;
    while of(look, master)?.iter().all(|pid| before.contains(pid)) {
        if Instant::now() > deadline {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(true)
}
