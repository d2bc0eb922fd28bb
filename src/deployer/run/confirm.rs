//! The desk's part of a change that could lock it out: it logs in anew, and so proves that it is not.

use std::fmt;
use std::pin::pin;
use std::time::{Duration, Instant};

use crate::agent::wire::{ToAgent, ToDesk};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::deployer::payload::Binary;
use crate::deployer::ssh::{Channel, Stay, Way};
use crate::resource::converge::Outcome;
use crate::resource::fault::Fault;
use crate::resource::guard::State;

/// How much longer than the host waits we try to learn what it has done: sshd may have to start first.
const AFTERWARDS: Duration = Duration::from_secs(30);
/// Between two tries; sshd does not listen while it reads its configuration anew.
const PAUSE: Duration = Duration::from_millis(500);
/// After a refusal we do not try again before the host has acted: fail2ban locks out who fails five times.
const AFTER_UNDOING: Duration = Duration::from_secs(2);
/// Where the host refuses us even then: so long after the first refusal, twice as long after the second, and so on.
const AFTER_REFUSAL: Duration = Duration::from_secs(5);
/// What is told where nobody could ask.
const UNASKED: &str =
    "the host puts back what was there before by itself, but it could not be asked whether it did";

/// Confirms a change over a connection that did not exist before; what became of the step.
///
/// The old connection is listened to meanwhile: where it still lives, the agent tells at once what the host has decided.
///
/// # Errors
/// The change is confirmed, and the old connection is lost.
pub async fn confirm(
    channel: &mut Channel,
    agent: &Binary,
    token: &str,
    seconds: u16,
) -> Result<Outcome, Diagnostic> {
    let (way, mut refused) = (channel.way(), None);
    let told = first(end_of_step(channel), log_in(&way, agent, token, seconds, &mut refused)).await?;
    Ok(outcome(told, seconds, refused))
}

/// What became of a step: what the host tells, and what the first login met that did not come through.
fn outcome(told: Result<Outcome, Option<State>>, seconds: u16, refused: Option<Diagnostic>) -> Outcome {
    let outcome = match told {
        Ok(Outcome::Undone(_)) | Err(Some(State::Undone)) => {
            Outcome::Undone(unconfirmed(State::Undone, seconds))
        }
        Ok(outcome) => outcome,
        Err(Some(state)) => Outcome::Failed(unconfirmed(state, seconds)),
        Err(None) => Outcome::Failed(unconfirmed(UNASKED, seconds)),
    };
    match outcome {
        Outcome::Undone(fault) => Outcome::Undone(with(fault, refused)),
        Outcome::Failed(fault) => Outcome::Failed(with(fault, refused)),
        stays => stays,
    }
}

/// What the agent tells over the old connection; where that is lost, how far the logins got.
async fn first(
    old: impl Future<Output = Result<Outcome, Diagnostic>>,
    logins: impl Future<Output = Option<State>>,
) -> Result<Result<Outcome, Option<State>>, Diagnostic> {
    let (mut old, mut logins) = (pin!(old), pin!(logins));
    let (lost, state) = tokio::select! {
        biased;
        told = &mut old => match told {
            Ok(outcome) => return Ok(Ok(outcome)),
            Err(lost) => (Some(lost), logins.await),
        },
        state = &mut logins => (None, state),
    };
    match (state, lost) {
        (Some(State::Confirmed), Some(lost)) => Err(lost),
        (Some(State::Confirmed), None) => old.await.map(Ok),
        (state, _) => Ok(Err(state)),
    }
}

/// Waits for the agent's word on the step under way.
async fn end_of_step(channel: &mut Channel) -> Result<Outcome, Diagnostic> {
    match channel.receive().await? {
        ToDesk::Finished(_, outcome) => Ok(outcome),
        _ => Err(Diagnostic::error("the agent spoke out of turn").exit(Exit::Bug)),
    }
}

