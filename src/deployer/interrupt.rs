//! Ctrl-C and its kin: a run ends at once, tells what is known, and leaves nothing behind.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells whether somebody wants the run to end; copies hear the same.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens for SIGINT, SIGTERM and SIGHUP, inside a runtime.
    ///
    /// # Errors
    /// The system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        let (tell, hear) = watch::channel(false);
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let mut signals = signal(kind)?;
            let tell = tell.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    tell.send_replace(true);
                }
            });
        }
        Ok(Self(hear))
    }

    /// Returns when the run shall end, at once if that is so already; otherwise never.
    pub async fn wait(&self) {
        if self.0.clone().wait_for(|end| *end).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the run shall end.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }
}

/// Ends every `ssh` of ours that is still connecting; nobody waits for it any more.
pub fn end_connecting() {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    for pid in children.collect::<String>().split_whitespace() {
        let is_ssh = fs::read(format!("/proc/{pid}/comm")).is_ok_and(|name| name == b"ssh\n");
        if let (true, Some(pid)) = (is_ssh, pid.parse().ok().and_then(Pid::from_raw)) {
            let _ = kill_process(pid, Signal::TERM); // it may just have ended
        }
    }
}
