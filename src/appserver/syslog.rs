//! Lines for syslog, as Gunicorn words them: `<PRIORITY>gunicorn.NAME.error: [PID] message`.
//! Format: <https://www.rfc-editor.org/rfc/rfc3164#section-4.1>; the receiver adds time and host.

use super::courier::{Courier, Target};
use super::log::{Echo, Level};
use super::settings::Settings;
use super::settings::endpoint;

/// What a request is: informational.
const INFORMATIONAL: u8 = 6;

/// A way to syslog.
pub struct Syslog {
    courier: Courier,
    /// What the lines are called, without which log they are of.
    name: String,
    facility: u8,
}

impl Syslog {
    /// The way the settings want; none if they want none.
    pub fn of(settings: &Settings) -> Option<Self> {
        let target = match &settings.syslog_addr {
            endpoint::Syslog::Unix { path, is_datagram: true } => Target::Datagram(path.clone()),
            endpoint::Syslog::Unix { path, is_datagram: false } => Target::Unix(path.clone()),
            endpoint::Syslog::Udp(host, port) => Target::Udp(host.clone(), *port),
            endpoint::Syslog::Tcp(host, port) => Target::Tcp(host.clone(), *port),
        };
        let given = settings.syslog_prefix.as_ref().or(settings.proc_name.as_ref());
        let name = format!("gunicorn.{}", given.unwrap_or(&settings.app).replace(':', "."));
        settings.syslog.then(|| Self {
            courier: Courier::start(target),
            name,
            facility: settings.syslog_facility as u8,
        })
    }
}

impl Echo for Syslog {
    fn line(&self, pid: u32, level: Level, message: &str) {
        let severity = match level {
            Level::Critical => 2,
            Level::Error => 3,
            Level::Warning => 4,
            Level::Info => INFORMATIONAL,
            Level::Debug => 7,
        };
        self.courier.send(worded(
            self.facility,
            severity,
            &format!("{}.error: [{pid}] {message}", self.name),
        ));
    }

    fn access(&self, line: &str) {
        self.courier.send(worded(self.facility, INFORMATIONAL, &format!("{}.access: {line}", self.name)));
    }
}

fn worded(facility: u8, severity: u8, text: &str) -> Vec<u8> {
    format!("<{}>{text}", u32::from(facility) * 8 + u32::from(severity)).into_bytes()
}
