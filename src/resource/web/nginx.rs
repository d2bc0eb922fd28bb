//! The Nginx that runs on a host: how it takes up new files, or none of them.

use std::time::{Duration, Instant};

use super::worker;
use crate::resource::fault::Fault;
use crate::resource::host::{Host, Look, Run};

/// The master lets the workers of before take connections for a tenth of a second beside the new ones; a busy machine
/// for longer.
const LEAVE_DEADLINE: Duration = Duration::from_secs(10);

/// Puts files in place, lets Nginx test them and reloads it; what goes wrong on the way puts those of before back. The
/// workers of before, which finish what they have begun.
///
/// # Errors
/// `put` fails; Nginx refuses what lies there, for which `refused` gets what it said; or it does not follow.
pub fn take_up(
    host: &dyn Host,
    put: impl FnOnce() -> Result<(), Fault>,
    put_back: impl FnOnce() -> Result<(), Fault>,
    refused: impl FnOnce(&str) -> Fault,
) -> Result<Vec<String>, Fault> {
    let tested =
        put().and_then(|()| host.run(&Run::new(&["nginx", "-t"]))).and_then(|ran| match ran.status {
            0 => Ok(()),
            _ => Err(refused(&ran.text())),
        });
    if let Err(fault) = tested {
        put_back()?;
        return Err(fault);
    }
    reload(host).or_else(|mut fault| {
        put_back()?;
        // The workers that serve have the old files in their memory; one that came late has them again.
        drop(reload(host));
        fault.message += "; the old configuration is back";
        Err(fault)
    })
}

/// Reloads Nginx and waits until a new generation of workers serves, and it alone; a stopped Nginx will read the files
/// when its service starts. The workers of before, which finish what they have begun.
fn reload(host: &dyn Host) -> Result<Vec<String>, Fault> {
    let Some(master) = worker::master(host, "nginx")? else { return Ok(Vec::new()) };
    let before = worker::of(host, &master)?;
    let ran = host.run(&Run::new(&["nginx", "-s", "reload"]))?;
    if ran.status != 0 {
        return Err(Fault::new("`nginx -s reload` failed").output(&ran.text()));
    }
    let failed = |what: &str| {
        let log = host.ask(&Run::new(&["tail", "-n", "5", "/var/log/nginx/error.log"]));
        Fault::new(what)
            .output(&log.map(|ran| ran.stdout).unwrap_or_default())
            .fix("repair what the last lines name (free a port that another program has: ss -ltnp), then run the same command again")
    };
    if !worker::renewed(host, &master, &before)? {
        return Err(failed("nginx was told to reload and no new worker appeared within 10 s"));
    }
    let end = Instant::now() + LEAVE_DEADLINE;
    for pid in &before {
        while takes_connections(host, pid) {
            if Instant::now() > end {
                return Err(failed(
                    "nginx was reloaded and an old worker still takes connections after 10 s",
                ));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(before)
}

/// Whether a worker has not been told to end: one that has says so in its title, and one that is gone has none.
fn takes_connections(look: &dyn Look, pid: &str) -> bool {
    let title = look.text(&format!("/proc/{pid}/cmdline")).ok().flatten().unwrap_or_default();
    title.starts_with("nginx: worker process") && !title.contains("is shutting down")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::fake::FakeHost;

    #[test]
    fn a_worker_that_is_leaving_or_gone_takes_no_connections() {
        let host = FakeHost::default();
        host.put("/proc/1/cmdline", "nginx: worker process\0");
        host.put("/proc/2/cmdline", "nginx: worker process is shutting down\0");
        let takes = ["1", "2", "3"].map(|pid| takes_connections(&host, pid));
        assert_eq!(takes, [true, false, false]);
    }
}
