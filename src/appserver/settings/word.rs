//! Settings whose value is one of a few words.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::{Misfit, Value, text, typed};
use crate::appserver::log::Level;
use crate::base::diagnostic::{Diagnostic, did_you_mean};

/// A value with a name.
pub trait Word: Copy + PartialEq + 'static {
    /// All there are, and their names.
    const ALL: &'static [(&'static str, Self)];

    /// Its name.
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }

    /// The value of a name in any case, or what a refused one would be instead.
    fn of(name: &str) -> Result<Self, Misfit> {
        if let Some((_, value)) = Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Ok(*value);
        }
        // A value with several names is offered by its first.
        let names = || Self::ALL.iter().filter(|(name, value)| value.word() == *name).map(|(name, _)| *name);
        Misfit::wanted(match did_you_mean(name, names()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("one of: {}", names().collect::<Vec<_>>().join(", ")),
        })
    }
}

impl<W: Word> Value for W {
    fn read(&mut self, given: &Json, _: &RangeInclusive<u64>) -> Result<(), Misfit> {
        let name = if given.is_boolean() { typed(given) } else { text(given)? };
        Self::of(&name).map(|value| *self = value)
    }

    fn show(&self) -> String {
        self.word().into()
    }
}

impl Word for Level {
    const ALL: &'static [(&'static str, Self)] = &[
        ("debug", Self::Debug),
        ("info", Self::Info),
        ("warning", Self::Warning),
        ("error", Self::Error),
        ("critical", Self::Critical),
    ];
}

/// How a worker of Python serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkerClass {
    /// One request at a time.
    Sync,
    /// A request a thread.
    Gthread,
}

impl Word for WorkerClass {
    const ALL: &'static [(&'static str, Self)] = &[
        ("sync", Self::Sync),
        ("gthread", Self::Gthread),
        ("gunicorn.workers.sync.SyncWorker", Self::Sync),
        ("gunicorn.workers.gthread.ThreadWorker", Self::Gthread),
    ];

    fn of(name: &str) -> Result<Self, Misfit> {
        if let Some((_, value)) = Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Ok(*value);
        }
        let lower = name.to_ascii_lowercase();
        let threads =
            "`threads`: as many requests at a time as there are threads, and idle or slow clients take none";
        let (why, fix) = if ["asgi", "uvicorn", "hypercorn"].iter().any(|part| lower.contains(part)) {
            ("only WSGI is served, not ASGI", "a WSGI application, or a server for ASGI (`uvicorn`)")
        } else if ["gevent", "eventlet", "tornado"].iter().any(|part| lower.contains(part)) {
            ("requests are served by threads, not by an event loop in Python", threads)
        } else {
            ("the workers are our own", "`sync`, or `gthread` with `threads`")
        };
        Err(Diagnostic::error(format!("no worker class `{name}`: {why}")).fix(fix).into())
    }
}

/// How changed code is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReloadEngine {
    /// The best there is.
    Auto,
    /// Looking at the files again and again.
    Poll,
    /// The kernel tells.
    Inotify,
}

impl Word for ReloadEngine {
    const ALL: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("poll", Self::Poll), ("inotify", Self::Inotify)];
}

/// Whether connections begin with a line of the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProxyProtocol {
    /// They do not.
    Off,
    /// As text.
    V1,
    /// As bytes.
    V2,
    /// As either.
    Auto,
}

impl Word for ProxyProtocol {
    const ALL: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("v1", Self::V1),
        ("v2", Self::V2),
        ("auto", Self::Auto),
        ("true", Self::Auto),
        ("false", Self::Off),
    ];
}

/// What is spoken on the sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// uWSGI's packets, Nginx's `uwsgi_pass`.
    Uwsgi,
    /// FastCGI, Nginx's `fastcgi_pass`.
    Fastcgi,
}

impl Word for Protocol {
    const ALL: &'static [(&'static str, Self)] =
        &[("http", Self::Http), ("uwsgi", Self::Uwsgi), ("fastcgi", Self::Fastcgi)];
}

/// What becomes of a header with an underscore, which WSGI cannot tell from one with a hyphen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderMap {
    /// It is left out.
    Drop,
    /// Its request is refused.
    Refuse,
    /// It is passed on.
    Dangerous,
}

impl Word for HeaderMap {
    const ALL: &'static [(&'static str, Self)] =
        &[("drop", Self::Drop), ("refuse", Self::Refuse), ("dangerous", Self::Dangerous)];
}

/// The kinds of programs that syslog knows, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of RFC 5424")]
pub enum Facility {
    Kern = 0,
    User = 1,
    Mail = 2,
    Daemon = 3,
    Auth = 4,
    Syslog = 5,
    Lpr = 6,
    News = 7,
    Uucp = 8,
    Cron = 9,
    Authpriv = 10,
    Ftp = 11,
    Local0 = 16,
    Local1 = 17,
    Local2 = 18,
    Local3 = 19,
    Local4 = 20,
    Local5 = 21,
    Local6 = 22,
    Local7 = 23,
}

impl Word for Facility {
    const ALL: &'static [(&'static str, Self)] = &[
        ("kern", Self::Kern),
        ("user", Self::User),
        ("mail", Self::Mail),
        ("daemon", Self::Daemon),
        ("auth", Self::Auth),
        ("syslog", Self::Syslog),
        ("lpr", Self::Lpr),
        ("news", Self::News),
        ("uucp", Self::Uucp),
        ("cron", Self::Cron),
        ("authpriv", Self::Authpriv),
        ("ftp", Self::Ftp),
        ("local0", Self::Local0),
        ("local1", Self::Local1),
        ("local2", Self::Local2),
        ("local3", Self::Local3),
        ("local4", Self::Local4),
        ("local5", Self::Local5),
        ("local6", Self::Local6),
        ("local7", Self::Local7),
    ];
}
