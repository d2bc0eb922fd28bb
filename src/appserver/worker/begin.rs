//! The first frame of the master: what a worker is made of.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use tokio::sync::Notify;

use super::Worker;
use crate::appserver::access::{Access, Form, Format, Lines};
use crate::appserver::board::{Board, Seat, cores};
use crate::appserver::channel::{Inbox, Order, Received};
use crate::appserver::crew::Role;
use crate::appserver::log::{Echo, Log};
use crate::appserver::settings::Settings;
use crate::appserver::statsd::Statsd;
use crate::appserver::syslog::Syslog;
use crate::base::diagnostic::Diagnostic;

/// The access log the settings want, with its file if there is one. Errors are those of the format.
fn access(
    settings: &Settings,
    file: Option<OwnedFd>,
    syslog: Option<Arc<Syslog>>,
    log: &Arc<Log>,
) -> Result<Option<Access>, Diagnostic> {
    let wanted = syslog.filter(|_| !settings.disable_redirect_access_to_syslog);
    let echo = wanted.map(|syslog| syslog as Arc<dyn Echo>);
    if file.is_none() && echo.is_none() {
        return Ok(None);
    }
    let form = match settings.access_log_json {
        true => Form::Json,
        false => Form::Text(Format::parse(&settings.access_log_format)?),
    };
    Ok(Some(Access { form, lines: file.map(|file| Lines::new(file, log)), echo, waiting: Notify::new() }))
}

impl Worker {
    /// Takes the first frame from standard input.
    pub(super) fn receive(role: Role) -> io::Result<(Self, Inbox, UnixStream)> {
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let mut inbox = Inbox::default();
        let (order, mut descriptors) = loop {
            if inbox.receive(&socket)? == Received::End {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(frame) = inbox.frame::<Order>()? {
                break frame;
            }
        };
        let Order::Begin { settings, place } = order else {
            return Err(io::Error::other("the first frame is another"));
        };
        let logs = if settings.accesslog.is_some() { 2 } else { 1 };
        let before = logs + usize::from(place.is_some());
        if descriptors.len() < before {
            return Err(io::Error::other("too little came with the first frame"));
        }
        let mut sockets = descriptors.split_off(before);
        if role == Role::Front && sockets.is_empty() {
            return Err(io::Error::other("a front came without its queue"));
        }
        let queue = (role == Role::Front).then(|| sockets.remove(0));
        let board = descriptors.split_off(logs).pop().map(Board::from);
        let seat = place.zip(board).map(|(place, board)| Seat { board, place, cores: cores() });
        let access_file = descriptors.drain(1..).next();
        let statsd = Statsd::of(&settings).map(Arc::new);
        let log = Log::new(descriptors.remove(0), settings.loglevel);
        let syslog = Syslog::of(&settings).map(Arc::new);
        let log = Arc::new(log.echoing(syslog.clone()).echoing(statsd.clone()));
        let access = access(&settings, access_file, syslog, &log).map_err(io::Error::other)?.map(Arc::new);
        Ok((
            Self {
                settings: *settings,
                log,
                access,
                statsd,
                tally: Arc::default(),
                observed: None,
                seat,
                queue,
                sockets,
            },
            // From here on, to do without something for want of descriptors is better than to leave.
            inbox.leniently(),
            socket,
        ))
    }
}
