//! What the master has to do with figures: it tells statsd its own, and gives those who accept what they tell theirs with.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use super::Master;
use super::generation::Generation;
use super::hand::Hand;
use crate::appserver::backlog;
use crate::appserver::census::Census;
use crate::appserver::channel::Order;
use crate::appserver::settings::Settings;
use crate::appserver::statsd::Statsd;
use crate::appserver::tally::Sheet;
use crate::base::diagnostic::Diagnostic;

/// How often they are told.
pub const PERIOD: Duration = Duration::from_secs(1);

/// Where they are told, and when next.
pub struct Figures {
    statsd: Option<Arc<Statsd>>,
    has_backlog: bool,
    next: Duration,
    told: Option<Told>,
}

/// What figures are told with over HTTP; the master itself reads no request.
struct Told {
    sheet: Sheet,
    /// What those who tell were told last.
    census: Census,
}

impl Figures {
    /// Nothing told yet.
    pub fn new(settings: &Settings) -> Self {
        let mut figures = Self { statsd: None, has_backlog: false, next: Duration::ZERO, told: None };
        figures.renew(settings);
        figures
    }

    /// Makes what a generation tells figures with, if it does. Errors: what it wants cannot be told.
    pub fn prepare(&mut self, new: &Generation) -> Result<(), Diagnostic> {
        if new.settings.enable_backlog_metric && waiting(new).is_none() {
            return Err(Diagnostic::error(
                "`enable_backlog_metric` cannot be kept: the kernel tells how many connections wait for TCP sockets alone",
            )
            .fix("bind to a port, or leave the setting out"));
        }
        if new.sockets.metrics.is_some() && self.told.is_none() {
            let failed = |error| Diagnostic::error(format!("no memory for figures: {error}"));
            self.told = Some(Told { sheet: Sheet::make().map_err(failed)?, census: Census::default() });
        }
        Ok(())
    }

    /// From now on statsd is told what and where these settings say. Who reads figures over HTTP goes on where they began.
    pub fn renew(&mut self, settings: &Settings) {
        self.statsd = Statsd::of(settings).map(Arc::new);
        self.has_backlog = settings.enable_backlog_metric;
    }

    /// Where figures go, if they go anywhere.
    pub fn statsd(&self) -> Option<Arc<Statsd>> {
        self.statsd.clone()
    }

    /// A process that accepted ended.
    pub fn over(&self, place: u32) {
        if let Some(told) = &self.told {
            told.sheet.clear(place);
        }
    }

    /// When they are told next, if they are.
    pub fn next(&self) -> Option<Duration> {
        self.statsd.is_some().then_some(self.next)
    }
}

/// How many connections wait to be accepted, if the kernel tells.
fn waiting(generation: &Generation) -> Option<u64> {
    backlog::length(&backlog::inodes(generation.sockets.listeners.iter().map(|listener| &listener.socket)))
}

impl Master {
    /// Gives a process that accepts what it tells figures with.
    pub(super) fn observe(&self, hand: &Hand) {
        let listener = self.generations.get(&hand.generation).and_then(|its| its.sockets.metrics.as_ref());
        if let (Some(told), Some(listener), Some(place)) = (&self.figures.told, listener, hand.place) {
            let _ = hand.send(&Order::Observe { place }, &[told.sheet.as_fd(), listener.socket.as_fd()]);
            let _ = hand.send(&Order::Census(told.census.clone()), &[]);
        }
    }

    /// Tells those who tell figures who is there, if that changed.
    pub(super) fn announce(&mut self) {
        let Some(told) = &mut self.figures.told else { return };
        let census = Census { master: std::process::id(), ..self.crew.census() };
        if census != told.census {
            told.census.clone_from(&census);
            for hand in self.hands.values().filter(|hand| hand.role.accepts()) {
                let _ = hand.send(&Order::Census(census.clone()), &[]);
            }
        }
    }

    /// Tells the figures, when it is time.
    pub(super) fn tell_figures(&mut self) {
        let now = self.now();
        let Some(statsd) = self.figures.statsd.clone().filter(|_| now >= self.figures.next) else { return };
        self.figures.next = now + PERIOD;
        statsd.workers(self.crew.serving());
        let serving = self.generations.get(&self.current).filter(|_| self.figures.has_backlog);
        if let Some(length) = serving.and_then(waiting) {
            statsd.backlog(length);
        }
        statsd.flush();
    }
}
