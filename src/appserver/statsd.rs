//! Figures for statsd under Gunicorn's names, several in a datagram.
//! Format: <https://github.com/statsd/statsd/blob/master/docs/metric_types.md>

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::courier::{Courier, Target};
use super::log::{Echo, Level};
use super::settings::Settings;
use super::settings::endpoint;

/// What fits a datagram on any usual network.
const DATAGRAM_BYTES: usize = 1400;

/// A way to statsd.
pub struct Statsd {
    courier: Courier,
    /// What stands before each name.
    prefix: String,
    /// What stands after each figure.
    tags: String,
    waiting: Mutex<String>,
}

impl Statsd {
    /// The way the settings want; none if they want none.
    pub fn of(settings: &Settings) -> Option<Self> {
        let target = match settings.statsd_host.as_ref()? {
            endpoint::Statsd::Unix(path) => Target::Datagram(path.clone()),
            endpoint::Statsd::Udp(host, port) => Target::Udp(host.clone(), *port),
        };
        let prefix = match settings.statsd_prefix.trim_end_matches('.') {
            "" => String::new(),
            prefix => format!("{prefix}."),
        };
        let tags = match settings.dogstatsd_tags.as_str() {
            "" => String::new(),
            tags => format!("|#{tags}"),
        };
        Some(Self { courier: Courier::start(target), prefix, tags, waiting: Mutex::default() })
    }

    /// One request was answered.
    pub fn request(&self, status: u16, took: Duration) {
        self.add("request.duration", format_args!("{:.3}|ms", took.as_secs_f64() * 1000.0));
        self.count("requests");
        self.count(&format!("request.status.{status}"));
    }

    /// So many workers serve.
    pub fn workers(&self, count: usize) {
        self.add("workers", format_args!("{count}|g"));
    }

    /// So many connections wait to be accepted.
    pub fn backlog(&self, count: u64) {
        self.add("backlog", format_args!("{count}|ms"));
    }

    /// Sends what waits.
    pub fn flush(&self) {
        let waiting = std::mem::take(&mut *self.waiting());
        if !waiting.is_empty() {
            self.courier.send(waiting.into_bytes());
        }
    }

    fn count(&self, name: &str) {
        self.add(name, format_args!("1|c|@1.0"));
    }

    fn add(&self, name: &str, value: std::fmt::Arguments) {
        let mut waiting = self.waiting();
        let before = waiting.len();
        if before > 0 {
            waiting.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = write!(waiting, "{}gunicorn.{name}:{value}{}", self.prefix, self.tags);
        if waiting.len() > DATAGRAM_BYTES && before > 0 {
            let rest = waiting.split_off(before + 1);
            let mut full = std::mem::replace(&mut *waiting, rest);
            full.truncate(before);
            self.courier.send(full.into_bytes());
        }
    }

    fn waiting(&self) -> MutexGuard<'_, String> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Echo for Statsd {
    fn line(&self, _: u32, level: Level, _: &str) {
        if level >= Level::Warning {
            self.count(&format!("log.{}", level.name()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn figures_share_datagrams_that_are_not_too_long() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("statsd");
        let reader = UnixDatagram::bind(&path).unwrap();
        let settings = Settings {
            statsd_host: Some(endpoint::Statsd::Unix(path)),
            statsd_prefix: "shop".into(),
            dogstatsd_tags: "stage:live".into(),
            ..Settings::default()
        };
        let statsd = Statsd::of(&settings).unwrap();
        (0..20).for_each(|_| statsd.request(200, Duration::from_micros(1_500)));
        statsd.flush();
        let mut figures = Vec::new();
        while figures.len() < 60 {
            let mut datagram = [0; 4096];
            let length = reader.recv(&mut datagram).unwrap();
            assert!(length <= DATAGRAM_BYTES, "{length}");
            let text = String::from_utf8(datagram[..length].to_vec()).unwrap();
            figures.extend(text.lines().map(str::to_string));
        }
        assert_eq!(
            figures[57..],
            [
                "shop.gunicorn.request.duration:1.500|ms|#stage:live",
                "shop.gunicorn.requests:1|c|@1.0|#stage:live",
                "shop.gunicorn.request.status.200:1|c|@1.0|#stage:live"
            ]
        );
    }
}
