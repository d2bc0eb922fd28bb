//! What the master tells statsd: how many workers serve, and how many connections wait to be accepted.

use std::sync::Arc;
use std::time::Duration;

use super::Master;
use crate::appserver::backlog;
use crate::appserver::listener::Listener;
use crate::appserver::settings::Settings;
use crate::appserver::statsd::Statsd;
use crate::base::diagnostic::Diagnostic;

/// How often they are told.
pub const PERIOD: Duration = Duration::from_secs(1);

/// Where they are told, and when next.
pub struct Figures {
    statsd: Option<Arc<Statsd>>,
    has_backlog: bool,
    next: Duration,
}

impl Figures {
    /// Nothing told yet. Errors: the length of the queue is wanted, and no socket here tells it.
    pub fn new(
        settings: &Settings,
        statsd: Option<Arc<Statsd>>,
        listeners: &[Listener],
    ) -> Result<Self, Diagnostic> {
        let has_backlog = settings.enable_backlog_metric;
        if has_backlog && backlog::length(listeners.iter().map(|listener| &listener.socket)).is_none() {
            return Err(Diagnostic::error(
                "`enable_backlog_metric` cannot be kept: the kernel tells how many connections wait for TCP sockets alone",
            )
            .fix("bind to a port, or leave the setting out"));
        }
        Ok(Self { statsd, has_backlog, next: Duration::ZERO })
    }

    /// When they are told next, if they are.
    pub fn next(&self) -> Option<Duration> {
        self.statsd.is_some().then_some(self.next)
    }
}

impl Master {
    /// Tells the figures, when it is time.
    pub(super) fn tell_figures(&mut self) {
        let now = self.now();
        let Some(statsd) = self.figures.statsd.clone().filter(|_| now >= self.figures.next) else { return };
        self.figures.next = now + PERIOD;
        statsd.workers(self.crew.serving());
        let sockets = self.listeners.iter().map(|listener| &listener.socket);
        if let Some(length) = backlog::length(sockets).filter(|_| self.figures.has_backlog) {
            statsd.backlog(length);
        }
        statsd.flush();
    }
}
