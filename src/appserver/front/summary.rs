//! What a front is at, for those who ask.

use std::sync::Arc;

use super::{Application, Front};
use crate::appserver::census::{Current, Summary};
use crate::appserver::http::Head;

/// More requests in work are not listed.
const MOST: usize = 100;

impl Front {
    /// What it is at now.
    pub fn summary(&self) -> Summary {
        let now = self.clock.tick();
        let mut summary = Summary {
            connections: self.open() as u64,
            requests: self.tally.own().requests().iter().sum(),
            ..Summary::default()
        };
        match &self.application {
            Application::Native(_) => {
                let connections = self.connections();
                let held = connections.values().filter_map(|one| one.connection.held()).take(MOST);
                summary.current =
                    held.map(|(head, since)| current(&head, now.saturating_sub(since))).collect();
            }
            Application::Python(python) => {
                python.pool.summarize(&mut summary, now);
                summary.current.truncate(MOST);
            }
        }
        summary.current.sort_by_key(|one| std::cmp::Reverse(one.milliseconds));
        summary
    }

    /// Brings the figures of the moment up to date, and shows all to the others.
    pub fn count(&self) {
        if let Application::Python(python) = &self.application {
            self.tally.queued(python.pool.queued());
        }
        self.tally.open(self.open());
        self.tally.post();
    }
}

fn current(head: &Arc<Head>, milliseconds: u64) -> Current {
    let subject = format!("{} {}", head.method(), String::from_utf8_lossy(head.target()));
    Current::new(None, &subject, milliseconds)
}
