//! Telling figures over HTTP, beside the application and apart from it.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use super::accept::Doors;
use crate::appserver::backlog;
use crate::appserver::census::Census;
use crate::appserver::front::{Application, Front, Outside};
use crate::appserver::log::Log;
use crate::appserver::metrics::{self, Metrics};
use crate::appserver::settings::Settings;
use crate::appserver::settings::word::{Protocol, ProxyProtocol};
use crate::appserver::tally::{Sheet, Tally};

/// A socket on which figures are told, and who tells them there.
pub struct Observed {
    metrics: Arc<Metrics>,
    front: Arc<Front>,
    doors: Option<Doors>,
}

/// What figures are told of.
pub struct Subject<'a> {
    /// The settings of the server.
    pub settings: &'a Settings,
    /// Its error log.
    pub log: &'a Arc<Log>,
    /// What is counted here.
    pub tally: &'a Arc<Tally>,
    /// The sockets of the application.
    pub sockets: &'a [OwnedFd],
}

impl Observed {
    /// Begins, with what came with the order: the sheet of figures, then the socket. Errors are those of the system.
    pub fn begin(subject: &Subject, place: u32, given: Vec<OwnedFd>) -> io::Result<Self> {
        let mut given = given.into_iter();
        let (Some(sheet), Some(socket)) = (given.next(), given.next()) else {
            return Err(io::Error::other("it came without its sheet or its socket"));
        };
        subject.tally.join(Sheet::from(sheet), place);
        let metrics = Arc::new(Metrics {
            tally: Arc::clone(subject.tally),
            census: Mutex::default(),
            // Only what the kernel calls them: an open descriptor would keep them listening.
            sockets: backlog::inodes(subject.sockets.iter()),
        });
        let router = metrics::router(Arc::clone(&metrics));
        let log = Arc::clone(subject.log);
        let outside =
            Outside { log: Arc::clone(&log), access: None, statsd: None, tally: Arc::default(), seat: None };
        // Who asks for figures is no proxy in front of the application, and asks at the root.
        let settings = Settings {
            mount: vec!["/".into()],
            proxy_protocol: ProxyProtocol::Off,
            protocol: Protocol::Http,
            ..subject.settings.clone()
        };
        let front = Arc::new(Front::new(Application::Native(router), &settings, outside));
        let doors = Some(Doors::open(vec![socket], &front, &log)?);
        Ok(Self { metrics, front, doors })
    }

    /// Takes what the master says of who is there.
    pub fn hear(&self, census: Census) {
        self.metrics.hear(census);
    }

    /// Ends what takes too long.
    pub fn sweep(&self) {
        self.front.sweep();
    }

    /// The process leaves. If nobody else accepts where it did, perhaps because the whole server ends, it goes on to tell
    /// until its own end; else others do from now on.
    pub async fn leave(&mut self, is_last: bool) {
        if !is_last {
            if let Some(doors) = self.doors.take() {
                doors.close(false).await;
            }
            self.front.leave(false);
        }
    }
}
