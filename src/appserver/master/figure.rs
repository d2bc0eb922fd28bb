//! What the master has to do with figures: it tells statsd its own, and gives those who accept what they tell theirs with.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use listenfd::ListenFd;

use super::Master;
use super::hand::Hand;
use crate::appserver::backlog;
use crate::appserver::census::Census;
use crate::appserver::channel::Order;
use crate::appserver::listener::{self, Listener};
use crate::appserver::settings::Settings;
use crate::appserver::statsd::Statsd;
use crate::appserver::tally::Board;
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
    board: Board,
    listener: Listener,
    /// What those who tell were told last.
    census: Census,
}

impl Figures {
    /// Nothing told yet. Errors are those of the address on which they are to be told.
    pub fn new(settings: &Settings, statsd: Option<Arc<Statsd>>) -> Result<Self, Diagnostic> {
        let has_backlog = settings.enable_backlog_metric;
        Ok(Self { statsd, has_backlog, next: Duration::ZERO, told: told(settings)? })
    }

    /// Whether what is wanted can be told. Errors: the length of the queue is wanted, and no socket here tells it.
    pub fn check(&self, listeners: &[Listener]) -> Result<(), Diagnostic> {
        let sockets = backlog::inodes(listeners.iter().map(|listener| &listener.socket));
        if self.has_backlog && backlog::length(&sockets).is_none() {
            return Err(Diagnostic::error(
                "`enable_backlog_metric` cannot be kept: the kernel tells how many connections wait for TCP sockets alone",
            )
            .fix("bind to a port, or leave the setting out"));
        }
        Ok(())
    }

    /// Where figures are told over HTTP, if they are.
    pub fn place(&self) -> Option<&str> {
        self.told.as_ref().map(|told| told.listener.name.as_str())
    }

    /// A process that accepted ended.
    pub fn over(&self, place: u32) {
        if let Some(told) = &self.told {
            told.board.clear(place);
        }
    }

    /// When they are told next, if they are.
    pub fn next(&self) -> Option<Duration> {
        self.statsd.is_some().then_some(self.next)
    }
}

/// Opens what figures are told with, if the settings want them. Errors are those of the address.
fn told(settings: &Settings) -> Result<Option<Told>, Diagnostic> {
    let Some(bind) = &settings.metrics_bind else { return Ok(None) };
    let place = Settings { bind: vec![bind.clone()], ..settings.clone() };
    let Some(listener) = listener::open(&place, ListenFd::empty())?.pop() else { return Ok(None) };
    let board =
        Board::make().map_err(|error| Diagnostic::error(format!("no memory for figures: {error}")))?;
    Ok(Some(Told { board, listener, census: Census::default() }))
}

impl Master {
    /// Gives a process that accepts what it tells figures with.
    pub(super) fn observe(&self, hand: &Hand) {
        if let (Some(told), Some(place)) = (&self.figures.told, hand.place) {
            let _ = hand.send(&Order::Observe { place }, &[told.board.as_fd(), told.listener.socket.as_fd()]);
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
        let sockets = backlog::inodes(self.listeners.iter().map(|listener| &listener.socket));
        if let Some(length) = backlog::length(&sockets).filter(|_| self.figures.has_backlog) {
            statsd.backlog(length);
        }
        statsd.flush();
    }
}
