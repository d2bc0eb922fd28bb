//! The desk's part of a change that could lock it out: it logs in anew, and so proves that it is not.

use std::time::{Duration, Instant};

use crate::agent::wire::{ToAgent, ToDesk};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::resource::converge::Outcome;
use crate::resource::fault::Fault;

use super::payload::Binary;
use super::ssh::{Channel, Stay};

/// How much longer than the host waits we try to learn what it has done: sshd may have to start first.
const AFTERWARDS: Duration = Duration::from_secs(30);
/// Between two tries; sshd does not listen while it reads its configuration anew.
const PAUSE: Duration = Duration::from_millis(500);
/// After a refusal we do not try again before the host has acted: fail2ban locks out who fails five times.
const AFTER_UNDOING: Duration = Duration::from_secs(2);

/// Confirms a change over a connection that did not exist before; what became of the step instead, if that is not possible.
pub async fn confirm(channel: &mut Channel, agent: &Binary, token: &str, seconds: u16) -> Option<Outcome> {
    let (begun, time) = (Instant::now(), Duration::from_secs(seconds.into()));
    let mut refused: Option<Diagnostic> = None;
    loop {
        let left = (time + AFTERWARDS).saturating_sub(begun.elapsed());
        match tokio::time::timeout(left, anew(channel, agent, token)).await {
            Ok(Ok(true)) => return None,
            Ok(Ok(false)) => {
                return Some(Outcome::Undone(undone(
                    "the host has put back what was there before",
                    seconds,
                    refused,
                )));
            }
            Ok(Err(error)) => {
                if is_refusal(&error) {
                    tokio::time::sleep((time + AFTER_UNDOING).saturating_sub(begun.elapsed())).await;
                }
                refused = refused.or(Some(error));
            }
            Err(_) => {
                let unknown = "the host puts back what was there before by itself, but it could not be asked whether it did";
                return Some(Outcome::Undone(undone(unknown, seconds, refused)));
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether sshd answered, and let us not in.
fn is_refusal(error: &Diagnostic) -> bool {
    error
        .notes
        .iter()
        .any(|(_, said)| said.contains("Permission denied") || said.contains("authentication failures"))
}

/// Logs in anew and confirms; whether the change stays.
async fn anew(channel: &mut Channel, agent: &Binary, token: &str) -> Result<bool, Diagnostic> {
    let mut fresh = channel.another(agent, Stay::Kept).await?;
    let _facts: ToDesk = fresh.receive().await?;
    fresh.send(&ToAgent::Confirm(token.to_string())).await?;
    match fresh.receive().await? {
        ToDesk::Confirmed(stays) => Ok(stays),
        ToDesk::Locked(fault) => Err(Diagnostic::error(fault.message).exit(Exit::Failed)),
        _ => Err(Diagnostic::error("the agent spoke out of turn").exit(Exit::Bug)),
    }
}

/// Why a change was not confirmed, and what is true now.
fn undone(now: &str, seconds: u16, refused: Option<Diagnostic>) -> Fault {
    let fault = Fault::new(format!("with this change no new login came through within {seconds} s; {now}"));
    let said = refused.map_or(String::new(), |error| {
        let notes = error.notes.iter().filter(|(name, _)| *name == "ssh said").map(|(_, said)| said.as_str());
        std::iter::once(error.message.as_str()).chain(notes).collect::<Vec<_>>().join("\n")
    });
    fault.output(&said).fix("correct what this step sets, then run the same command again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undone_change_tells_what_the_first_new_login_met() {
        let refused = Diagnostic::error("web-01: cannot be reached").note("ssh said", "Connection timed out");
        let fault = undone("all is as before", 30, Some(refused.note("key now", "x")));
        assert_eq!(fault.message, "with this change no new login came through within 30 s; all is as before");
        assert_eq!(fault.output, "web-01: cannot be reached\nConnection timed out");
    }
}
