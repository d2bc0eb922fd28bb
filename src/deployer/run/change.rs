//! Changing a host that was asked, and following it to its end.

use std::time::Duration;

use crate::agent::wire::{ToAgent, ToDesk};
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;
use crate::deployer::payload::Binaries;
use crate::resource::converge::Outcome;
use crate::resource::probe::Miss;

use super::ask::Asked;
use super::confirm::confirm;
use super::prove::{PATIENCE, prove};
use super::{Report, Watch, refused};

/// Sends what is missing, gives the word, and follows the host to its end.
pub async fn change(host: &mut Asked, binaries: &Binaries, watcher: &dyn Watch) -> Result<(), Diagnostic> {
    let differs = host.differs();
    if differs {
        for digest in &host.missing {
            let packed = binaries.with_digest(digest).map(|b| b.packed());
            let Some(Ok(packed)) = packed else {
                return Err(
                    Diagnostic::error(format!("the program with digest {digest} is gone")).exit(Exit::Failed)
                );
            };
            watcher.sending(&host.report.host, packed.len());
            host.channel.send(&ToAgent::Blob(digest.clone())).await?;
            host.channel.send_bytes(&packed).await?;
        }
        host.channel.send(&ToAgent::Go).await?;
    }
    loop {
        match host.channel.receive().await? {
            ToDesk::Started(index) => {
                host.report.begun = Some(index);
                if let Some(step) = host.report.plan.steps.get(index) {
                    watcher.started(&host.report.host, index, &step.name);
                }
            }
            ToDesk::Confirm { token, seconds } => {
                let outcome = confirm(&mut host.channel, &binaries.agent, &token, seconds).await?;
                if ended(&mut host.report, outcome, watcher) {
                    return Ok(());
                }
            }
            ToDesk::Finished(_, outcome) => {
                if ended(&mut host.report, outcome, watcher) {
                    return Ok(());
                }
            }
            ToDesk::Proved(proved) => {
                host.report.proved = proved;
                host.report.proved_here = proved_here(host, differs).await;
                return Ok(());
            }
            other => return Err(refused(&host.report.host, other)),
        }
    }
}

/// Notes what became of the step that had begun last; whether it was the host's last.
fn ended(report: &mut Report, outcome: Outcome, watcher: &dyn Watch) -> bool {
    let name = report.begun.and_then(|index| report.plan.steps.get(index)).map_or("", |s| s.name.as_str());
    watcher.finished(&report.host, name, &outcome);
    let is_last = matches!(outcome, Outcome::Failed(_) | Outcome::Undone(_));
    report.outcomes.push(outcome);
    is_last
}

/// The probes from here: what was answered while the host asked itself, unless it has changed since or did not suffice.
async fn proved_here(host: &mut Asked, differs: bool) -> Vec<Option<Miss>> {
    if let Some(early) = host.early.take().filter(|_| !differs)
        && let Ok(answers) = early.await
        && answers.iter().all(Option::is_none)
    {
        return answers;
    }
    // Where the host itself missed some, waiting longer helps no more.
    let patience = if host.report.missed() > 0 { Duration::ZERO } else { PATIENCE };
    prove(host.address.clone(), host.report.plan.probes.clone(), patience).await
}
