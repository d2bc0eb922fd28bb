//! The probes, asked from here.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::resource::probe::{Asker, Miss, Probe};

/// How long a site that was changed may take until its probes are as expected from here.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Asks every probe of a host from here, all at once, each until it is as expected or `patience` is over.
pub async fn prove(address: String, probes: Vec<Probe>, patience: Duration) -> Vec<Option<Miss>> {
    let mut under_way = JoinSet::new();
    let mut answers = vec![None; probes.len()];
    for (index, probe) in probes.into_iter().enumerate() {
        let address = address.clone();
        under_way.spawn_blocking(move || (index, probe.check(&address, patience, Asker::Desk).err()));
    }
    while let Some(Ok((index, miss))) = under_way.join_next().await {
        answers[index] = miss;
    }
    answers
}
