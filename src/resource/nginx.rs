//! The Nginx that runs on a host: its test of what lies there, and its reload.

use super::fault::Fault;
use super::host::{Host, Ran, Run};
use super::worker;

/// Lets Nginx read its files as they lie; nothing is loaded.
pub fn test(host: &dyn Host) -> Result<Ran, Fault> {
    host.run(&Run::new(&["nginx", "-t"]))
}

/// Reloads Nginx and waits until a new generation of workers serves; a stopped Nginx will read the files when
/// its service starts. The workers of before, which finish what they have begun.
pub fn reload(host: &dyn Host) -> Result<Vec<String>, Fault> {
    let Some(master) = worker::master(host, "nginx")? else { return Ok(Vec::new()) };
    let before = worker::of(host, &master)?;
    let ran = host.run(&Run::new(&["nginx", "-s", "reload"]))?;
    if ran.status != 0 {
        return Err(Fault::new("`nginx -s reload` failed").output(&ran.text()));
    }
    if worker::renewed(host, &master, &before)? {
        return Ok(before);
    }
    Err(Fault::new("nginx was told to reload and no new worker appeared within 10 s")
        .fix("look at /var/log/nginx/error.log on the host"))
}