/// Logs in anew and confirms, until the guard is decided; none if the host could not be asked at all.
async fn log_in(
    way: &Way,
    agent: &Binary,
    token: &str,
    seconds: u16,
    refused: &mut Option<Diagnostic>,
) -> Option<State> {
    let (begun, time) = (Instant::now(), Duration::from_secs(seconds.into()));
    let (mut last, mut refusals) = (None, 0);
    loop {
        let left = (time + AFTERWARDS).saturating_sub(begun.elapsed());
        match tokio::time::timeout(left, anew(way, agent, token)).await {
            Ok(Ok(state)) if state.is_decided() => return Some(state),
            Ok(Ok(state)) => last = Some(state),
            Ok(Err(error)) => {
                let is_refusal = is_refusal(&error);
                // Told even if the old connection ends this during the pause.
                keep(refused, error);
                if is_refusal {
                    refusals += 1;
                    tokio::time::sleep(pause(time, begun.elapsed(), refusals)).await;
                }
            }
            Err(_) => return last,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Keeps the error that tells most: that sshd let us not in, rather than that it did not listen for a moment, while it
/// read its configuration anew; of two that tell as much, the first.
fn keep(kept: &mut Option<Diagnostic>, error: Diagnostic) {
    if kept.as_ref().is_none_or(|before| is_refusal(&error) && !is_refusal(before)) {
        *kept = Some(error);
    }
}

/// How long nobody tries again who was refused so many times.
fn pause(time: Duration, elapsed: Duration, refusals: u32) -> Duration {
    match (time + AFTER_UNDOING).checked_sub(elapsed) {
        Some(left) if elapsed < time => left,
        _ => AFTER_REFUSAL * refusals,
    }
}

/// Whether sshd answered, and let us not in.
fn is_refusal(error: &Diagnostic) -> bool {
    error
        .notes
        .iter()
        .any(|(_, said)| said.contains("Permission denied") || said.contains("authentication failures"))
}

/// Logs in anew and confirms; how far the guard has come then.
async fn anew(way: &Way, agent: &Binary, token: &str) -> Result<State, Diagnostic> {
    let mut fresh = Channel::open(&way.target, agent, Stay::Kept, &way.control).await?;
    let _facts: ToDesk = fresh.receive().await?;
    fresh.send(&ToAgent::Confirm(token.to_string())).await?;
    match fresh.receive().await? {
        ToDesk::Confirmed(state) => Ok(state),
        ToDesk::Locked(fault) => Err(Diagnostic::error(fault.message).exit(Exit::Failed)),
        _ => Err(Diagnostic::error("the agent spoke out of turn").exit(Exit::Bug)),
    }
}

/// Why a change was not confirmed, and what is true now.
fn unconfirmed(now: impl fmt::Display, seconds: u16) -> Fault {
    let fault = Fault::new(format!("with this change no new login came through within {seconds} s; {now}"));
    fault.fix("correct what this step sets, then run the same command again")
}

/// A fault, and what the first login met that did not come through.
fn with(fault: Fault, refused: Option<Diagnostic>) -> Fault {
    let Some(error) = refused else { return fault };
    let notes = error.notes.iter().filter(|(name, _)| *name == "ssh said").map(|(_, said)| said.as_str());
    let told = [fault.output.as_str()].into_iter().filter(|output| !output.is_empty());
    let said = told.chain([error.message.as_str()]).chain(notes).collect::<Vec<_>>().join("\n");
    fault.output(&said)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn lost() -> Diagnostic {
        Diagnostic::error("the connection was lost")
    }

    #[test]
    fn a_change_that_did_not_stay_tells_what_the_first_new_login_met() {
        let refused = Diagnostic::error("web-01: cannot be reached").note("ssh said", "Connection timed out");
        let refused = Some(refused.note("key now", "x"));
        let met = "web-01: cannot be reached\nConnection timed out";
        let undone = unconfirmed(State::Undone, 30).output(met);
        let wanted = "with this change no new login came through within 30 s; the host has put back what was there before";
        assert_eq!(undone.message, wanted);
        for told in [Ok(Outcome::Undone(Fault::new("x"))), Err(Some(State::Undone))] {
            assert_eq!(outcome(told, 30, refused.clone()), Outcome::Undone(undone.clone()));
        }
        // The old connection tells what the host could not do, and cannot know why nobody came.
        let unloaded = Fault::new("the old files could not be loaded").output("exit 1");
        let told = outcome(Ok(Outcome::Failed(unloaded.clone())), 30, refused.clone());
        assert_eq!(told, Outcome::Failed(unloaded.output(&format!("exit 1\n{met}"))));
        let told = outcome(Err(None), 30, refused.clone());
        assert_eq!(told, Outcome::Failed(unconfirmed(UNASKED, 30).output(met)));
        assert_eq!(outcome(Ok(Outcome::Changed(Vec::new())), 30, refused), Outcome::Changed(Vec::new()));
    }

    #[test]
    fn a_refusal_tells_more_than_a_port_that_is_closed_for_a_moment() {
        let ended = |said: &str| Diagnostic::error("a: cannot be reached").note("ssh said", said);
        let mut kept = None;
        let mut all = Vec::new();
        for said in
            ["Connection refused", "Connection timed out", "Permission denied (a)", "Permission denied (b)"]
        {
            keep(&mut kept, ended(said));
            all.push(kept.as_ref().unwrap().notes[0].1.clone());
        }
        assert_eq!(
            all,
            ["Connection refused", "Connection refused", "Permission denied (a)", "Permission denied (a)"]
        );
    }

    #[tokio::test]
    async fn what_the_old_connection_tells_is_heard_while_new_ones_are_refused() {
        let told = first(ready(Ok(Outcome::Unchanged)), pending()).await.unwrap();
        assert_eq!(told, Ok(Outcome::Unchanged));
        let told = first(ready(Err(lost())), ready(Some(State::Undone))).await.unwrap();
        assert_eq!(told, Err(Some(State::Undone)));
        let told = first(pending(), ready(None)).await.unwrap();
        assert_eq!(told, Err(None));
    }

    #[tokio::test]
    async fn a_confirmed_change_ends_where_the_agent_says_so() {
        let confirmed = || ready(Some(State::Confirmed));
        let late = async {
            tokio::task::yield_now().await;
            Ok(Outcome::Unchanged)
        };
        assert_eq!(first(late, confirmed()).await.unwrap(), Ok(Outcome::Unchanged));
        assert_eq!(first(ready(Err(lost())), confirmed()).await.unwrap_err().message, lost().message);
    }

    #[test]
    fn nobody_is_refused_as_often_as_fail2ban_bears() {
        let (time, mut elapsed, mut refusals) = (Duration::from_secs(6), Duration::ZERO, 0);
        while elapsed < time + AFTERWARDS {
            refusals += 1;
            elapsed += pause(time, elapsed, refusals) + PAUSE;
        }
        assert_eq!(refusals, 4);
    }
}
